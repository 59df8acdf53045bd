import { subscribe } from "node:diagnostics_channel";

// Preloaded into the server process (`node --import`): dies without a word right after a state became durable, as a machine
// that loses power would. The server publishes its states for tracing and knows nothing of this.
const [name, state] = (process.env.KILL_AT ?? "").split(" ");
if (!name || !state) throw new Error("KILL_AT is `<channel> <state>`");
subscribe(name, (message) => {
  const said = message as { state?: string; step?: string };
  if ((said.state ?? said.step) === state) process.kill(process.pid, "SIGKILL");
});
