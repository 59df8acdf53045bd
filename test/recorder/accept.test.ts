import { expect, test } from "vitest";
import type { LedgerAcceptedEntry } from "../../src/ledger/index.ts";
import { describeStores } from "../helpers/stores.ts";
import {
  access,
  clock,
  enrol,
  enrolment,
  entry,
  type FakeLedger,
  forge,
  genesis,
  ledgerKeys,
  recorderOn,
  sha,
  startRecorded,
} from "./world.ts";

const soon = clock.now();

describeStores("recorder: an operator accepts the branch as it stands", (open) => {
  const start = async () => startRecorded((await open()).db);
  const accepted = (github: FakeLedger) =>
    github.commits
      .flatMap((c) => c.added.map((f) => f.text ?? ""))
      .flatMap((text) => text.split("\n"))
      .filter((line) => line.includes('"ledger_accepted"'))
      .map((line) => JSON.parse(line) as LedgerAcceptedEntry);

  test("C52 foreign commits stay foreign; the chain goes on from our last batch, on top of them, and says so", async () => {
    const { db, github, keys, recorder, last, commit } = await start();
    github.push([{ path: "README.md", text: "hello\n" }]);
    const stranger = github.push([await forge(ledgerKeys(), last, [entry(99)])]);
    await expect(recorder.catchUp(access)).rejects.toMatchObject({ code: "issuing_stopped" });

    const answer = await recorder.accept(access, "A test push by carol");
    expect(answer).toEqual({ after: commit, tip: stranger.sha, foreign: 2 });
    expect(await enrolment(db)).toMatchObject({ state: "active", state_reason: null, ledger_sequence: 2 });
    await recorder.append(db, access.id, [entry(2)], soon);
    await recorder.flush(access);
    expect(github.commits.at(-1)?.parents).toEqual([stranger.sha]);
    expect(await enrolment(db)).toMatchObject({ state: "active", ledger_sequence: 3 });
    expect(accepted(github)).toMatchObject([{ reason: "A test push by carol", ...answer }]);
    // Nothing of what they brought is in the database.
    const bodies = await db.selectFrom("ledger_entry").select("body").execute();
    expect(bodies.filter(({ body }) => body.includes('"count":99'))).toEqual([]);

    // A lost database is rebuilt from the branch without asking again.
    const { db: fresh } = await open();
    await fresh.deleteFrom("ledger_entry").execute();
    await fresh.deleteFrom("ledger_batch").execute();
    await fresh.deleteFrom("enrolment").execute();
    await enrol(fresh, "pending");
    const again = recorderOn(fresh, github, keys);
    await again.openLedger(access, genesis(keys));
    expect(await enrolment(fresh)).toMatchObject({ ledger_sequence: 3, ledger_commit: github.commits.at(-1)?.sha });
  });

  test("a batch of ours that landed on top of a foreign commit is confirmed, and none is sent twice", async () => {
    const { db, github, recorder } = await start();
    await recorder.append(db, access.id, [entry(2)], soon);
    github.beforeWrite = () => {
      github.beforeWrite = undefined;
      github.push([{ path: "x", text: "x" }]);
    };
    await expect(recorder.flush(access)).rejects.toMatchObject({ code: "issuing_stopped" });
    expect(await recorder.accept(access, "why")).toMatchObject({ foreign: 1 });
    expect(await db.selectFrom("ledger_batch").select("id").where("state", "=", "fixed").execute()).toEqual([]);
    expect(await enrolment(db)).toMatchObject({ state: "active", ledger_sequence: 3 });
    await recorder.flush(access);
    expect(await enrolment(db)).toMatchObject({ state: "active", ledger_sequence: 4 });
  });

  test("C52 what comes after the accepted tip stops again", async () => {
    const { db, github, recorder } = await start();
    github.push([{ path: "x", text: "x" }]);
    await expect(recorder.catchUp(access)).rejects.toMatchObject({ code: "issuing_stopped" });
    await recorder.accept(access, "why");
    await recorder.flush(access);
    github.push([{ path: "y", text: "y" }]);
    await expect(recorder.catchUp(access)).rejects.toMatchObject({ code: "issuing_stopped" });
    expect((await enrolment(db)).state).toBe("stopped");
  });

  test("C52 an acceptance that a stranger signs accepts nothing, nor does one of ours of commits that come after it", async () => {
    const { db, github, keys, recorder, last } = await start();
    const foreign = github.push([{ path: "x", text: "x" }]);
    const claim = (tip: string): LedgerAcceptedEntry => ({
      v: 1,
      id: crypto.randomUUID(),
      at: "2026-11-23T09:00:00Z",
      type: "ledger_accepted",
      reason: "trust me",
      after: sha(3),
      tip,
      foreign: 1,
    });
    github.push([await forge(ledgerKeys(), last, [claim(foreign.sha)])]);
    await expect(recorder.catchUp(access)).rejects.toMatchObject({ code: "issuing_stopped" });
    expect((await enrolment(db)).ledger_sequence).toBe(2);
    // Signed by us, but about a range that does not end before it.
    github.commits.splice(2);
    github.push([{ path: "x", text: "x" }]);
    github.push([await forge(keys, last, [claim(sha(0))])]);
    await db.updateTable("enrolment").set({ state: "active" }).execute();
    await expect(recorder.catchUp(access)).rejects.toMatchObject({ code: "issuing_stopped" });
  });

  test.each<[string, (w: Awaited<ReturnType<typeof start>>) => void]>([
    ["cut off", ({ github }) => void github.commits.pop()],
    ["gone", ({ github }) => void github.commits.splice(0)],
  ])("C52 a branch that is %s cannot be accepted: what we recorded has to be put back", async (_, cut) => {
    const world = await start();
    cut(world);
    await expect(world.recorder.catchUp(access)).rejects.toMatchObject({ code: "issuing_stopped" });
    const error = await world.recorder.accept(access, "why").catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "ledger_cut_off" });
    expect(String(error)).toContain(`git push --force origin ${world.commit}:refs/heads/countersign-ledger`);
    expect((await enrolment(world.db)).state).toBe("stopped");
  });

  test("a branch that was put back is accepted with nothing foreign", async () => {
    const { db, github, recorder } = await start();
    const [gone] = github.commits.splice(1);
    await expect(recorder.catchUp(access)).rejects.toMatchObject({ code: "issuing_stopped" });
    if (gone) github.commits.push(gone);
    expect(await recorder.accept(access, "put back")).toMatchObject({ foreign: 0 });
    await recorder.flush(access);
    expect(await enrolment(db)).toMatchObject({ state: "active", ledger_sequence: 3 });
  });

  test("where nothing is stopped there is nothing to accept", async () => {
    const { db, recorder } = await start();
    await expect(recorder.accept(access, "why")).rejects.toMatchObject({ code: "nothing_to_accept" });
    await db.updateTable("enrolment").set({ state: "pending", ledger_commit: null }).execute();
    await expect(recorder.accept(access, "why")).rejects.toMatchObject({ code: "nothing_to_accept" });
  });
});
