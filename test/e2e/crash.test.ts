import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { verifyClone } from "../../src/audit/index.ts";
import { type Entry, parseBatch } from "../../src/ledger/index.ts";
import { executeRun } from "../sandbox/jobs.ts";
import { git } from "../sandbox/players.ts";
import { accessRepo } from "../sandbox/seed.ts";
import { type Outside, startOutside } from "../sandbox/world.ts";
import { requestText } from "./play.ts";
import { type ServerProcess, spawnServer } from "./server-process.ts";
import { isMint } from "./mints.ts";

// The server dies without a word (SIGKILL by kill-at.ts, right after a state became durable) and is started again on the same
// data. Whatever the point: ledger, AWS and the job's own output agree, nothing is released twice or unrecorded (C58).

const access = { owner: "acme", repo: "access" };
const bucket = "acme-stale-logs";
let dir: string;
let outside: Outside;
let n = 0;
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "countersign-crash-"));
  outside = await startOutside({ dir });
});
afterAll(async () => {
  await outside.close();
  await rm(dir, { recursive: true, force: true });
});

const until = async <T>(what: string, look: () => Promise<T | undefined>): Promise<T> => {
  // Webhooks that come while the server is dead are lost: the sweep finds what they told, within a minute.
  for (let i = 0; i < 2000; i++) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`gave up waiting: ${what}`);
};

/** Asked by alice and approved by bob once the plan is posted: what comes while it is being posted counts as before it (C60). */
async function askAndApprove(): Promise<{ path: string; number: number }> {
  const name = `crash-${++n}`;
  const file = `requests/aws-prod/2026-11/${name}.yml`;
  const alice = outside.player("alice");
  const head = await alice.push(name, { [file]: requestText({ dispatch: true, bucket }) }, { from: "origin/main" });
  const { data } = await alice.api.rest.pulls.create({ ...access, title: name, head: name, base: "main" });
  await until("the plan", async () => {
    const runs = await alice.api.rest.checks.listForRef({ ...access, ref: head });
    return runs.data.check_runs.find((run) => run.conclusion === "action_required");
  });
  // The title comes after the check, and with it the server learns which reviews were there.
  await until("the title", async () => {
    const { title } = (await alice.api.rest.pulls.get({ ...access, pull_number: data.number })).data;
    return title === name ? undefined : title;
  });
  await outside.player("bob").api.rest.pulls.createReview({ ...access, pull_number: data.number, event: "APPROVE" });
  return { path: file, number: data.number };
}

const openRun = () =>
  until("the bound run", async () => {
    const open = outside.github.runs.open();
    return open.length === 1 ? open[0] : undefined;
  });

async function readLedger(key: string): Promise<readonly Entry[]> {
  const clone = path.join(dir, `clone-${n}-${Math.round(performance.now())}`);
  await git(dir, "clone", "-q", outside.github.repository(accessRepo).cloneUrl, clone);
  const verified = await verifyClone(clone, { keys: [key] });
  expect(verified.problems).toEqual([]);
  const files = await git(
    clone,
    "log",
    "--reverse",
    "--diff-filter=A",
    "--name-only",
    "--format=",
    "origin/countersign-ledger",
  );
  const entries: Entry[] = [];
  for (const file of files.split("\n").filter((f) => f !== "")) {
    entries.push(...parseBatch(`${await git(clone, "show", `origin/countersign-ledger:${file}`)}\n`).entries);
  }
  return entries;
}

/** Every server of a test, so that one that fails leaves none behind. */
const running = new Set<ServerProcess>();
afterEach(async () => {
  for (const server of running) await server.kill();
  running.clear();
  for (const run of outside.github.runs.open()) outside.github.completeRun(run.id, "cancelled");
});

/** The server, once it has enrolled the access repo. */
async function start(killAt?: string): Promise<ServerProcess> {
  const server = await spawnServer(outside, killAt);
  running.add(server);
  await until("enrolment", async () => {
    const answer = await fetch(`${String(outside.env.PUBLIC_URL)}/readyz`).catch(() => undefined);
    if (answer?.status !== 200) return undefined;
    const { degraded } = (await answer.json()) as { degraded: readonly string[] };
    return degraded.length === 0 ? true : undefined;
  });
  return server;
}

/** One request from question to use, with the server dying at one point and starting again at once. */
async function lifeWithCrash(killAt: string) {
  outside.aws.buckets.set(bucket, new Map());
  const first = await start(killAt);
  const second = first.ended.then((how) => {
    expect(how).toBe("SIGKILL");
    return start();
  });
  const calls = outside.aws.log.length;
  const ask = await askAndApprove();
  if (/dispatch|head/.test(killAt)) await second;
  const run = await openRun();
  const job = await executeRun(
    {
      github: outside.github,
      appUrl: String(outside.env.PUBLIC_URL),
      awsUrl: outside.aws.url,
      dir: path.join(dir, "jobs"),
    },
    run,
  );
  const server = await second;
  const log = outside.aws.log.slice(calls);
  const recorded = await until("the ledger", async () => {
    const entries = await readLedger(server.ledgerPublicKey);
    const granted = entries.filter((e) => e.type === "granted").filter((e) => e.path === ask.path);
    const id = granted[0]?.grant;
    const dispatched = entries
      .filter((e) => e.type === "dispatched")
      .filter((e) => id !== undefined && e.grants.includes(id));
    const issued = entries.filter((e) => e.type === "issued").filter((e) => e.grant === id);
    return dispatched.length === 0 ? undefined : { granted, dispatched, issued };
  });
  await server.stop();
  return {
    job,
    run,
    used: [...new Set(log.filter((c) => c.action.startsWith("s3:")).map((c) => c.accessKeyId))],
    minted: log.filter(isMint).length,
    ...recorded,
  };
}

const points: readonly (readonly [string, number, "always" | "slow"])[] = [
  // point of death, entries `issued` afterwards: the one that the job used, and one more where the dead one was on its way
  ["countersign:head judged", 1, "slow"],
  ["countersign:dispatch sent", 1, "always"],
  ["countersign:dispatch bound", 1, "slow"],
  ["countersign:exchange minting", 1, "always"],
  ["countersign:exchange minted", 2, "always"],
  ["countersign:recorder fixed", 2, "slow"],
  ["countersign:recorder sent", 2, "slow"],
  ["countersign:exchange recorded", 2, "always"],
  ["countersign:exchange released", 2, "always"],
];
test.each(points.filter(([, , when]) => when === "always" || process.env.SLOW !== undefined))(
  "C58: death at `%s`: one run, %i issued, one set of credentials used, all on record",
  { timeout: 240_000 },
  async (killAt, issued) => {
    if (killAt.includes("recorder")) {
      // The recorder writes at enrolment, too: that is over before the server that is to die starts.
      await (await start()).stop();
    }
    const life = await lifeWithCrash(killAt);
    if (life.job.conclusion !== "success") throw new Error(life.job.log);
    expect(life.granted).toHaveLength(1);
    expect(life.dispatched).toHaveLength(1);
    expect(life.dispatched.map((e) => e.run_id)).toEqual([life.run.id]);
    // What the job used is one session, and it is on record; nothing was recorded twice.
    expect(life.used).toHaveLength(1);
    const keys = life.issued.map((e) => e.identifiers.access_key_id);
    expect(keys).toContain(life.used[0]);
    expect(new Set(keys).size).toBe(keys.length);
    expect(life.issued).toHaveLength(issued);
    expect(life.minted).toBe(issued);
  },
);
