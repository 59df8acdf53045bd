import { afterEach, beforeEach, expect, test } from "vitest";
import { sha256 } from "../../src/base/canonical-json.ts";
import { type Broker, CloudError } from "../../src/cloud/index.ts";
import type { Recorder } from "../../src/recorder/index.ts";
import { describeStores } from "../helpers/stores.ts";
import { now } from "./fixtures.ts";
import { type Issuer, startIssuer } from "./issuer.ts";
import { ask, codeOf, form, insertGrant, startWorld, states, type World } from "./world.ts";

const meta = { correlationId: "c", remote: "r" };

describeStores("exchanges that share statements", (open) => {
  let issuer: Issuer;
  let world: World;
  const start = async (runs = 1) => (world = await startWorld((await open()).db, issuer, { runs }));
  beforeEach(async () => {
    issuer = await startIssuer();
  });
  afterEach(() => issuer.close());

  /** All wait for one answer of GitHub, so that they come to the first step that writes in one go. */
  async function atOnce(jobs: readonly Readonly<Record<string, unknown>>[], exchange = world.exchange) {
    await world.exchange.refreshIndex();
    const tokens = await Promise.all(jobs.map((over) => issuer.token(over)));
    return Promise.all(tokens.map((token) => exchange.token(form(token), meta)));
  }
  const runs = (count: number) => Array.from({ length: count }, (_, i) => ({ run_id: String(1000 + i) }));
  const uses = () => world.db.selectFrom("grant_use").select("run_id").execute();
  const issued = () => world.github.entries().filter((entry) => entry.type === "issued");

  test("many take few statements, and each gets its own credentials and its own entry", async () => {
    await start();
    let begun = 0;
    const db = world.db.withPlugin({
      transformQuery: ({ node }) => {
        if (JSON.stringify(node).includes("insert into exchange")) begun++;
        return node;
      },
      transformResult: async ({ result }) => result,
    });
    const answers = await atOnce(
      Array.from({ length: 40 }, () => ({})),
      world.restart({ db }),
    );
    expect(new Set(answers.map(codeOf))).toEqual(new Set(["released"]));
    expect(new Set(answers.map(({ body }) => body["access_token"])).size).toBe(40);
    expect(new Set(issued().map((entry) => (entry.type === "issued" ? entry.exchange : ""))).size).toBe(40);
    expect(begun).toBeGreaterThan(0);
    expect(begun).toBeLessThan(20);
  });

  test("C57 two run attempts that come together for the last use: one gets it", async () => {
    await start(1);
    const codes = (await atOnce(runs(2))).map(codeOf);
    expect(new Set(codes)).toEqual(new Set(["released", "runs_exhausted"]));
    expect(await uses()).toHaveLength(1);
  });

  test("C57 of twelve run attempts for five uses five get one, on two replicas too", async () => {
    await start(5);
    const other = world.restart();
    const jobs = runs(12);
    const answers = (await Promise.all([atOnce(jobs.slice(0, 6)), atOnce(jobs.slice(6), other)])).flat();
    expect(answers.map(codeOf).filter((code) => code === "released")).toHaveLength(5);
    expect(answers.map(codeOf).filter((code) => code === "runs_exhausted")).toHaveLength(7);
    expect(await uses()).toHaveLength(5);
  });

  test("C37 one token many times among others is released once", async () => {
    await start(3);
    const token = await issuer.token({ run_id: "1000" });
    const others = [await issuer.token({ run_id: "1001" }), await issuer.token({ run_id: "1002" })];
    const answers = await Promise.all(
      [token, others[0], token, token, others[1], token].map((one) => world.exchange.token(form(one ?? ""), meta)),
    );
    const codes = answers.map(codeOf);
    expect(codes.filter((code) => code === "released")).toHaveLength(3);
    expect(codes.filter((code) => code === "token_replayed")).toHaveLength(3);
    expect([codes[1], codes[4]]).toEqual(["released", "released"]);
  });

  test("C37 one that is refused among others leaves nothing behind: its token is good once more", async () => {
    await start(1);
    const tokens = await Promise.all(runs(2).map((over) => issuer.token(over)));
    const first = await Promise.all(tokens.map((token) => world.exchange.token(form(token), meta)));
    const refused = tokens[first.findIndex((answer) => codeOf(answer) === "runs_exhausted")] ?? "";
    expect(await states(world.db)).toEqual(["released"]);
    expect(await world.db.selectFrom("seen_token").select("jti").execute()).toHaveLength(1);
    await world.db.updateTable("grant").set({ runs: 2 }).execute();
    expect(codeOf(await world.restart().token(form(refused), meta))).toBe("released");
    expect(codeOf(await world.exchange.token(form(refused), meta))).toBe("token_replayed");
  });

  test("one whose values the database does not take fails alone", async () => {
    await start(3);
    const jobs: Readonly<Record<string, unknown>>[] = [...runs(2), { run_id: "1002", jti: "a\u0000b" }];
    const answers = await atOnce(jobs);
    expect(answers.map(codeOf)).toEqual(["released", "released", "temporarily_unavailable"]);
    expect(await states(world.db)).toEqual(["released", "released"]);
    expect(await uses()).toHaveLength(2);
  });

  test("one whose entry no reader would accept fails alone, and leaves no entry", async () => {
    await start(3);
    const { cloud } = world;
    const broker: Broker = {
      kind: "aws",
      mint: async (input) => {
        const minted = await cloud.mint(input);
        return Number(input.context.runId) === 1001 ? { ...minted, identifiers: { session: "\ud800" } } : minted;
      },
    };
    const answers = await atOnce(runs(3), world.restart({ brokers: new Map([["aws", broker]]) }));
    expect(answers.map(codeOf)).toEqual(["released", "temporarily_unavailable", "released"]);
    expect((await states(world.db)).toSorted()).toEqual(["dropped", "released", "released"]);
    expect(issued()).toHaveLength(2);
  });

  test("nothing of one exchange reaches another: credentials, use, entry, correlation id and refusal are each its own", async () => {
    await start();
    await world.db.updateTable("grant").set({ runs: 30 }).execute();
    // Says whose it is; one in seven is refused, each in words of its own.
    const nameOf = (run: unknown, attempt: unknown) => `${String(run)}-${String(attempt)}`;
    const broker: Broker = {
      kind: "aws",
      mint: async (input) => {
        const { runId, runAttempt, exchange } = input.context;
        const mine = nameOf(runId, runAttempt);
        if (Number(runId) % 7 === 0) throw new CloudError("cloud_denied", `No role for ${mine}.`);
        const minted = await world.cloud.mint(input);
        const identifiers = { session: Number(runId) % 7 === 1 ? "\ud800" : mine, exchange };
        return { ...minted, response: { ...minted.response, access_token: mine }, identifiers };
      },
    };
    const brokers = new Map([["aws", broker]] as const);
    const replicas = [world.restart({ brokers }), world.restart({ brokers })];
    const jobs = Array.from({ length: 60 }, (_, i) => ({
      run_id: String(1000 + (i % 40)),
      run_attempt: String(i < 40 ? 1 : 2),
      ...(i % 11 === 3 && { jti: `a\u0000${i}` }),
    }));
    const tokens = await Promise.all(jobs.map((job) => issuer.token(job)));
    const answers = await Promise.all(
      tokens.map(async (token, i) => replicas[i % 2]?.token(form(token), { correlationId: `id-${i}`, remote: "r" })),
    );
    const rows = await world.db
      .selectFrom("exchange as x")
      .leftJoin("ledger_entry as e", "e.id", "x.entry_id")
      .select(["x.id", "x.run_id", "x.run_attempt", "x.correlation_id", "x.state", "e.body"])
      .execute();
    for (const [i, job] of jobs.entries()) {
      const answer = answers[i];
      const mine = nameOf(job.run_id, job.run_attempt);
      const row = rows.find(({ correlation_id }) => correlation_id === `id-${i}`);
      const code = answer && codeOf(answer);
      if (row) expect(nameOf(row.run_id, row.run_attempt)).toBe(mine);
      if (code !== "released") {
        expect(answer?.body["correlation_id"]).toBe(`id-${i}`);
        if (code === "cloud_refused") expect(answer?.body["error_description"]).toContain(`No role for ${mine}.`);
        else if (code !== "runs_exhausted") {
          expect(code).toBe("temporarily_unavailable");
          expect(Number(job.run_id) % 7 === 1 || "jti" in job).toBe(true);
        }
        expect(row?.state ?? "none").toMatch(/^(none|dropped)$/);
        continue;
      }
      expect(answer?.body["access_token"]).toBe(mine);
      expect(row?.state).toBe("released");
      expect(JSON.parse(row?.body ?? "{}")).toMatchObject({
        exchange: row?.id,
        identifiers: { session: mine, exchange: row?.id },
        job: { run_id: Number(job.run_id), run_attempt: Number(job.run_attempt) },
      });
    }
    expect(answers.filter((answer) => answer && codeOf(answer) === "released").length).toBeGreaterThan(10);
    expect(await uses()).toHaveLength(30);
  });

  test("C59 a revocation between the steps ends its own grant's exchanges, and not those beside them", async () => {
    await start(3);
    const name = "requests/aws-prod/other.yml";
    const other = await insertGrant(world.db, world.github, { name, runs: 3 });
    const all = Promise.withResolvers<void>();
    let here = 0;
    const recorder: Pick<Recorder, "append" | "caughtUp" | "flush"> = {
      append: (...args) => world.recorder.append(...args),
      caughtUp: (repo) => world.recorder.caughtUp(repo),
      flush: async (repo) => {
        if (++here === 4) all.resolve();
        await all.promise;
        await world.recorder.flush(repo);
        await world.db
          .updateTable("grant")
          .set({ state: "revoked", ended_at: now })
          .where("id", "=", other)
          .where("state", "=", "active")
          .execute();
      },
    };
    // The double of GitHub has one file for every path: the second grant's is another.
    const files = async (_repo: unknown, _commit: unknown, [path]: readonly string[]) => [
      { ...world.github.request, path: path ?? "", oid: path === name ? otherBlob : world.github.request.oid },
    ];
    const otherBlob = (
      await world.db.selectFrom("grant").select("blob").where("id", "=", other).executeTakeFirstOrThrow()
    ).blob as typeof world.github.request.oid;
    const github = Object.assign(Object.create(world.github) as typeof world.github, { files });
    const exchange = world.restart({ recorder, github });
    const paths = [world.github.request.path, name, world.github.request.path, name];
    const tokens = await Promise.all(paths.map((_, i) => issuer.token({ run_id: String(1000 + i) })));
    const answers = await Promise.all(
      tokens.map((token, i) => exchange.token(form(token, { request: paths[i] ?? "" }), meta)),
    );
    expect(answers.map(codeOf)).toEqual(["released", "grant_revoked", "released", "grant_revoked"]);
    expect((await states(world.db)).toSorted()).toEqual(["dropped", "dropped", "released", "released"]);
  });

  test("C59 what is kept of a grant is never what may change: state, window, uses, dispatch", async () => {
    await start(2);
    expect(codeOf(await ask(world))).toBe("released");
    const change = async (values: Parameters<typeof set>[0]) => {
      await set(values);
      return codeOf(await ask(world, { run_id: "901" }));
    };
    const set = (values: {
      state?: "active" | "revoked";
      ended_at?: Date | null;
      not_before?: Date;
      expires_at?: Date;
    }) => world.db.updateTable("grant").set(values).execute();
    const at = (minutes: number) => new Date(now.getTime() + minutes * 60_000);
    expect(await change({ state: "revoked", ended_at: now })).toBe("grant_revoked");
    expect(await change({ state: "active", ended_at: null, expires_at: at(-1) })).toBe("grant_expired");
    expect(await change({ not_before: at(1), expires_at: at(30) })).toBe("grant_not_started");
    await set({ not_before: at(-30) });
    const use = { run_id: "777", run_attempt: 1, first_at: now, grant_id: world.grant };
    await world.db.insertInto("grant_use").values(use).execute();
    expect(codeOf(await ask(world, { run_id: "901" }))).toBe("runs_exhausted");
    expect(codeOf(await ask(world))).toBe("released");
    // Another plan under the same id, which nothing of ours writes, is not the one that was kept.
    const { plan } = await world.db.selectFrom("grant").select("plan").executeTakeFirstOrThrow();
    const staging = plan.replace("production", "staging");
    const values = { plan: staging, plan_hash: sha256(staging) };
    await world.db.updateTable("grant").set(values).execute();
    expect(codeOf(await ask(world))).toBe("environment_mismatch");
  });
});
