import { afterAll, beforeAll, expect, test } from "vitest";
import { Play } from "./play.ts";

// DESIGN.md section 7, first row: what a whole life costs in requests to GitHub, GraphQL and REST and 304s alike.

let play: Play;
beforeAll(async () => {
  play = await Play.start();
});
afterAll(() => play.end());

interface Asked {
  /** What happened before that made us ask. */
  readonly why: string;
  readonly what: string;
  readonly write: boolean;
}

/** Asked for, approved by one, merged, dispatched, exchanged once, run to its end: what we asked of GitHub, in order. */
async function life(): Promise<readonly Asked[]> {
  const { github, clock } = play.world;
  const list: Asked[] = [];
  let why = "";
  // The App's own account, by whatever token, and its signature; people and their git are somebody else's requests.
  const ours = new Set<string>(["app", github.app.botLogin]);
  const during = async <T>(cause: string, work: () => Promise<T>): Promise<T> => {
    why = cause;
    github.clearRequests();
    const done = await work();
    await play.settle();
    for (const { method, path, as, status, operation } of github.requests) {
      if (!ours.has(as)) continue;
      const what = operation ? `GraphQL ${operation}` : `${method} ${path.replace("/api/v3", "")} (${status})`;
      const write = operation ? operation.startsWith("mutation") : method !== "GET" && !path.endsWith("/access_tokens");
      list.push({ why, what, write });
    }
    return done;
  };
  const ask = await during("alice asks", () => play.ask({ dispatch: true }));
  await during("bob approves", () => play.review("bob", ask));
  const [run] = github.runs.open();
  const claims = { actor: github.app.botLogin, actor_id: String(github.app.botId), run_id: String(run?.id) };
  const outcome = await during("the job exchanges", () => play.use(ask, claims));
  expect(outcome).toBe("released");
  await during("the run ends", async () => {
    github.completeRun(run?.id ?? 0, "success");
    await play.settle();
    clock.skip(20); // what was put off for seconds: our own events, and entries that wait for company
  });
  return list;
}

test("a whole life takes at most 19 requests to GitHub, of which at most 8 write", async () => {
  const first = await life();
  // The sweep belongs to the minute, not to a life: it has just been here.
  play.world.clock.skip(61);
  await play.settle();
  const second = await life();
  const writes = second.filter((asked) => asked.write);
  const lines = second.map(
    ({ why, what, write }, i) => `${String(i + 1).padStart(2)} ${write ? "w" : " "} ${why}: ${what}`,
  );
  console.log(
    [
      ...lines,
      `${second.length} requests, ${writes.length} writes; ${first.length} in the first life of a server.`,
    ].join("\n"),
  );
  expect(second.length).toBeLessThanOrEqual(19);
  expect(writes.length).toBeLessThanOrEqual(8);
}, 180_000);
