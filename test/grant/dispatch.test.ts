import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Run } from "../sandbox/github/index.ts";
import { type Ask, Play } from "../e2e/play.ts";

// A GitHub Enterprise Server from before 2026-02-19 answers a dispatch with 204 and no run id. What the newer answer gives is
// in test/e2e/dispatch.test.ts.

let play: Play;
beforeAll(async () => {
  play = await Play.start();
});
afterAll(() => play.end());

interface Call {
  readonly method: string;
  readonly path: string;
}
const isDispatch = ({ method, path }: Call) => method === "POST" && path.endsWith("/dispatches");
const isList = ({ method, path }: Call) => method === "GET" && /\/workflows\/[^/]+\/runs\?/.test(path);
const undo: (() => void)[] = [];
/** From here on, `lost` dispatch calls are not answered, though GitHub does what they say. */
const loseAnswers = (lost: number) =>
  undo.push(play.world.github.intercept({ after: (r) => (isDispatch(r) && lost-- > 0 ? "drop" : undefined) }));

beforeEach(() => {
  for (const stop of undo.splice(0)) stop();
  const { github } = play.world;
  for (const run of github.runs.open()) github.completeRun(run.id, "success");
  // Runs of the test before are no candidates.
  play.world.clock.skip(120);
  undo.push(
    github.intercept({
      before: (r) => {
        if (isDispatch(r)) delete (r.body as { return_run_details?: boolean }).return_run_details;
        return undefined;
      },
    }),
  );
});

const open = (bucket: string): readonly Run[] =>
  play.world.github.runs.open().filter((run) => run.inputs.bucket === bucket);
const firstRun = (bucket: string): Run | undefined =>
  play.world.github.runs.all().find((run) => run.inputs.bucket === bucket);
const claims = (run: Run | undefined) => ({
  actor: "countersign[bot]",
  actor_id: String(play.world.github.app.botId),
  run_id: String(run?.id),
});
const started = async (ask: Ask) => {
  const entries = await play.ledger();
  const grant = entries.findLast((e) => e.type === "granted" && e.path === ask.path);
  if (grant?.type !== "granted") throw new Error("no grant");
  return entries.flatMap((e) => (e.type === "dispatched" && e.grants.includes(grant.grant) ? [e.run_id] : []));
};
/** Lets as many tries follow as a few minutes bring. */
const later = async (tries = 4) => {
  for (let i = 0; i < tries; i++) {
    play.world.clock.skip(20);
    await play.settle();
  }
};

test("C58: an answer without a run id binds the one run that there is; until then its job is told to come again", async () => {
  let showing = false;
  const hidden = Promise.withResolvers<void>();
  undo.push(
    play.world.github.intercept({
      // The run exists, and GitHub's list does not show it yet.
      before: (r) => {
        if (!isList(r) || showing) return undefined;
        if (open("acme-late").length > 0) hidden.resolve();
        return Response.json({ total_count: 0, workflow_runs: [] });
      },
    }),
  );
  const ask = await play.ask({ dispatch: true, bucket: "acme-late" });
  const reviewed = play.review("bob", ask);
  await hidden.promise;
  const [run] = open("acme-late");
  const early = await fetch(`${play.world.app.url}/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      subject_token: await play.token(claims(run)),
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      audience: "aws-prod",
      request: ask.path,
    }),
  });
  expect(await early.json()).toMatchObject({ error: "not_ready" });
  expect(early.status).toBe(503);
  expect(Number(early.headers.get("retry-after"))).toBeGreaterThan(0);
  showing = true;
  await reviewed;
  expect(open("acme-late").map((r) => r.id)).toEqual([run?.id]);
  expect(await started(ask)).toEqual([run?.id]);
  expect(await play.use(ask, claims(run))).toBe("released");
});

test("C58: without run ids a lost answer is made good as well: one run lives, and it is the bound one", async () => {
  loseAnswers(1);
  const ask = await play.ask({ dispatch: true, bucket: "acme-again" });
  await play.review("bob", ask);
  await later();
  const orphan = firstRun("acme-again");
  const [run, ...more] = open("acme-again");
  expect(more.map((r) => r.id)).toEqual([]);
  expect(run?.id).not.toBe(orphan?.id);
  expect(await started(ask)).toEqual([run?.id]);
  expect(await play.use(ask, claims(orphan))).toBe("run_not_bound");
  expect(await play.use(ask, claims(run))).toBe("released");
});

test("C71: without run ids the lost run of one grant is never taken for the run of another", async () => {
  const first = await play.ask({ dispatch: true, bucket: "acme-first" });
  const second = await play.ask({ dispatch: true, bucket: "acme-second" });
  const { github, clock } = play.world;
  const { api } = play.world.player("alice");
  // The list is three seconds behind: where the second call waits for its run, the lost run of the first shows up before it.
  undo.push(
    github.intercept({
      before: async (r) => {
        if (!isList(r)) return undefined;
        const shown = github.runs.all().filter((run) => clock.now().getTime() - run.createdAt.getTime() >= 3000);
        const runs = shown.filter((run) => clock.now().getTime() - run.createdAt.getTime() < 110_000).toReversed();
        const get = (run: Run) => api.rest.actions.getWorkflowRun({ owner: "acme", repo: "infra", run_id: run.id });
        const all = await Promise.all(runs.map(get));
        return Response.json({ total_count: all.length, workflow_runs: all.map((answer) => answer.data) });
      },
    }),
  );
  loseAnswers(1);
  await play.review("bob", first);
  const lost = firstRun("acme-first");
  await play.review("bob", second);
  await later(10);
  for (const [ask, bucket] of [
    [second, "acme-second"],
    [first, "acme-first"],
  ] as const) {
    const [run, ...more] = open(bucket);
    const bound = await started(ask);
    expect(github.runs.all().find((r) => r.id === bound[0])?.inputs.bucket).toBe(bucket);
    expect(bound).toEqual([run?.id]);
    expect(more.map((r) => r.id)).toEqual([]);
    expect(await play.use(ask, claims(run))).toBe("released");
  }
  expect(await play.use(first, claims(lost))).toBe("run_not_bound");
  expect(await play.use(second, claims(lost))).toBe("run_not_bound");
});

test("C71: both answers lost, and no run ids: each grant ends up with a run of its own inputs", async () => {
  const asks = [
    await play.ask({ dispatch: true, bucket: "acme-left" }),
    await play.ask({ dispatch: true, bucket: "acme-right" }),
  ] as const;
  loseAnswers(2);
  for (const ask of asks) await play.review("bob", ask);
  await later(10);
  for (const [i, bucket] of ["acme-left", "acme-right"].entries()) {
    const ask = asks[i] as Ask;
    const [run, ...more] = open(bucket);
    expect(more.map((r) => r.id)).toEqual([]);
    expect(await started(ask)).toEqual([run?.id]);
    expect(await play.use(ask, claims(run))).toBe("released");
  }
});
