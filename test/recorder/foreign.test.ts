import { expect, test } from "vitest";
import type { Digest } from "../../src/base/ids.ts";
import { repositoryId } from "../../src/base/ids.ts";
import { describeStores } from "../helpers/stores.ts";
import {
  access,
  clock,
  enrol,
  enrolment,
  entry,
  FakeLedger,
  forge,
  genesis,
  ledgerKeys,
  recorderOn,
  sha,
  startRecorded,
} from "./world.ts";

const soon = clock.now();

describeStores("recorder: what is on the branch", (open) => {
  const start = async () => startRecorded((await open()).db);
  type World = Awaited<ReturnType<typeof start>>;

  const foreign: Record<string, (world: World) => Promise<void> | void> = {
    "an unsigned file": ({ github }) => void github.push([{ path: "README.md", text: "hello\n" }]),
    "a batch by a stranger's key": async ({ github, last }) =>
      void github.push([await forge(ledgerKeys(), last, [entry()])]),
    "a batch with another's signature": async ({ github, last, keys }) => {
      const stranger = ledgerKeys();
      const file = await forge({ ...stranger, ledger: { ...stranger.ledger, kid: keys.ledger.kid } }, last, [entry()]);
      github.push([file]);
    },
    "a replayed batch": ({ github }) => {
      const text = github.commits[1]?.added[0]?.text;
      github.push([{ path: github.commits[1]?.added[0]?.path ?? "", text }]);
    },
    "a gap": async ({ github, keys, last }) =>
      void github.push([await forge(keys, { ...last, sequence: last.sequence + 1 }, [entry()])]),
    "another previous batch": async ({ github, keys, last }) =>
      void github.push([await forge(keys, { ...last, sha256: `sha256:${"b".repeat(64)}` as Digest }, [entry()])]),
    "a batch of another repository": async ({ github, keys, last }) =>
      void github.push([await forge(keys, last, [entry()], repositoryId(101))]),
    "a second file beside a valid batch": async ({ github, keys, last }) =>
      void github.push([await forge(keys, last, [entry()]), { path: "x", text: "x" }]),
    "a valid batch at another path": async ({ github, keys, last }) =>
      void github.push([{ ...(await forge(keys, last, [entry()])), path: "ledger/x.jsonl" }]),
    "an executable batch": async ({ github, keys, last }) =>
      void github.push([{ ...(await forge(keys, last, [entry()])), mode: 0o100755 }]),
    "a symlink": ({ github }) => void github.push([{ path: "ledger/x", text: "/etc/passwd", mode: 0o120000 }]),
    "a removal": ({ github }) => void github.push([], { onlyAdds: false }),
    "a merge": async ({ github, keys, last }) =>
      void github.push([await forge(keys, last, [entry()])], { parents: [sha(3), sha(99)] }),
    "a valid batch on another parent": async ({ github, keys, last }) =>
      void github.push([await forge(keys, last, [entry()])], { parents: [sha(99)] }),
    "a branch that was cut off": ({ github }) => void github.commits.pop(),
    "a branch that is gone": ({ github }) => void github.commits.splice(0),
    "a rewritten branch": async ({ github, keys }) => {
      github.commits.splice(0);
      github.push([await forge(keys, { sequence: 0, sha256: null }, [genesis(keys)])]);
      github.push([await forge(keys, { sequence: 0, sha256: null }, [genesis(keys)])]);
    },
  };
  for (const [name, push] of Object.entries(foreign)) {
    test(`C52 ${name} stops issuing and is never read as fact`, async () => {
      const world = await start();
      await push(world);
      await expect(world.recorder.catchUp(access)).rejects.toMatchObject({ code: "issuing_stopped" });
      const row = await enrolment(world.db);
      expect(row).toMatchObject({ state: "stopped", ledger_sequence: 2 });
      expect(row.state_reason).toMatch(/foreign commit [0-9a-f]{40} .+: .+|cut off: .+/);
      await world.recorder.append(world.db, access.id, [entry(2)], soon);
      await expect(world.recorder.flush(access)).rejects.toMatchObject({ code: "issuing_stopped" });
      const entries = await world.db.selectFrom("ledger_entry").select("id").execute();
      expect(entries).toHaveLength(3);
    });
  }

  test("C52 a foreign commit right under our own batch confirms nothing", async () => {
    const { db, github, recorder } = await start();
    await recorder.append(db, access.id, [entry(2)], soon);
    github.beforeWrite = () => void github.push([{ path: "x", text: "x" }]);
    await expect(recorder.flush(access)).rejects.toMatchObject({ code: "issuing_stopped" });
    expect(await enrolment(db)).toMatchObject({ state: "stopped", ledger_sequence: 2 });
    expect(await db.selectFrom("ledger_batch").select("id").where("state", "=", "fixed").execute()).toHaveLength(1);
  });

  test("an older tip that GitHub shows for a moment is no truncation", async () => {
    const { db, github, recorder } = await start();
    github.staleReads = 1;
    await recorder.catchUp(access);
    expect((await enrolment(db)).state).toBe("active");
  });

  /** Two batches more, and then the database as it was when the entry of the first was appended and nothing of it was sent. */
  async function startWentBack() {
    const world = await start();
    const { db, recorder } = world;
    const { ledger_sequence, ledger_commit, ledger_sha256 } = await enrolment(db);
    const waiting = entry(2);
    await recorder.append(db, access.id, [waiting], soon);
    await recorder.flush(access);
    await recorder.append(db, access.id, [entry(3)], soon);
    await recorder.flush(access);
    await db.updateTable("enrolment").set({ ledger_sequence, ledger_commit, ledger_sha256 }).execute();
    await db.updateTable("ledger_entry").set({ batch_id: null }).where("id", "=", waiting.id).execute();
    await db
      .deleteFrom("ledger_entry")
      .where("batch_id", "in", (b) => b.selectFrom("ledger_batch").select("id").where("sequence", ">", 2))
      .execute();
    await db.deleteFrom("ledger_batch").where("sequence", ">", 2).execute();
    return world;
  }

  test("C52 a database that went back under a running server imports what it lost before anything is written", async () => {
    const { db, github, recorder } = await startWentBack();
    await recorder.append(db, access.id, [entry(4)], soon);
    await recorder.flush(access);
    expect(await enrolment(db)).toMatchObject({ state: "active", ledger_sequence: 5 });
    expect(github.entries().flatMap((e) => (e.type === "refused" ? [e.count] : []))).toEqual([1, 2, 3, 4]);
    expect(await db.selectFrom("ledger_batch").select("id").where("state", "=", "fixed").execute()).toEqual([]);
  });

  test("C52 a branch that went back together with the database is known to be cut off while the server runs", async () => {
    const { db, github, recorder } = await startWentBack();
    github.commits.splice(2);
    await recorder.append(db, access.id, [entry(4)], soon);
    await expect(recorder.flush(access)).rejects.toThrow("ends with batch 2, batch 4 was confirmed");
    expect(await enrolment(db)).toMatchObject({ state: "stopped", ledger_sequence: 2 });
    expect(github.commits).toHaveLength(2);
  });

  test("C52 a restored backup imports what it lacks, without an alarm, and records nothing twice", async () => {
    const { db, github, keys } = await startWentBack();

    const imported: string[] = [];
    const restored = recorderOn(db, github, keys, {
      onImport: async (_trx, _id, entries) => void imported.push(...entries.map((e) => e.id)),
    });
    await restored.append(db, access.id, [entry(4)], soon);
    await restored.flush(access);
    expect(imported).toHaveLength(2);
    expect(await enrolment(db)).toMatchObject({ state: "active", ledger_sequence: 5 });
    expect(github.entries().flatMap((e) => (e.type === "refused" ? [e.count] : []))).toEqual([1, 2, 3, 4]);
  });

  test("C52 a backup with a batch that was fixed for a place already taken gives its entries to the next one", async () => {
    const { db, github, keys, recorder, last } = await start();
    await recorder.append(db, access.id, [entry(2)], soon);
    github.failWrites = 1;
    await expect(recorder.flush(access)).rejects.toMatchObject({ code: "github_unreachable" });
    github.push([await forge(keys, last, [entry(9)])]);
    await recorderOn(db, github, keys).flush(access);
    expect(github.entries().flatMap((e) => (e.type === "refused" ? [e.count] : []))).toEqual([1, 9, 2]);
    expect(await enrolment(db)).toMatchObject({ state: "active", ledger_sequence: 4 });
  });

  test("C70 a lost database with keys held reads the whole branch again", async () => {
    const { github, keys, db } = await start();
    await db.deleteFrom("ledger_entry").execute();
    await db.deleteFrom("ledger_batch").execute();
    await db.deleteFrom("enrolment").execute();
    await enrol(db, "pending");
    await recorderOn(db, github, keys).openLedger(access, genesis(keys));
    expect(await enrolment(db)).toMatchObject({ ledger_sequence: 2, ledger_commit: github.commits[1]?.sha });
    expect(await db.selectFrom("ledger_entry").select("type").orderBy("position").execute()).toEqual([
      { type: "genesis" },
      { type: "refused" },
    ]);
  });

  test("C70 a forged genesis is not believed, whatever key it names itself", async () => {
    const { db } = await open();
    const [github, keys, stranger] = [new FakeLedger(), ledgerKeys(), ledgerKeys()];
    await enrol(db, "pending");
    github.push([await forge(stranger, { sequence: 0, sha256: null }, [genesis(stranger)])]);
    const recorder = recorderOn(db, github, keys);
    await expect(recorder.openLedger(access, genesis(keys))).rejects.toMatchObject({ code: "ledger_refused" });
    const row = await enrolment(db);
    expect(row).toMatchObject({ state: "pending", ledger_sequence: 0 });
    expect(row.state_reason).toContain(stranger.ledger.kid);
    expect(await db.selectFrom("ledger_batch").select("id").execute()).toEqual([]);
    await expect(recorder.flush(access)).resolves.toBeUndefined();
    expect(github.commits).toHaveLength(1);
  });
});
