import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { exchange } from "../sandbox/main-job.ts";
import { Play } from "./play.ts";

let play: Play;
beforeAll(async () => {
  play = await Play.start();
});
afterAll(() => play.end());
beforeEach(() => {
  for (const run of play.world.github.runs.open()) play.world.github.completeRun(run.id, "success");
});
const isDispatch = ({ method, path }: { method: string; path: string }) =>
  method === "POST" && path.endsWith("/dispatches");
const bot = () => ({ actor: "countersign[bot]", actor_id: String(play.world.github.app.botId) });
const dispatched = async (path: string) => {
  const entries = await play.ledger();
  const grant = entries.findLast((e) => e.type === "granted" && e.path === path);
  return entries.filter((e) => e.type === "dispatched" && grant?.type === "granted" && e.grants.includes(grant.grant));
};

test("C58: a dispatch whose answer is lost leaves one bound run; the other is cancelled and gets nothing", async () => {
  let lost = 0;
  const undo = play.world.github.intercept({ after: (r) => (isDispatch(r) && lost++ === 0 ? "drop" : undefined) });
  const ask = await play.ask({ dispatch: true });
  await play.review("bob", ask);
  const [orphan] = play.world.github.runs.open();
  expect(await play.use(ask, { ...bot(), run_id: String(orphan?.id) })).toBe("not_ready");
  play.world.clock.skip(5);
  await play.settle();
  undo();
  expect(lost).toBe(2);
  const open = play.world.github.runs.open();
  expect(open).toHaveLength(1);
  expect(open[0]?.id).not.toBe(orphan?.id);
  expect(await play.use(ask, { ...bot(), run_id: String(orphan?.id) })).toBe("run_not_bound");
  expect(await play.use(ask, { ...bot(), run_id: String(open[0]?.id) })).toBe("released");
  expect(await dispatched(ask.path)).toHaveLength(1);
});

test("C71: two grants of one workflow, both answers lost: each is bound to a run with its own inputs", async () => {
  let lost = 0;
  const undo = play.world.github.intercept({ after: (r) => (isDispatch(r) && lost++ < 2 ? "drop" : undefined) });
  const asks = [
    await play.ask({ dispatch: true, bucket: "acme-one" }),
    await play.ask({ dispatch: true, bucket: "acme-two" }),
  ];
  for (const ask of asks) await play.review("bob", ask);
  for (let i = 0; i < 4; i++) {
    play.world.clock.skip(20);
    await play.settle();
  }
  undo();
  const open = play.world.github.runs.open();
  expect(open.map((r) => r.inputs.bucket).sort((a, b) => String(a).localeCompare(String(b)))).toEqual([
    "acme-one",
    "acme-two",
  ]);
  for (const [i, bucket] of ["acme-one", "acme-two"].entries()) {
    const ask = asks[i];
    if (!ask) throw new Error("no request");
    const mine = open.find((r) => r.inputs.bucket === bucket);
    const other = open.find((r) => r.inputs.bucket !== bucket);
    expect(await play.use(ask, { ...bot(), run_id: String(other?.id) })).toBe("run_not_bound");
    expect(await play.use(ask, { ...bot(), run_id: String(mine?.id) })).toBe("released");
    expect(await dispatched(ask.path)).toHaveLength(1);
  }
});

test("a dispatch that GitHub refuses fails for good, and the ledger says so", async () => {
  const undo = play.world.github.intercept({
    before: (r) =>
      isDispatch(r)
        ? Response.json({ message: "Workflow does not have 'workflow_dispatch' trigger" }, { status: 422 })
        : undefined,
  });
  const ask = await play.ask({ dispatch: true });
  await play.review("bob", ask);
  undo();
  expect(await play.use(ask, bot())).toBe("dispatch_failed");
  expect((await play.ledger()).map((e) => e.type)).toContain("dispatch_failed");
});

test("two files of one pull request with equal dispatch share one run", async () => {
  const { requestText } = await import("./play.ts");
  const [a, b] = [play.path(), play.path()];
  const ask = await play.ask({ files: { [a]: requestText({ dispatch: true }), [b]: requestText({ dispatch: true }) } });
  await play.review("bob", ask);
  const open = play.world.github.runs.open();
  expect(open).toHaveLength(1);
  const token = await play.token({ ...bot(), run_id: String(open[0]?.id) });
  expect((await exchange(play.world, token)).body.error).toBe("ambiguous");
  for (const path of [a, b])
    expect(await play.use({ path }, { ...bot(), run_id: String(open[0]?.id) })).toBe("released");
});
