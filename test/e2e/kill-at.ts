import { subscribe } from "node:diagnostics_channel";

// Preloaded into the server process (`node --import`): dies without a word right after a state became durable, as a machine
// that loses power would. The server publishes its states for tracing and knows nothing of this.
//
// KILL_AT is `<channel> <state>`, or several with ` > ` between them: dies at the last, once the others were seen in this
// order. So a batch of the recorder can be told from the one of another occasion.
const points = (process.env.KILL_AT ?? "").split(" > ").map((point) => point.split(" "));
let next = 0;
for (const channel of new Set(points.map(([name]) => name))) {
  if (!channel || points.some((point) => point.length !== 2)) throw new Error("KILL_AT is `<channel> <state>`");
  subscribe(channel, (message) => {
    const said = message as { state?: string; step?: string };
    if (points[next]?.[0] !== channel || points[next]?.[1] !== (said.state ?? said.step)) return;
    if (++next === points.length) process.kill(process.pid, "SIGKILL");
  });
}
