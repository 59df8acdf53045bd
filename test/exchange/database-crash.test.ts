import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { decodeJwt } from "jose";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { sha256 } from "../../src/base/canonical-json.ts";
import { type Exchange, importedEntries } from "../../src/exchange/index.ts";
import { type IssuedEntry, verifyChain } from "../../src/ledger/index.ts";
import type { Recorder } from "../../src/recorder/index.ts";
import { openStore, type Store } from "../../src/store/index.ts";
import { admin, databaseOf, storeSource } from "../helpers/store-source.ts";
import { access, enrolment, recorderOn } from "../recorder/world.ts";
import { now as started, seconds } from "./fixtures.ts";
import { type Issuer, startIssuer } from "./issuer.ts";
import { codeOf, form, startWorld, type World } from "./world.ts";

// PostgreSQL dies in the middle of exchanges, by SIGKILL of one of its processes: then it ends all others, throws away the memory that they
// share, and with it the log that was not on the disk yet, and recovers from the disk. So what was committed without waiting for the disk
// (store/commits.ts) is lost, as far as nobody waited after it: the log is written as late as it ever is.

/** Right after which the database dies. */
const steps = ["minting", "minted", "fixed", "sent", "confirmed", "recorded", "released"] as const;
type Step = (typeof steps)[number];
const ofLedger: readonly Step[] = ["fixed", "sent", "confirmed"];
const channels = ["countersign:exchange", "countersign:recorder"] as const;
/** More run attempts than may exchange come, each of them again and again with new tokens, some tokens twice at once. */
const [runs, attempts, callers] = [8, 10, 12];
const lease = 30_000;

/** What a caller received. */
interface Given {
  readonly token: string;
  readonly secret: string;
  readonly digest: string;
  readonly run: string;
}

let folder: string;
let source: ReturnType<typeof storeSource>;
let server: { readonly url: string; readonly template: string };
// A server of one's own: a given one is not ours to kill.
const given = process.env["TEST_DATABASE_URL"] !== undefined;

