import { afterAll, beforeAll, expect, test } from "vitest";
import { startServer } from "../sandbox/world.ts";
import { Play } from "./play.ts";

let play: Play;
beforeAll(async () => {
  play = await Play.start();
});
afterAll(() => play.end());
/** The same server, with a freeze or without, on the same data. */
async function restart(env: Record<string, string>): Promise<void> {
  await play.world.app.close();
  Object.assign(play.world, {
    app: await startServer({ ...play.world, env: { ...play.world.env, ...env }, port: 0 }),
  });
  await play.settle();
}

test("COUNTERSIGN_FROZEN=all stops merge, dispatch and exchange, and lifting it resumes", async () => {
  const granted = await play.grant();
  expect(await play.use(granted)).toBe("released");
  await restart({ COUNTERSIGN_FROZEN: "all" });
  expect(await play.use(granted)).toBe("frozen");
  const ask = await play.ask({ dispatch: true });
  await play.review("bob", ask);
  expect(await play.merged(ask)).toBe(false);
  expect((await play.check(ask.head)).title).toContain("Frozen");
  await restart({ COUNTERSIGN_FROZEN: "requester:alice" });
  expect(await play.use(granted)).toBe("frozen");
  await restart({});
  expect(await play.use(granted)).toBe("released");
  await play.review("carol", ask);
  expect(await play.merged(ask)).toBe(true);
});

test("COUNTERSIGN_FROZEN=all: what was decided before and is merged by hand during the freeze never grants", async () => {
  const ask = await play.ask();
  await play.unmergeable(async () => {
    await play.review("bob", ask);
    await restart({ COUNTERSIGN_FROZEN: "all" });
    await play.mergeByHand(ask);
  });
  expect(await play.quarantined(ask.path)).toBe("frozen");
  await restart({});
  expect(["access_denied", "invalid_target"]).toContain(await play.use(ask));
});

test("COUNTERSIGN_FROZEN=all: no run is started during the freeze, and it is started when the freeze ends", async () => {
  const start = new Date(play.world.clock.now().getTime() + 600_000);
  const ask = await play.grant({ dispatch: true, more: `start: ${start.toISOString().slice(0, 19)}Z\n` });
  const runs = () => play.world.github.runs.all().filter((r) => r.createdAt >= start);
  await restart({ COUNTERSIGN_FROZEN: "target:aws-prod" });
  play.world.clock.skip(630);
  await play.settle();
  expect(runs()).toEqual([]);
  expect((await play.ledger()).filter((e) => e.type === "granted" && e.path === ask.path)).toHaveLength(1);
  await restart({});
  play.world.clock.skip(61);
  await play.settle();
  expect(runs()).toHaveLength(1);
  const bot = { actor_id: String(play.world.github.app.botId), run_id: String(runs()[0]?.id) };
  expect(await play.use(ask, bot)).toBe("released");
});
