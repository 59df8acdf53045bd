import { randomUUID } from "node:crypto";
import { beforeEach, expect, test } from "vitest";
import { userId } from "../../src/base/ids.ts";
import { askedDigest, findAsk, type NewAsk, storeAsk } from "../../src/exchange/ask-store.ts";
import type { AskDeps } from "../../src/exchange/index.ts";
import { importedEntries } from "../../src/exchange/index.ts";
import type { RequestedEntry } from "../../src/ledger/types.ts";
import { type Enrolment, readEnrolment } from "../../src/pull-request/index.ts";
import type { Db } from "../../src/store/index.ts";
import { describeStores } from "../helpers/stores.ts";
import { access, enrol, sha } from "../recorder/world.ts";
import { claims, hex, now } from "./fixtures.ts";

const alice = { id: userId(11), login: "alice", kind: "user" } as const;

describeStores("what jobs asked for", (open) => {
  let db: Db;
  let enrolment: Enrolment;
  const keys: string[] = [];
  const store = (over: Partial<NewAsk> = {}, claimed: Record<string, unknown> = {}) => {
    const text = over.text ?? "version: 1\n";
    const ask = { enrolment, target: "aws-prod", file: ".github/workflows/a.yml", title: "t", requester: alice };
    const asked = askedDigest(access.id, "aws-prod", text);
    const deps = {
      db,
      clock: { now: () => now },
      newId: randomUUID,
      enqueue: async (key: string) => void keys.push(key),
    };
    return storeAsk(deps as unknown as AskDeps, claims({ jti: randomUUID(), ...claimed }), {
      ...ask,
      triggeredBy: alice,
      text,
      asked,
      ...over,
    });
  };
  const rows = () => db.selectFrom("asked_request").selectAll().execute();
  beforeEach(async () => {
    db = (await open()).db;
    keys.length = 0;
    await enrol(db);
    await db.updateTable("enrolment").set({ state: "active" }).execute();
    const read = await readEnrolment(db, access.id);
    if (!read) throw new Error("not enrolled");
    enrolment = read;
  });

  test("the same of one run attempt is one row and one job of the queue, also at once", async () => {
    const ids = await Promise.all(Array.from({ length: 8 }, () => store()));
    expect(new Set(ids).size).toBe(1);
    expect(keys).toEqual([`ask:${ids[0]}`]);
    expect(await rows()).toMatchObject([
      {
        id: ids[0],
        state: "opening",
        path: expect.stringMatching(/^requests\/aws-prod\/2026-11\/job-900-1-[0-9a-f]{8}\.yml$/) as string,
      },
    ]);
    expect(await db.selectFrom("seen_token").selectAll().execute()).toHaveLength(8);
    const found = await findAsk({ db }, claims(), enrolment, askedDigest(access.id, "aws-prod", "version: 1\n"));
    expect(found).toBe(ids[0]);
  });

  test("another text, attempt or run is another row", async () => {
    await store();
    await store({ text: "version: 1 \n" });
    await store({}, { run_attempt: "2" });
    await store({}, { run_id: "901" });
    expect(await rows()).toHaveLength(4);
  });

  test("ten of one workflow may be open, counted under a lock; a refused one leaves nothing and takes no token", async () => {
    const results = await Promise.allSettled(Array.from({ length: 25 }, (_, i) => store({ text: `version: ${i}\n` })));
    const refused = results.filter((r) => r.status === "rejected");
    expect(refused).toHaveLength(15);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: "too_many_open" });
    expect(await rows()).toHaveLength(10);
    expect(keys).toHaveLength(10);
    expect(await db.selectFrom("seen_token").selectAll().execute()).toHaveLength(10);
    await store({ text: "another\n", file: ".github/workflows/b.yml" });
    await expect(store({ text: "more\n" })).rejects.toMatchObject({ code: "too_many_open" });
    const [first] = await rows();
    await db
      .updateTable("asked_request")
      .set({ state: "closed", commit_sha: sha(1), pull_request: 1 })
      .where("id", "=", first?.id ?? "")
      .execute();
    await store({ text: "more\n" });
    expect(await rows()).toHaveLength(12);
  });

  test("C37 one token asks once", async () => {
    const jti = randomUUID();
    await store({}, { jti });
    await expect(store({ text: "another\n" }, { jti })).rejects.toMatchObject({ code: "token_replayed" });
    expect(await rows()).toHaveLength(1);
  });

  test("nothing is stored for an access repo that is stopped meanwhile", async () => {
    await db.updateTable("enrolment").set({ state: "stopped" }).execute();
    await expect(store()).rejects.toMatchObject({ code: "not_ready" });
    expect(await rows()).toEqual([]);
  });

  test("C52 a restored database learns from the ledger who asked, and nothing else of a row that it has", async () => {
    const id = await store();
    const entry: RequestedEntry = {
      v: 1,
      id: randomUUID(),
      at: "2026-11-23T10:00:00Z",
      type: "requested",
      request: id,
      path: "requests/aws-prod/2026-11/job-900-1-0d3c5a11.yml",
      pull_request: 7,
      commit: sha(3),
      requested_by: { id: 11, login: "alice" },
      triggered_by: { id: 12, login: "bob" },
      asked_sha256: `sha256:${"a".repeat(64)}`,
      job: {
        repository: "acme/infra",
        repository_id: 74,
        file: ".github/workflows/a.yml",
        run_id: 900,
        run_attempt: 1,
        actor_id: 11,
        sha: hex("a"),
        jti_sha256: `sha256:${"b".repeat(64)}`,
      },
    };
    const other = {
      ...entry,
      request: randomUUID(),
      pull_request: 8,
      path: "requests/aws-prod/x.yml",
      asked_sha256: `sha256:${"c".repeat(64)}`,
    };
    const bring = (entries: readonly RequestedEntry[]) =>
      db.transaction().execute((trx) => importedEntries("https://issuer")(trx, access.id, entries));
    await bring([entry, other]);
    const known = { state: "open", commit_sha: sha(3), requester_login: "alice", triggered_by_id: "12", body: null };
    expect(await db.selectFrom("asked_request").selectAll().orderBy("pull_request").execute()).toMatchObject([
      { id, pull_request: 7, ...known },
      { id: other.request, pull_request: 8, ...known },
    ]);
    await db.updateTable("asked_request").set({ state: "closed" }).execute();
    await bring([
      { ...entry, requested_by: { id: 12, login: "bob" } },
      { ...entry, request: randomUUID(), pull_request: 9, path: "requests/aws-prod/y.yml" },
    ]);
    expect(
      await db.selectFrom("asked_request").select(["state", "requester_login"]).where("id", "=", id).execute(),
    ).toEqual([{ state: "closed", requester_login: "alice" }]);
  });
});