describe.skipIf(given)("a crash of PostgreSQL in the middle of exchanges", () => {
  let issuer: Issuer;
  let store: Store;
  let world: World;
  let url: string;
  let n = 0;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "countersign-crashes-"));
    source = storeSource(folder, { durable: true });
    server = await source.postgres();
    await set("wal_writer_delay = '10s'", "wal_writer_flush_after = '1GB'", "recovery_init_sync_method = 'syncfs'");
  }, 120_000);
  afterAll(async () => {
    await source.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    issuer = await startIssuer();
    const name = `crash_${++n}`;
    await admin(server.url, `create database ${name} template ${server.template}`);
    url = databaseOf(server.url, name);
    store = await openStore({ databaseUrl: url });
    world = await startWorld(store.db, issuer, { runs });
    await admin(server.url, "checkpoint");
  });
  afterEach(async () => {
    await store.close();
    await issuer.close();
  });

  async function set(...settings: readonly string[]): Promise<void> {
    for (const setting of settings) await admin(server.url, `alter system set ${setting}`);
    await admin(server.url, "select pg_reload_conf()");
  }

  /** A process of the database that works for nobody. */
  async function victim(): Promise<number> {
    const client = new Client({ connectionString: url });
    client.on("error", () => undefined);
    await client.connect();
    return (await client.query<{ pid: number }>("select pg_backend_pid() as pid")).rows[0]?.pid ?? Number.NaN;
  }

  async function recovered(): Promise<void> {
    while (
      !(await store.ping().then(
        () => true,
        () => false,
      ))
    )
      await delay(20);
  }

  /** The server that met the crash, which knows of it by its connections only, or one that was started after it. */
  function serverOf(again: boolean): { readonly exchange: Exchange; readonly recorder: Recorder } {
    if (!again) return world;
    const clock = { now: () => world.time.now };
    const recorder = recorderOn(store.db, world.github, world.keys, { clock, onImport: importedEntries(issuer.url) });
    return { recorder, exchange: world.restart({ recorder }) };
  }

  /** Exchanges by many callers at once, to the death of the database right after the `left`-th time of `step`. */
  async function loadUntilDeath(exchange: Exchange, step: Step, left: number, random: (below: number) => number) {
    const received: Given[] = [];
    const begun = new Set<string>();
    const pid = await victim();
    const death = new AbortController();
    const strike = (message: unknown): void => {
      const event = message as { readonly state?: string; readonly step?: string; readonly exchange?: string };
      if (event.exchange !== undefined && !death.signal.aborted) begun.add(event.exchange);
      if ((event.state ?? event.step) !== step || death.signal.aborted || --left > 0) return;
      death.abort();
      process.kill(pid, "SIGKILL");
    };
    const call = async (): Promise<void> => {
      while (!death.signal.aborted) {
        const run = String(900 + random(attempts));
        const at = seconds(world.time.now);
        const token = await issuer.token({ run_id: run, iat: at - 5, exp: at + 290 });
        const digest = sha256(String(decodeJwt(token).jti));
        const answers = await Promise.all(
          Array.from({ length: random(4) === 0 ? 2 : 1 }, () =>
            exchange.token(form(token), { correlationId: "c", remote: "r" }),
          ),
        );
        for (const answer of answers)
          if (codeOf(answer) === "released")
            received.push({ token, secret: String(answer.body["access_token"]), digest, run });
      }
    };
    for (const name of channels) subscribe(name, strike);
    await Promise.all(Array.from({ length: callers }, call));
    for (const name of channels) unsubscribe(name, strike);
    return { received, begun };
  }

  /** Everything that somebody received is on record, on the branch and in the database; nothing is there twice. */
  async function check(when: string, received: readonly Given[]): Promise<void> {
    const { db, github, keys } = { ...world, db: store.db };
    const entries = await db.selectFrom("ledger_entry").select(["id", "batch_id"]).execute();
    const batches = await db.selectFrom("ledger_batch").select(["id", "body"]).execute();
    const seen = new Set((await db.selectFrom("seen_token").select("jti").execute()).map((row) => row.jti));
    const uses = new Set((await db.selectFrom("grant_use").select("run_id").execute()).map((row) => row.run_id));
    const released = await db.selectFrom("exchange").select("id").where("state", "=", "released").execute();
    const branch = new Map(github.batches().map((batch) => [batch.header.batch, batch.text]));
    const issued = github.entries().filter((entry): entry is IssuedEntry => entry.type === "issued");

    for (const one of received) {
      const mine = issued.filter(({ job }) => job.jti_sha256 === one.digest);
      expect(mine, `${when}: recorded once`).toHaveLength(1);
      const batch = entries.find(({ id }) => id === mine[0]?.id)?.batch_id;
      const body = batches.find(({ id }) => id === batch)?.body;
      expect(body, `${when}: in a batch of the database`).toBeDefined();
      expect(body, `${when}: that the branch has`).toBe(branch.get(batch ?? ""));
      expect(seen.has(one.digest), `${when}: its token is remembered`).toBe(true);
      expect(uses.has(one.run), `${when}: its use is counted`).toBe(true);
      expect(
        released.some(({ id }) => id === mine[0]?.exchange),
        `${when}: released`,
      ).toBe(true);
    }
    for (const key of ["digest", "secret"] as const)
      expect(new Set(received.map((one) => one[key])).size, `${when}: each ${key} once`).toBe(received.length);
    expect(uses.size, `${when}: uses`).toBeLessThanOrEqual(runs);
    const ids = github.entries().map(({ id }) => id);
    expect(new Set(ids).size, `${when}: no entry twice`).toBe(ids.length);
    const held = keys.ledgerKeyOf(keys.ledger.kid);
    const trustedKeys = new Map(held ? [[keys.ledger.kid, held]] : []);
    const chain = verifyChain(github.batches(), { repositoryId: access.id, trustedKeys });
    expect(chain, `${when}: the chain`).toMatchObject({ ok: true });
    const { state } = await enrolment(db);
    expect(state, `${when}: the enrolment`).toBe("active");
  }

  test.each([
    ["that waits for the disk, as it comes", "on"],
    ["that its operator told never to wait for the disk", "off"],
  ])("C58 C37 C57 of one %s loses nothing that anybody received, and gives nothing twice", async (_, waits) => {
    await set(`synchronous_commit = ${waits}`);
    // The clock of leases and deadlines, which a test may not wait for.
    const from = performance.now();
    let jumped = 0;
    Object.defineProperty(world.time, "now", {
      get: () => new Date(started.getTime() + performance.now() - from + jumped),
    });
    let seed = 9;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return Math.floor((seed / 2 ** 31) * below);
    };
    const all: Given[] = [];
    let lost = 0;
    let current = serverOf(false);
    for (const step of steps) {
      world.github.latency = random(15);
      const left = 1 + random(ofLedger.includes(step) ? 4 : 25);
      const { received, begun } = await loadUntilDeath(current.exchange, step, left, random);
      all.push(...received);
      await recovered();
      const kept = new Set((await store.db.selectFrom("exchange").select("id").execute()).map((row) => row.id));
      lost += [...begun].filter((id) => !kept.has(id)).length;
      await check(`dead when ${step}`, all);

      current = serverOf(random(2) === 0);
      for (const { token } of received.slice(-3)) {
        const again = await current.exchange.token(form(token), { correlationId: "c", remote: "r" });
        expect(codeOf(again), `dead when ${step}: the token again`).toBe("token_replayed");
      }
      // A lease that was held when it died ends by itself.
      jumped += lease;
      await current.recorder.flush(access);
      await check(`dead when ${step}, and recorded on`, all);
      expect((await enrolment(store.db)).ledger_commit).toBe(world.github.commits.at(-1)?.sha);
    }
    expect(all.length).toBeGreaterThan(0);
    // Else the crashes were none, and show nothing.
    expect(lost).toBeGreaterThan(0);
  });
});
