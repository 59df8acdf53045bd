import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { setTimeout as delay } from "node:timers/promises";
import type { UpdateObject } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ExchangeEvent } from "../../src/exchange/index.ts";
import { importedEntries } from "../../src/exchange/index.ts";
import type { Recorder } from "../../src/recorder/index.ts";
import type { Database } from "../../src/store/index.ts";
import { describeStores } from "../helpers/stores.ts";
import { access, recorderOn } from "../recorder/world.ts";
import { now } from "./fixtures.ts";
import { type Issuer, startIssuer } from "./issuer.ts";
import { ask, codeOf, form, startWorld, states, until, type World } from "./world.ts";

const meta = { correlationId: "c", remote: "r" };
const live = ["minting", "minted", "recorded"] as const;

/** Runs `act` synchronously right after a state became durable, once. */
function at(state: ExchangeEvent["state"], act: (event: ExchangeEvent) => void): () => void {
  const once = (message: unknown): void => {
    const event = message as ExchangeEvent;
    if (event.state !== state) return;
    unsubscribe("countersign:exchange", once);
    act(event);
  };
  subscribe("countersign:exchange", once);
  return () => void unsubscribe("countersign:exchange", once);
}

describeStores("exchange states", (open, kind) => {
  let issuer: Issuer;
  let world: World;
  const start = async (runs = 1) => (world = await startWorld((await open()).db, issuer, { runs }));
  const cleanups: (() => void)[] = [];
  beforeEach(async () => {
    issuer = await startIssuer();
  });
  afterEach(async () => {
    for (const clean of cleanups.splice(0)) clean();
    await issuer.close();
  });
  const issued = () => world.github.entries().filter((e) => e.type === "issued");
  const dropped = () => world.github.entries().filter((e) => e.type === "dropped");
  const later = (ms: number) => (world.time.now = new Date(now.getTime() + ms));

  test("C37 the same token twenty times at once is released once", async () => {
    await start();
    const token = await issuer.token();
    const other = world.restart();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 ? other : world.exchange).token(form(token), meta)),
    );
    const codes = answers.map(codeOf);
    expect(codes.filter((code) => code === "released")).toHaveLength(1);
    expect(codes.filter((code) => code === "token_replayed")).toHaveLength(19);
    expect(world.cloud.minted).toBe(1);
  });

  test("C57 ten runs at once for a grant of three", async () => {
    await start(3);
    const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => ask(world, { run_id: String(1000 + i) })));
    const codes = answers.map(codeOf);
    expect(codes.filter((code) => code === "released")).toHaveLength(3);
    expect(codes.filter((code) => code === "runs_exhausted")).toHaveLength(7);
  });

  test("an exchange that fails keeps its use for that run attempt, which may come again", async () => {
    await start();
    world.cloud.mintAs = async (n) => {
      if (n === 1) throw new Error("no");
    };
    expect(codeOf(await ask(world))).toBe("temporarily_unavailable");
    expect(codeOf(await ask(world, { run_id: "901" }))).toBe("runs_exhausted");
    expect(codeOf(await ask(world))).toBe("released");
  });

  for (const state of live) {
    /** `act` is committed after the state and before the next step begins, on either store. */
    const after = async (act: () => unknown, over: Readonly<Record<string, unknown>> = {}) => {
      world.cloud.mintAs = state === "minting" ? async () => void (await act()) : undefined;
      const recorder: Pick<Recorder, "append" | "caughtUp" | "flush"> = {
        append: (...args) => world.recorder.append(...args),
        caughtUp: (repo) => world.recorder.caughtUp(repo),
        flush: async (repo) => {
          if (state === "minted") await act();
          await world.recorder.flush(repo);
          if (state === "recorded") await act();
        },
      };
      return codeOf(await ask({ issuer, exchange: world.restart({ recorder }) }, over));
    };
    const enrolmentBecomes = (values: UpdateObject<Database, "enrolment">) =>
      world.db.updateTable("enrolment").set(values).execute();

    test(`C59 a revocation right after "${state}" is not outrun`, async () => {
      await start();
      const revoke = () => world.db.updateTable("grant").set({ state: "revoked", ended_at: now }).execute();
      expect(await after(revoke)).toBe("grant_revoked");
      expect(await states(world.db)).toEqual(["dropped"]);
    });

    test(`C59 a freeze of the policy right after "${state}" is not outrun`, async () => {
      await start();
      const freeze = () => {
        world.github.setPolicy(undefined, "[all]");
        return enrolmentBecomes({ accepted_digest: world.github.digest() });
      };
      expect(await after(freeze)).toBe("not_ready");
      expect(await states(world.db)).toEqual(["dropped"]);
    });

    test(`C59 COUNTERSIGN_FROZEN, quarantine, a stop: right after "${state}"`, async () => {
      await start(3);
      expect(await after(() => (world.config.frozen = [{ kind: "all" }]), { run_id: "901" })).toBe("frozen");
      world.config.frozen = [];
      const quarantined_digest = `sha256:${"c".repeat(64)}`;
      expect(await after(() => enrolmentBecomes({ quarantined_digest }), { run_id: "902" })).toBe("policy_quarantined");
      await enrolmentBecomes({ quarantined_digest: null });
      expect(await after(() => enrolmentBecomes({ state: "stopped" }), { run_id: "903" })).toBe("issuing_stopped");
      expect(await states(world.db)).toEqual(["dropped", "dropped", "dropped"]);
    });

    test(`a deadline that passes right after "${state}" releases nothing`, async () => {
      await start();
      cleanups.push(at(state, () => void later(45_001)));
      expect(codeOf(await ask(world))).toBe("issue_timeout");
      expect(await states(world.db)).toEqual(["dropped"]);
    });

    test(`C58 a crash right after "${state}" releases nothing, and the sweep puts it on record`, async () => {
      await start();
      // The process is gone: neither its answer nor its own clean-up happens.
      const gone = new Promise<void>((resolve) => cleanups.push(at(state, () => resolve())));
      let dead = false;
      cleanups.push(at(state, () => void (dead = true)));
      const db = world.db.withPlugin({
        transformQuery: ({ node }) => {
          if (dead) throw new Error("dead");
          return node;
        },
        transformResult: async ({ result }) => result,
      });
      const recorder: Pick<Recorder, "append" | "caughtUp" | "flush"> = {
        append: (...args) => world.recorder.append(...args),
        caughtUp: (repo) => world.recorder.caughtUp(repo),
        flush: async (repo) => {
          if (dead) throw new Error("dead");
          await world.recorder.flush(repo);
        },
      };
      const answer = ask({ issuer, exchange: world.restart({ db, recorder }) });
      await gone;
      expect((await answer).status).toBe(503);
      expect(await states(world.db)).toEqual([state]);

      const next = world.restart();
      await next.sweep();
      expect(await states(world.db)).toEqual([state]);
      later(45_001);
      await next.sweep();
      expect(await states(world.db)).toEqual(["dropped"]);
      later(700_000);
      await world.recorder.flushDue();
      expect(issued()).toHaveLength(state === "minting" ? 0 : 1);
      expect(dropped()).toMatchObject(state === "minting" ? [] : [{ state }]);
      later(1_000);
      expect(codeOf(await ask({ issuer, exchange: next }))).toBe("released");
    });
  }

  test("C59 a release waits for a revocation that is under way, and sees it", async () => {
    await start();
    // PGlite has one connection: there nothing can be under way at the same time.
    if (kind === "pglite") return;
    let commit = (): void => undefined;
    const held = new Promise<void>((resolve) => (commit = resolve));
    let revoking: Promise<unknown> = Promise.resolve();
    const recorder: Pick<Recorder, "append" | "caughtUp" | "flush"> = {
      append: (...args) => world.recorder.append(...args),
      caughtUp: (repo) => world.recorder.caughtUp(repo),
      flush: async (repo) => {
        await world.recorder.flush(repo);
        await new Promise<void>((updated) => {
          revoking = world.db.transaction().execute(async (trx) => {
            await trx.updateTable("grant").set({ state: "revoked", ended_at: now }).execute();
            updated();
            await held;
          });
        });
      },
    };
    const answer = ask({ issuer, exchange: world.restart({ recorder }) });
    await until(async () => (await states(world.db))[0] === "recorded");
    await delay(100);
    commit();
    await revoking;
    expect(codeOf(await answer)).toBe("grant_revoked");
    expect(await states(world.db)).toEqual(["dropped"]);
  });

  test("C58 a released exchange stays released, and its entry is there once", async () => {
    await start();
    let answered = false;
    cleanups.push(at("released", () => expect(answered).toBe(false)));
    expect(codeOf(await ask(world))).toBe("released");
    answered = true;
    later(60_000);
    await world.exchange.sweep();
    expect(await states(world.db)).toEqual(["released"]);
    expect(issued()).toHaveLength(1);
  });

  test("no recorded commit, no credentials: GitHub does not take the batch", async () => {
    await start();
    world.github.failWrites = 1;
    expect(await ask(world)).toMatchObject({ status: 503, body: { error: "temporarily_unavailable" } });
    expect(await states(world.db)).toEqual(["dropped"]);
    later(600_001);
    await world.recorder.flushDue();
    expect(issued()).toHaveLength(1);
    expect(dropped()).toMatchObject([{ state: "minted" }]);
    expect(await states(world.db)).toEqual(["dropped"]);
  });

  test("no recorded commit, no credentials: a flush that says it is done and is not", async () => {
    await start();
    const recorder: Pick<Recorder, "append" | "caughtUp" | "flush"> = {
      append: (...args) => world.recorder.append(...args),
      caughtUp: (repo) => world.recorder.caughtUp(repo),
      flush: async () => undefined,
    };
    expect(codeOf(await ask({ issuer, exchange: world.restart({ recorder }) }))).toBe("issue_timeout");
    expect(await states(world.db)).toEqual(["dropped"]);
  });

  test("C58 an exchange that another replica's sweep dropped is not released", async () => {
    await start();
    const ahead = world.restart({ clock: { now: () => new Date(now.getTime() + 46_000) } });
    const recorder: Pick<Recorder, "append" | "caughtUp" | "flush"> = {
      append: (...args) => world.recorder.append(...args),
      caughtUp: (repo) => world.recorder.caughtUp(repo),
      flush: async (repo) => {
        await world.recorder.flush(repo);
        await ahead.sweep();
      },
    };
    expect(codeOf(await ask({ issuer, exchange: world.restart({ recorder }) }))).toBe("issue_timeout");
    expect(await states(world.db)).toEqual(["dropped"]);
  });

  test("C58 a lost answer to the batch: recorded once, released once", async () => {
    await start();
    world.github.loseAnswers = 1;
    expect(codeOf(await ask(world))).toBe("released");
    expect(issued()).toHaveLength(1);
  });

  test("C52 a foreign commit under our batch releases nothing", async () => {
    await start();
    world.github.beforeWrite = () => void world.github.push([{ path: "x", text: "x" }]);
    expect(codeOf(await ask(world))).toBe("issuing_stopped");
    expect(codeOf(await ask(world))).toBe("issuing_stopped");
    expect(await states(world.db)).toEqual(["dropped"]);
  });

  test("C47 a cloud that never answers is given up at the deadline", async () => {
    await start();
    // The wall clock has 45 s; the test's clock is set so that little of it is left.
    world.cloud.mintAs = () => new Promise(() => undefined);
    cleanups.push(at("minting", () => void later(44_900)));
    const started = performance.now();
    expect(codeOf(await ask(world))).toBe("issue_timeout");
    expect(performance.now() - started).toBeLessThan(2000);
    expect(await states(world.db)).toEqual(["dropped"]);
  });

  /** As a backup from before every exchange would have it, or a standby that takes over before it had them. */
  async function restoreEarlier(): Promise<void> {
    const { db } = world;
    const last = await db.selectFrom("ledger_batch").selectAll().where("sequence", "=", 1).executeTakeFirstOrThrow();
    for (const table of ["exchange", "grant_use", "seen_token"] as const) await db.deleteFrom(table).execute();
    await db.deleteFrom("ledger_entry").where("type", "<>", "genesis").execute();
    await db.deleteFrom("ledger_batch").where("sequence", ">", 1).execute();
    await db
      .updateTable("enrolment")
      .set({ ledger_sequence: 1, ledger_sha256: last.sha256, ledger_commit: last.commit_sha })
      .execute();
  }

  test("C33 C52 uses, tokens and revocations of imported entries count", async () => {
    await start(2);
    const token = await issuer.token();
    await world.exchange.token(form(token), meta);
    const { db, github, keys } = world;
    await restoreEarlier();
    const restored = recorderOn(db, github, keys, {
      clock: { now: () => world.time.now },
      onImport: importedEntries(issuer.url),
    });
    // Nobody has written a batch since: the first exchange itself has to look.
    expect(codeOf(await world.restart({ recorder: restored }).token(form(token), meta))).toBe("token_replayed");
    expect(await db.selectFrom("grant_use").select("run_attempt").execute()).toHaveLength(1);
  });

  for (const [what, again] of [
    ["the token of an exchange", true],
    ["the last use of a grant", false],
  ] as const)
    test(`C37 C57 C52 ${what} that the database had lost under running servers is not given again by who began before the ledger told of it`, async () => {
      await start();
      const token = await issuer.token();
      expect(codeOf(await world.exchange.token(form(token), meta))).toBe("released");
      await restoreEarlier();
      const { db, github, keys } = world;
      const clock = { now: () => world.time.now };
      // Another server starts and compares the ledger while the exchange is at the cloud.
      const other = recorderOn(db, github, keys, { clock, onImport: importedEntries(issuer.url) });
      world.cloud.mintAs = () => other.caughtUp(access);
      const second = again ? token : await issuer.token({ run_id: "901" });
      expect(codeOf(await world.exchange.token(form(second), meta))).toBe("issue_timeout");
      expect(await states(db)).toEqual(["dropped"]);

      world.cloud.mintAs = undefined;
      expect(codeOf(await ask(world, { run_id: "902" }))).toBe("runs_exhausted");
      expect(codeOf(await ask(world))).toBe("released");
    });

  test("a live check that began before a request came does not count for it", async () => {
    await start(2);
    let begin = (): void => undefined;
    const first = new Promise<void>((resolve) => (begin = resolve));
    const tip = world.github.tip.bind(world.github);
    let calls = 0;
    world.github.tip = async () => {
      if (++calls === 1) {
        begin();
        await delay(100);
      }
      return tip();
    };
    const one = ask(world);
    await first;
    const more = [ask(world), ask(world), ask(world)];
    expect((await Promise.all([one, ...more])).map(codeOf)).toEqual(Array(4).fill("released"));
    // At least a second one; who was slow to ask may have needed a third.
    expect(calls).toBeGreaterThanOrEqual(2);
  });

  test("1 000 exchanges at once are recorded in at most 5 commits", async () => {
    await start();
    // The jobs of one matrix: one run attempt, a token each.
    const tokens = await Promise.all(Array.from({ length: 1000 }, () => issuer.token()));
    await ask(world);
    const before = world.github.puts;
    world.github.latency = 30;
    const answers = await Promise.all(tokens.map((token) => world.exchange.token(form(token), meta)));
    expect(new Set(answers.map(codeOf))).toEqual(new Set(["released"]));
    expect(new Set(answers.map((a) => a.body.access_token)).size).toBe(1000);
    expect(issued()).toHaveLength(1001);
    expect(world.github.puts - before).toBeLessThanOrEqual(5);
    await until(async () => (await states(world.db)).every((s) => s === "released"));
  }, 60_000);
});
