import { expect, test } from "vitest";
import { ledgerKey, parseEntry, verifyChain } from "../../src/ledger/index.ts";
import { ledgersByKey } from "../../src/recorder/index.ts";
import type { Db } from "../../src/store/index.ts";
import { describeStores } from "../helpers/stores.ts";
import { keyWorld } from "../issuer/world.ts";
import { access, enrol, enrolment, entry, FakeLedger, genesis, recorderOn } from "./world.ts";

describeStores("recorder: rotation of the ledger key", (open) => {
  /** Two replicas with the server's real keys, on one database and one branch; `b` has read the keys once, at its start. */
  const start = async () => {
    const [store, other] = [await open(), await open()];
    const world = keyWorld();
    const github = new FakeLedger();
    const [keysA, keysB] = [await world.start(store), await world.start(other)];
    const [a, b] = [recorderOn(store.db, github, keysA), recorderOn(other.db, github, keysB)];
    await enrol(store.db);
    await a.openLedger(access, genesis(keysA));
    const first = keysA.ledger;
    const soon = world.clock.now();
    const write = async (recorder: typeof a, n: number) => {
      await recorder.append(store.db, access.id, [entry(n)], soon);
      await recorder.flush(access);
    };
    const rotate = async () => {
      const { kid } = await world.admin(store).rotateLedger();
      return kid;
    };
    const signers = () => github.batches().map((batch) => batch.header.kid);
    const trust = { repositoryId: access.id, trustedKeys: new Map([[first.kid, ledgerKey(first.publicKey).key]]) };
    const check = () => verifyChain(github.batches(), trust).ok;
    return { db: store.db, github, a, b, keysA, keysB, first: first.kid, rotate, write, signers, check };
  };
  const waiting = (db: Db) =>
    db.selectFrom("ledger_entry").select(["id", "body"]).where("batch_id", "is", null).execute();

  test("the old key signs the entry that hands over, the new one everything after it, and a reader follows", async () => {
    const { db, a, first, rotate, write, signers, check, github } = await start();
    const next = await rotate();
    expect(await ledgersByKey(db)).toEqual(new Map([[first, ["acme/access"]]]));
    expect(await a.handOver()).toEqual([access]);
    expect(await a.handOver()).toEqual([]);
    await write(a, 1);
    expect(signers()).toEqual([first, first, next]);
    expect(github.entries().map(({ type }) => type)).toEqual(["genesis", "key_rotated", "refused"]);
    expect(check()).toBe(true);
    expect(await ledgersByKey(db)).toEqual(new Map([[next, ["acme/access"]]]));
    expect(await a.handOver()).toEqual([]);
  });

  test("the sweep alone hands over and writes it", async () => {
    const { a, rotate, first, signers, github } = await start();
    await rotate();
    await a.flushDue();
    expect(github.entries().map(({ type }) => type)).toEqual(["genesis", "key_rotated"]);
    expect(signers()).toEqual([first, first]);
  });

  test("a replica that has not read of the new key writes with it, and calls no batch of it foreign", async () => {
    const { db, a, b, keysB, rotate, write, check, signers, first } = await start();
    const next = await rotate();
    await a.handOver();
    await write(a, 1);
    expect(keysB.ledgerSigner(next)).toBeUndefined();
    await write(b, 2);
    expect(signers()).toEqual([first, first, next, next]);
    expect(check()).toBe(true);
    expect((await enrolment(db)).state).toBe("active");
  });

  test("batches of a key that only another replica knows are imported, not called foreign", async () => {
    const { db, a, b, keysB, rotate, write, github } = await start();
    const next = await rotate();
    await a.handOver();
    await write(a, 1);
    await write(a, 2);
    // A restored backup: the rotation is in, the last batch is not.
    const batches = github.batches();
    await db
      .deleteFrom("ledger_entry")
      .where("batch_id", "=", batches.at(-1)?.header.batch ?? "")
      .execute();
    await db
      .deleteFrom("ledger_batch")
      .where("id", "=", batches.at(-1)?.header.batch ?? "")
      .execute();
    const [before, commit] = [batches.at(-2), github.commits.at(-2)];
    await db
      .updateTable("enrolment")
      .set({ ledger_sequence: 3, ledger_sha256: before?.sha256 ?? null, ledger_commit: commit?.sha ?? null })
      .execute();
    expect(keysB.ledgerKeyOf(next)).toBeUndefined();
    await b.catchUp(access);
    expect(await enrolment(db)).toMatchObject({ state: "active", ledger_sequence: 4 });
  });

  test("a second rotation waits for the first to be written, and no ledger goes back to an older key", async () => {
    const { a, b, rotate, write, signers, check, first } = await start();
    const second = await rotate();
    await a.handOver();
    const third = await rotate();
    expect(await b.handOver()).toEqual([]);
    await write(a, 1);
    expect(await b.handOver()).toEqual([access]);
    await write(b, 2);
    expect(await a.handOver()).toEqual([]);
    expect(signers()).toEqual([first, first, second, second, third]);
    expect(check()).toBe(true);
  });

  test("C52 a rotation that waits is dropped where the ledger has meanwhile another key", async () => {
    const { db, a, rotate, write, check, github } = await start();
    await rotate();
    await a.handOver();
    // As a restored backup has it: written under a key that the branch has already left.
    const [row] = await waiting(db);
    const rotation = parseEntry(row?.body ?? "");
    await db
      .updateTable("ledger_entry")
      .set({ body: (row?.body ?? "").replace(/"old_kid":"[^"]+"/, `"old_kid":"${"x".repeat(43)}"`) })
      .where("id", "=", rotation.id)
      .execute();
    await write(a, 1);
    expect(github.entries().map(({ type }) => type)).toEqual(["genesis", "refused"]);
    expect(await a.handOver()).toEqual([access]);
    await write(a, 2);
    expect(check()).toBe(true);
    expect((await enrolment(db)).state).toBe("active");
  });

  test("a ledger that is stopped is left alone", async () => {
    const { db, a, rotate } = await start();
    await db.updateTable("enrolment").set({ state: "stopped" }).execute();
    await rotate();
    expect(await a.handOver()).toEqual([]);
    expect(await waiting(db)).toEqual([]);
  });
});
