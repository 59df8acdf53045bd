import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, expect, inject, test } from "vitest";
import { verifyClone } from "../../src/audit/index.ts";
import { type Batch, parseBatch } from "../../src/ledger/index.ts";
import { openStore } from "../../src/store/index.ts";
import { admin, databaseOf } from "../helpers/store-source.ts";
import { executeRun } from "../sandbox/jobs.ts";
import { exchange } from "../sandbox/main-job.ts";
import { git } from "../sandbox/players.ts";
import { accessRepo } from "../sandbox/seed.ts";
import { type Outside, startOutside, startServer, type World } from "../sandbox/world.ts";
import { access, requestText } from "./play.ts";
import { type ServerProcess, spawnServer } from "./server-process.ts";
import { isMint } from "./mints.ts";

// On PostgreSQL, and with what crash.test.ts leaves open: GitHub did what it was asked and the server died before it heard so,
// and what becomes of an exchange that was under way, up to its `dropped` entry (C58).

let dir: string;
let outside: Outside;
let url: string;
let database: string;
let n = 0;
const running = new Set<ServerProcess>();
const undo = new Set<() => void>();

beforeAll(async () => {
  const socket = connect(inject("storeSocket"));
  socket.write("postgres\n");
  const { value } = JSON.parse(await text(socket)) as { value: { url: string; template: string } };
  url = value.url;
  database = `countersign_${randomUUID().replaceAll("-", "")}`;
  await admin(url, `create database ${database} template ${value.template}`);
  dir = await mkdtemp(path.join(tmpdir(), "countersign-crash-"));
  outside = await startOutside({ dir, databaseUrl: databaseOf(url, database) });
});
afterEach(async () => {
  for (const server of running) {
    running.delete(server);
    await server.kill();
  }
  for (const stop of undo) stop();
  undo.clear();
  for (const run of outside.github.runs.open()) outside.github.completeRun(run.id, "cancelled");
});
afterAll(async () => {
  await outside.close();
  await admin(url, `drop database if exists ${database} with (force)`);
  await rm(dir, { recursive: true, force: true });
});

const spawn = async (killAt?: string): Promise<ServerProcess> => {
  const server = await spawnServer(outside, killAt);
  running.add(server);
  return server;
};

/** The server in this process while `work` runs: it can be asked to come to rest and to write the ledger. */
async function inside<T>(work: (settle: () => Promise<void>, world: Pick<World, "app">) => Promise<T>): Promise<T> {
  const app = await startServer(outside);
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 2; i++) {
      await outside.github.settled();
      await app.idle();
    }
  };
  try {
    await settle();
    return await work(settle, { app });
  } finally {
    await app.close();
  }
}

interface Ask {
  readonly path: string;
  readonly number: number;
  readonly bucket: string;
}
/** A pull request of alice with its plan shown, so that bob's approval is all that it lacks. */
async function ask(settle: () => Promise<void>): Promise<Ask> {
  const name = `answers-${++n}`;
  const bucket = `acme-${name}`;
  const file = `requests/aws-prod/2026-11/${name}.yml`;
  outside.aws.buckets.set(bucket, new Map());
  const alice = outside.player("alice");
  await alice.push(name, { [file]: requestText({ dispatch: true, bucket }) }, { from: "origin/main" });
  const { data } = await alice.api.rest.pulls.create({ ...access, title: name, head: name, base: "main" });
  await settle();
  return { path: file, number: data.number, bucket };
}
const approve = (pull: Ask) =>
  outside.player("bob").api.rest.pulls.createReview({ ...access, pull_number: pull.number, event: "APPROVE" });
const runsOf = (pull: Ask) => outside.github.runs.all().filter((run) => run.inputs.bucket === pull.bucket);
const openOf = (pull: Ask) => outside.github.runs.open().filter((run) => run.inputs.bucket === pull.bucket);

