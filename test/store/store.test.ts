import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { migrate, openStore } from "../../src/store/index.ts";
import { describeStores } from "../helpers/stores.ts";

const now = new Date("2026-11-23T09:00:00Z");

describeStores("the store", (open, kind) => {
  it("answers, and says which kind it is", async () => {
    const store = await open();
    await store.ping();
    expect(store.kind).toBe(kind);
  });

  it("outlives the loss of a connection in the middle of a transaction, and says so to its next statement", async () => {
    if (kind !== "postgres") return;
    const { db } = await open();
    const lost = db.transaction().execute(async (transaction) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(transaction);
      await sql`select pg_terminate_backend(${rows[0]?.pid})`.execute(db);
      await new Promise((resolve) => setTimeout(resolve, 200));
      await sql`select 1`.execute(transaction);
    });
    await expect(lost).rejects.toThrow(/terminated|terminating|not queryable|closed/i);
    await sql`select 1`.execute(db);
  });

  it("migrates twice without harm, also at once", async () => {
    const [one, two] = [await open(), await open()];
    await Promise.all([migrate(one.db), migrate(two.db)]);
  });

  it("returns the types that the schema states on both kinds", async () => {
    const { db } = await open();
    await db
      .insertInto("ledger_entry")
      .values({
        id: "e",
        repository_id: 9_007_199_254_740_991,
        type: "granted",
        body: "{}",
        flush_by: now,
        batch_id: null,
      })
      .execute();
    const row = await db.selectFrom("ledger_entry").selectAll().executeTakeFirstOrThrow();
    expect(row).toMatchObject({ repository_id: "9007199254740991", position: "1", flush_by: now });
  });

  it("honours isolation levels, so that a serializable transaction is one", async () => {
    const { db } = await open();
    const level = await db
      .transaction()
      .setIsolationLevel("serializable")
      .execute((trx) => sql<{ v: string }>`select current_setting('transaction_isolation') as v`.execute(trx));
    expect(level.rows).toEqual([{ v: "serializable" }]);
  });

  it("starts each test with empty tables", async () => {
    const { db } = await open();
    expect(await db.selectFrom("ledger_entry").selectAll().execute()).toEqual([]);
  });

  it("C37: takes a token (iss, jti) once", async () => {
    const { db } = await open();
    const token = { iss: "https://token.actions.githubusercontent.com", jti: "j", until: now };
    await db.insertInto("seen_token").values(token).execute();
    await expect(db.insertInto("seen_token").values(token).execute()).rejects.toMatchObject({ code: "23505" });
    await db
      .insertInto("seen_token")
      .values({ ...token, iss: "https://another" })
      .execute();
  });

  it("refuses a state that does not exist, and an enrolment that is active without a policy", async () => {
    const { db } = await open();
    const insert = (state: string) =>
      sql`
      insert into enrolment (repository_id, owner_id, installation_id, full_name, default_branch, state, ledger_sequence, enrolled_at)
      values (1, 2, 3, 'acme/access', 'main', ${state}, 0, ${now})`.execute(db);
    await expect(insert("enrolled")).rejects.toMatchObject({ code: "23514" });
    await expect(insert("active")).rejects.toMatchObject({ constraint: "enrolment_active_has_policy" });
    await insert("pending");
  });

  it("C33: a request path of a repository is granted once, for ever", async () => {
    const { db } = await open();
    await insertGrant("a", "requests/t/x.yml", "active", null);
    await expect(insertGrant("b", "requests/t/x.yml", "active", null)).rejects.toMatchObject({
      constraint: "grant_path_once",
    });
    await expect(insertGrant("c", "requests/t/y.yml", "revoked", null)).rejects.toMatchObject({
      constraint: "grant_active_has_not_ended",
    });

    function insertGrant(id: string, path: string, state: "active" | "revoked", endedAt: Date | null) {
      const digest = `sha256:${"0".repeat(64)}`;
      const sha = "0".repeat(40);
      return db
        .insertInto("grant")
        .values({
          id,
          repository_id: 1,
          path,
          blob: sha,
          blob_sha256: digest,
          pull_request: 1,
          pull_request_id: 1,
          merge_commit: sha,
          decision_key: digest,
          policy_digest: digest,
          requester_id: 1,
          requester_login: "alice",
          target: "t",
          role: "r",
          plan_version: 1,
          plan: "{}",
          plan_hash: digest,
          workflow_repository_id: 1,
          not_before: now,
          expires_at: new Date(now.getTime() + 1000),
          runs: 1,
          state,
          state_reason: null,
          ended_at: endedAt,
          dispatch_id: null,
          created_at: now,
        })
        .execute();
    }
  });

  it("C58: has at most one batch whose fate is unknown, and one batch per sequence", async () => {
    const { db } = await open();
    const batch = (id: string, sequence: number, state: "fixed" | "confirmed") => ({
      id,
      repository_id: 1,
      sequence,
      path: `ledger/${id}.jsonl`,
      body: "",
      sha256: `sha256:${"0".repeat(64)}`,
      state,
      commit_sha: state === "confirmed" ? "0".repeat(40) : null,
      created_at: now,
    });
    await db
      .insertInto("ledger_batch")
      .values(batch("a", 1, "confirmed"))
      .execute();
    await db
      .insertInto("ledger_batch")
      .values(batch("b", 2, "fixed"))
      .execute();
    await expect(
      db
        .insertInto("ledger_batch")
        .values(batch("c", 3, "fixed"))
        .execute(),
    ).rejects.toMatchObject({
      constraint: "ledger_batch_one_fixed",
    });
    await expect(
      db
        .insertInto("ledger_batch")
        .values(batch("d", 1, "confirmed"))
        .execute(),
    ).rejects.toMatchObject({
      constraint: "ledger_batch_sequence_once",
    });
  });
});

describe("a store that cannot be opened", () => {
  it("C46: says so without the URL, its password or the host", async () => {
    const error = await openStore({ databaseUrl: "postgres://u:hunter2@127.0.0.1:1/x" }).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "store_unavailable" });
    expect(String(error)).not.toMatch(/hunter2|127\.0\.0\.1/);
  });
});
