import { sql } from "kysely";
import { beforeEach, expect, test, vi } from "vitest";
import { policyDigest } from "../../../src/access-repo/index.ts";
import { formatInstant } from "../../../src/base/duration.ts";
import type { RevokedEntry } from "../../../src/ledger/types.ts";
import { revokeRequest } from "../../../src/grant/comments/revoke.ts";
import { withoutRevoked } from "../../../src/grant/comments/without-revoked.ts";
import { cancelRevokedRun, runsToCancel } from "../../../src/grant/cancel-runs.ts";
import type { Judged } from "../../../src/grant/judge-requests.ts";
import { readEnrolment, revokedRequests } from "../../../src/pull-request/index.ts";
import { settingsText, treeFile } from "../../access-repo/examples.ts";
import { describeStores } from "../../helpers/stores.ts";
import { insertGrant, startWorld, type World } from "../../exchange/world.ts";
import type { Issuer } from "../../exchange/issuer.ts";
import { access } from "../../recorder/world.ts";
import { alice, bob, bot, Conversation, dave, mallory, number, path, server } from "./world.ts";

const noIssuer = { url: "https://issuer.example" } as Issuer;

describeStores("commands in comments", (open, kind) => {
  let world: World;
  let talk: Conversation;
  let one: ReturnType<typeof server>;
  beforeEach(async () => {
    world = await startWorld((await open()).db, noIssuer);
    const settings = treeFile(".github/countersign.yml", settingsText);
    talk = new Conversation({ ...world.github.policy, settings });
    await world.db
      .updateTable("enrolment")
      .set({ accepted_digest: policyDigest(talk.policy) })
      .execute();
    one = server(world.db, talk, world.recorder, world.time);
  });
  const grant = () => world.db.selectFrom("grant").selectAll().where("id", "=", world.grant).executeTakeFirstOrThrow();
  const revoked = async (): Promise<readonly RevokedEntry[]> => {
    const rows = await world.db.selectFrom("ledger_entry").select("body").where("type", "=", "revoked").execute();
    return rows.map((row) => JSON.parse(row.body) as RevokedEntry);
  };
  const later = (seconds: number) => (world.time.now = new Date(world.time.now.getTime() + seconds * 1000));
  const deleteGrant = () => world.db.deleteFrom("grant").execute();

  test("the requester's command ends the grant, is recorded with name and reason, and asks for what follows", async () => {
    talk.say(alice, "/countersign revoke the key leaked\r\nand more");
    await one.read();
    expect(await grant()).toMatchObject({ state: "revoked", state_reason: "command", ended_at: world.time.now });
    expect(await revoked()).toMatchObject([
      {
        how: "command",
        grant: world.grant,
        path,
        by: { id: 11, login: "alice" },
        reason: "the key leaked",
        commit: null,
        at: formatInstant(world.time.now),
      },
    ]);
    expect(one.enqueued).toContain(`flush:${access.id}`);
    expect(one.ended()).toBe(1);
    expect(talk.answers()).toHaveLength(1);
    expect(talk.answers()[0]).toContain("No credentials were issued under it.");
  });

  test("two replicas that see one comment at once revoke once and answer once", async () => {
    talk.say(alice, "/countersign revoke twice");
    const two = server(world.db, talk, world.recorder, world.time);
    await Promise.allSettled([one.read(), two.read(), one.read(), two.read()]);
    expect(await revoked()).toHaveLength(1);
    expect(talk.answers()).toHaveLength(1);
    later(60);
    await two.read();
    expect(await revoked()).toHaveLength(1);
    expect(talk.answers()).toHaveLength(1);
  });

  test("C58 an answer that was lost is found again, and not said twice", async () => {
    talk.say(alice, "/countersign revoke once");
    talk.loseAnswers = 1;
    await expect(one.read()).rejects.toMatchObject({ code: "github_unreachable" });
    expect((await grant()).state).toBe("revoked");
    await expect(one.read()).rejects.toMatchObject({ code: "answer_under_way" });
    later(16);
    await one.read();
    expect(talk.answers()).toHaveLength(1);
    // A stranger's copy of the marker is not ours.
    expect(await world.db.selectFrom("handled_comment").select("finished_at").execute()).toEqual([
      { finished_at: world.time.now },
    ]);
  });

  test("C58 a server that dies after the effect and before the answer: another one answers, and for the same effect", async () => {
    talk.say(alice, "/countersign revoke once");
    const dying = server(world.db, talk, world.recorder, world.time, {
      enqueue: async () => {
        throw new Error("dead");
      },
    });
    await expect(dying.read()).rejects.toThrow("dead");
    expect((await grant()).state).toBe("revoked");
    talk.comments = talk.comments.map((c) => ({ ...c, body: "never mind", edited: true }));
    await one.read();
    expect(talk.answers()).toHaveLength(1);
    expect(talk.answers()[0]).toContain("**Revoked**");
    expect(await revoked()).toHaveLength(1);
  });

  test.each([
    ["an owner with write", bob, "revoked"],
    ["a break-glass member, live", dave, "revoked"],
    ["somebody else", mallory, "active"],
    ["an app", { ...alice, kind: "bot" as const }, "active"],
    ["a deleted account", null, "active"],
    ["an account that has the requester's old name", { ...mallory, login: "alice" }, "active"],
  ])("%s: %s", async (_, author, state) => {
    talk.teams["acme/platform"] = ["bob", "mallory"];
    talk.say(author, "/countersign revoke because");
    await one.read();
    expect((await grant()).state).toBe(state);
  });

  test("C26 an owner who lost write may not revoke, and is told who may without anybody being called", async () => {
    talk.teams["acme/platform"] = ["bob"];
    talk.writers.delete("bob");
    talk.say(bob, "/countersign revoke because");
    await one.read();
    expect((await grant()).state).toBe("active");
    expect(talk.answers()[0]).toContain("alice");
    expect(talk.answers()[0]).not.toMatch(/@\w/);
  });

  test("an edited command is nobody's word; what was seen first stands after an edit", async () => {
    talk.say(alice, "/countersign revoke me", true);
    await one.read();
    expect((await grant()).state).toBe("active");
    expect(talk.answers()[0]).toContain("was edited");
  });

  test("with more requests than one the path is needed, and one that is none of them lists them", async () => {
    const other = "requests/aws-prod/2026-11/other.yml";
    talk.paths = [path, other];
    talk.say(alice, "/countersign revoke because");
    talk.say(alice, "/countersign revoke requests/aws-prod/2026-11/nonsense.yml because");
    await one.read();
    expect((await grant()).state).toBe("active");
    for (const answer of talk.answers()) expect(answer).toContain(`- \`${other}\``);
    talk.say(alice, `/countersign revoke ${other} because`);
    await one.read();
    expect((await grant()).state).toBe("active");
    expect(await revokedRequests(world.db, access.id, number)).toMatchObject([{ path: other, by: { login: "alice" } }]);
    talk.say(alice, `/countersign revoke \`${path}\` because`);
    await one.read();
    expect((await grant()).state).toBe("revoked");
  });

  test("C66 a flood of questions is answered a few times, hides no revocation, and delays none", async () => {
    for (let i = 0; i < 150; i++) talk.say(mallory, "/countersign help");
    talk.say(alice, "/countersign revoke in the middle of it");
    for (let i = 0; i < 100; i++) talk.say(mallory, "/countersign nonsense");
    // Not one answer can be written: the revocation takes effect all the same.
    const mute = server(world.db, talk, world.recorder, world.time);
    talk.createComment = async () => {
      throw new Error("no budget");
    };
    await expect(mute.read()).rejects.toThrow("no budget");
    expect((await grant()).state).toBe("revoked");
    Reflect.deleteProperty(talk, "createComment");
    later(60);
    await one.read();
    expect(talk.answers()).toHaveLength(7);
    expect(talk.answers().filter((text) => text.includes("**Revoked**"))).toHaveLength(1);
  });

  test("C66 a stranger's flood of revocations does not use up what GitHub lets us ask, and the requester's counts", async () => {
    const looked = vi.spyOn(talk, "snapshot");
    for (let i = 0; i < 250; i++) talk.say(mallory, "/countersign revoke mine");
    talk.say(alice, "/countersign revoke the bucket is needed");
    await one.read();
    expect((await grant()).state).toBe("revoked");
    expect(looked.mock.calls.length).toBeLessThan(35);
    later(3700);
    talk.say(mallory, "/countersign revoke mine");
    looked.mockClear();
    await one.read();
    expect(looked).toHaveBeenCalled();
  });

  test("C66 nobody is kept from being heard by commands that others put into what they once wrote", async () => {
    for (let i = 0; i < 50; i++) talk.say(alice, "/countersign revoke mine", true);
    await one.read();
    talk.say(alice, "/countersign revoke the bucket is needed");
    await one.read();
    expect((await grant()).state).toBe("revoked");
  });

  test("behind a thousand comments the rest is read in the next run, from where the last one ended", async () => {
    for (let i = 0; i < 1050; i++) talk.say(mallory, "chatter");
    talk.say(alice, "/countersign revoke at last");
    await one.read();
    expect((await grant()).state).toBe("active");
    expect(one.enqueued).toContain(`comments:${access.id}:${number}`);
    talk.pages = 0;
    await one.read();
    expect((await grant()).state).toBe("revoked");
    expect(talk.pages).toBe(1);
  });

  test("a comment that cannot be judged now keeps none behind it waiting, and is judged again", async () => {
    talk.failCalls = 1;
    talk.say(bob, "/countersign revoke as an owner");
    talk.say(mallory, "/countersign help");
    await expect(one.read()).rejects.toMatchObject({ code: "github_unreachable" });
    expect(talk.answers()).toHaveLength(1);
    talk.teams["acme/platform"] = ["bob"];
    await one.read();
    expect((await grant()).state).toBe("revoked");
  });

  test("what is open is withdrawn and closed; what was merged meanwhile is not closed, and never grants", async () => {
    await deleteGrant();
    talk.state = "open";
    talk.say(alice, "/countersign revoke wrong bucket");
    await one.read();
    expect(talk.state).toBe("closed");
    expect(await revokedRequests(world.db, access.id, number)).toMatchObject([{ path, reason: "wrong bucket" }]);
    expect(talk.answers()[0]).toContain("**Withdrawn**");
    talk.say(alice, "/countersign revoke again");
    await one.read();
    expect(talk.answers()[1]).toContain("over already");
    expect(await revoked()).toEqual([]);
  });

  const judged: Judged = {
    kind: "grant",
    request: { request: { path: { path } } },
    pullRequest: { number, id: 5000 },
  } as Judged;
  const enrolment = async () => {
    const found = await readEnrolment(world.db, access.id);
    if (!found) throw new Error("no enrolment");
    return found;
  };

  test("C59 revoked between the merge and the grant: it never grants", async () => {
    await deleteGrant();
    talk.say(alice, "/countersign revoke too early");
    await one.read();
    expect(talk.answers()[0]).toContain("was merged, and will not be granted");
    const { grants, revoked } = await withoutRevoked(world.db, await enrolment(), [judged]);
    expect(grants).toEqual([]);
    expect(revoked).toEqual([{ kind: "quarantine", path, code: "revoked" }]);
  });

  test("a name that was withdrawn in one pull request may be granted from another", async () => {
    await deleteGrant();
    talk.say(alice, "/countersign revoke");
    talk.say(alice, "/countersign revoke wrong one");
    await one.read();
    const other = { ...judged, pullRequest: { number: 8, id: 5001 } } as Judged;
    expect((await withoutRevoked(world.db, await enrolment(), [other])).grants).toEqual([other]);
  });

  test("C59 a revocation waits for a head that is being judged, and ends the grant that it wrote", async () => {
    // PGlite has one connection: there nothing can be under way at the same time.
    if (kind === "pglite") return;
    await deleteGrant();
    const locked = Promise.withResolvers<void>();
    const commit = Promise.withResolvers<void>();
    const head = world.db.transaction().execute(async (trx) => {
      await trx.updateTable("enrolment").set({ ledger_commit: null }).execute(); // as moveHead locks it
      locked.resolve();
      await commit.promise;
      expect((await withoutRevoked(trx, await enrolment(), [judged])).grants).toHaveLength(1);
      return insertGrant(trx, world.github);
    });
    await locked.promise;
    talk.say(alice, "/countersign revoke at the same time");
    const reading = one.read();
    for (;;) {
      const { rows } = await sql`select 1 from pg_locks where not granted`.execute(world.db);
      if (rows.length > 0) break;
    }
    commit.resolve();
    const id = await head;
    await reading;
    const row = await world.db.selectFrom("grant").select("state").where("id", "=", id).executeTakeFirstOrThrow();
    expect(row.state).toBe("revoked");
  });

  test("C59 a head waits for a revocation that is under way, and sees it", async () => {
    if (kind === "pglite") return;
    await deleteGrant();
    const held = Promise.withResolvers<void>();
    const commit = Promise.withResolvers<void>();
    const revoking = world.db.transaction().execute(async (trx) => {
      const what = { pullRequest: number, path, merged: true, by: alice, reason: "now" };
      await revokeRequest(one.deps, trx, await enrolment(), what);
      held.resolve();
      await commit.promise;
    });
    await held.promise;
    const head = world.db.transaction().execute(async (trx) => {
      await trx.updateTable("enrolment").set({ ledger_commit: null }).execute();
      return withoutRevoked(trx, await enrolment(), [judged]);
    });
    commit.resolve();
    await revoking;
    expect((await head).grants).toEqual([]);
  });

  const dispatched = async (...grants: string[]): Promise<void> => {
    await world.db
      .insertInto("dispatch")
      .values({
        id: "d",
        repository_id: access.id,
        workflow_repository_id: 74,
        workflow_repository: "acme/infra",
        file: ".github/workflows/x.yml",
        ref: "refs/heads/main",
        inputs: "{}",
        state: "bound",
        sent_at: world.time.now,
        run_id: 4711,
        reason: null,
        attempts: 1,
        created_at: world.time.now,
      })
      .execute();
    await world.db.updateTable("grant").set({ dispatch_id: "d" }).where("id", "in", grants).execute();
  };

  test("the run that is bound to a revoked grant is cancelled once, and the answer says so", async () => {
    await dispatched(world.grant);
    talk.say(alice, "/countersign revoke stop it");
    await one.read();
    expect(talk.cancelled).toEqual([4711]);
    expect(talk.answers()[0]).toContain("Run 4711 was cancelled.");
    await cancelRevokedRun(one.deps, "d");
    expect(talk.cancelled).toEqual([4711]);
    expect(await runsToCancel(one.deps)).toEqual([]);
  });

  test("a run that another living grant shares goes on until that is revoked as well; what ends by its time cancels nothing", async () => {
    const name = "requests/aws-prod/2026-11/other.yml";
    const other = await insertGrant(world.db, world.github, { name });
    await dispatched(world.grant, other);
    talk.paths = [path, name];
    talk.say(alice, `/countersign revoke ${path} this one`);
    await one.read();
    expect(talk.cancelled).toEqual([]);
    expect(talk.answers()[0]).toContain(`Run 4711 goes on: it was started for \`${name}\` as well.`);
    talk.say(alice, `/countersign revoke ${name} that one`);
    await one.read();
    expect(talk.cancelled).toEqual([4711]);

    await world.db.updateTable("dispatch").set({ cancelled_at: null }).execute();
    await world.db.updateTable("grant").set({ state: "expired" }).execute();
    await cancelRevokedRun(one.deps, "d");
    expect(talk.cancelled).toEqual([4711]);
  });

  test("our own answers and other apps' comments are no commands, whatever they hold", async () => {
    talk.say(bot, "/countersign revoke said by us");
    await one.read();
    expect(talk.answers()).toEqual(["/countersign revoke said by us"]);
  });
});