/** What an auditor's clone says, verified, of one request and of the whole. */
async function audited(key: string, pull: Ask) {
  const clone = path.join(dir, `clone-${n}`);
  await git(dir, "clone", "-q", outside.github.repository(accessRepo).cloneUrl, clone);
  expect((await verifyClone(clone, { keys: [key] })).problems).toEqual([]);
  const names = await git(clone, "ls-tree", "-r", "--name-only", "origin/countersign-ledger");
  const batches: Batch[] = [];
  for (const file of names.split("\n"))
    batches.push(parseBatch(`${await git(clone, "show", `origin/countersign-ledger:${file}`)}\n`));
  batches.sort((a, b) => a.header.sequence - b.header.sequence);
  // No gap, and nothing twice.
  expect(batches.map((b) => b.header.sequence)).toEqual(batches.map((_, i) => i + 1));
  const entries = batches.flatMap((b) => b.entries);
  expect(new Set(entries.map((e) => e.id)).size).toBe(entries.length);
  const granted = entries.filter((e) => e.type === "granted").filter((e) => e.path === pull.path);
  expect(granted).toHaveLength(1);
  const id = String(granted[0]?.grant);
  return {
    dispatched: entries.filter((e) => e.type === "dispatched").filter((e) => e.grants.includes(id)),
    issued: entries.filter((e) => e.type === "issued").filter((e) => e.grant === id),
    dropped: entries.filter((e) => e.type === "dropped").filter((e) => e.grant === id),
    states: await states(id),
  };
}
/** State of each exchange of a grant, by its id, as the database has it. */
async function states(grant: string): Promise<Readonly<Record<string, string>>> {
  const store = await openStore({ databaseUrl: databaseOf(url, database) });
  try {
    const rows = await store.db.selectFrom("exchange").select(["id", "state"]).where("grant_id", "=", grant).execute();
    return Object.fromEntries(rows.map((row) => [row.id, row.state]));
  } finally {
    await store.close();
  }
}

const job = (pull: Ask) => {
  const [run] = openOf(pull);
  if (!run) throw new Error("no run");
  const { github, aws, env } = outside;
  return executeRun({ github, appUrl: String(env.PUBLIC_URL), awsUrl: aws.url, dir: path.join(dir, "jobs") }, run);
};

test("C58: death after GitHub started the run and before its answer: another run is bound, that one is cancelled and gets nothing", {
  timeout: 60_000,
}, async () => {
  const pull = await inside(ask);
  const first = await spawn();
  undo.add(
    outside.github.intercept({
      after: ({ method, path: at }) => {
        if (method !== "POST" || !at.endsWith("/dispatches") || runsOf(pull).length !== 1) return undefined;
        process.kill(first.pid, "SIGKILL");
        return "drop";
      },
    }),
  );
  await approve(pull);
  expect(await first.ended).toBe("SIGKILL");
  const [orphan] = openOf(pull);
  expect(orphan).toBeDefined();
  // The leases of the dead server end by themselves.
  outside.clock.skip(61);
  const key = await inside(async (_settle, world) => {
    const open = openOf(pull);
    expect(open).toHaveLength(1);
    expect(open[0]?.id).not.toBe(orphan?.id);
    const stray = runsOf(pull).find((run) => run.id === orphan?.id);
    expect(stray?.attempts.at(-1)?.conclusion).toBe("cancelled");
    const token = (id: number | undefined) =>
      outside.github.jobToken({ aud: String(outside.env.PUBLIC_URL), run_id: String(id), run_attempt: "1" });
    const mine = { request: pull.path };
    const refused = await exchange({ ...outside, ...world } as World, await token(orphan?.id), mine);
    expect(String(refused.body.error_uri)).toContain("#run_not_bound");
    expect((await exchange({ ...outside, ...world } as World, await token(open[0]?.id), mine)).status).toBe(200);
    await world.app.flush();
    return world.app.ledgerPublicKey;
  });
  const { dispatched, issued } = await audited(key, pull);
  expect(dispatched.map((e) => e.run_id)).toEqual(openOf(pull).map((run) => run.id));
  expect(issued.map((e) => e.job.run_id)).toEqual(dispatched.map((e) => e.run_id));
});

