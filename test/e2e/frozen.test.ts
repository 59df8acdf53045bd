import { afterAll, beforeAll, expect, test } from "vitest";
import { startServer } from "../sandbox/world.ts";
import { Play } from "./play.ts";

let play: Play;
beforeAll(async () => {
  play = await Play.start();
});
afterAll(() => play.end());

test("COUNTERSIGN_FROZEN=all stops merge, dispatch and exchange, and lifting it resumes", async () => {
  const granted = await play.grant();
  expect(await play.use(granted)).toBe("released");
  const restart = async (env: Record<string, string>) => {
    await play.world.app.close();
    Object.assign(play.world, {
      app: await startServer({ ...play.world, env: { ...play.world.env, ...env }, port: 0 }),
    });
    await play.settle();
  };
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