interface Fate {
  /** What became of the exchange that was under way. */
  readonly state: "dropped" | "released";
  /** Its `issued` and `dropped` entries. */
  readonly issued: 0 | 1;
  readonly dropped: 0 | 1;
  /** Leases stay behind: the next server is started when they are over. */
  readonly leased?: true;
}
const fates: readonly (readonly [string, Fate])[] = [
  ["countersign:exchange minting", { state: "dropped", issued: 0, dropped: 0 }],
  ["countersign:exchange minted", { state: "dropped", issued: 1, dropped: 1 }],
  ["the batch is on GitHub, no answer", { state: "dropped", issued: 1, dropped: 1, leased: true }],
  [
    "countersign:exchange minted > countersign:recorder confirmed",
    { state: "dropped", issued: 1, dropped: 1, leased: true },
  ],
  ["countersign:exchange recorded", { state: "dropped", issued: 1, dropped: 1 }],
  ["countersign:exchange released", { state: "released", issued: 1, dropped: 0 }],
];

test.each(fates)(
  "C58: death at `%s`: the ledger tells what became of each exchange, once",
  {
    timeout: 60_000,
  },
  async (point, fate) => {
    const pull = await inside(async (settle, { app }) => {
      const asked = await ask(settle);
      await approve(asked);
      await settle();
      // What waits would else be sent at the start of the server that is to die.
      await app.flush();
      return asked;
    });
    const named = point.startsWith("countersign:");
    const first = await spawn(named ? point : undefined);
    if (!named)
      undo.add(
        outside.github.intercept({
          after: ({ method, path: at }) => {
            if (method !== "PUT" || !/\/contents\/ledger(?:\/|%2F)/.test(at)) return undefined;
            process.kill(first.pid, "SIGKILL");
            return "drop";
          },
        }),
      );
    const before = outside.aws.log.length;
    const second = first.ended.then((how) => {
      // A test that has failed meanwhile starts no more.
      if (how !== "SIGKILL" || !running.has(first)) throw new Error(`ended with ${how}`);
      for (const stop of undo) stop();
      if (fate.leased) outside.clock.skip(61);
      return spawn();
    });
    second.catch(() => undefined);
    const result = await job(pull);
    if (result.conclusion !== "success") throw new Error(result.log);
    const server = await second;
    expect(result.log.match(/Trying again in \d+ s with a new token/g)?.length).toBeGreaterThan(0);
    await server.stop();
    // Past every deadline; what was given up then goes on record.
    outside.clock.skip(61);
    await inside(async (_settle, { app }) => app.flush());

    const { dispatched, issued, dropped, states } = await audited(server.ledgerPublicKey, pull);
    expect(dispatched).toHaveLength(1);
    const log = outside.aws.log.slice(before);
    const minted = log.filter(isMint).map((c) => c.accessKeyId);
    const used = new Set(log.filter((c) => c.action.startsWith("s3:")).map((c) => c.accessKeyId));
    const keyOf = (entry: (typeof issued)[number]) => entry.identifiers.access_key_id;
    // AWS gave out what the ledger says, no more and no less; the job used the last of them and no other.
    expect(new Set(issued.map(keyOf))).toEqual(new Set(minted));
    expect(minted).toHaveLength(issued.length);
    expect(issued).toHaveLength(1 + fate.issued);
    expect([...used]).toEqual([minted.at(-1)]);
    expect(new Set(issued.map((e) => e.job.jti_sha256)).size).toBe(issued.length);
    // Two exchanges: the one that died, and the one whose credentials the job had.
    const had = issued.find((e) => used.has(keyOf(e)))?.exchange;
    const [died, ...more] = Object.keys(states).filter((id) => id !== had);
    expect(more).toEqual([]);
    expect(states[String(had)]).toBe("released");
    expect(states[String(died)]).toBe(fate.state);
    expect(dropped.map((e) => e.exchange)).toEqual(fate.dropped === 1 ? [died] : []);
  },
);
