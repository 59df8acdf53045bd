import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { access, type Ask, Play } from "./play.ts";

let play: Play;
beforeAll(async () => {
  play = await Play.start();
});
afterAll(() => play.end());
beforeEach(() => {
  for (const run of play.world.github.runs.open()) play.world.github.completeRun(run.id, "success");
});

const say = async (login: string, ask: Pick<Ask, "number">, body: string): Promise<number> => {
  const { data } = await play.world
    .player(login)
    .api.rest.issues.createComment({ ...access, issue_number: ask.number, body });
  await play.settle();
  return data.id;
};
/** What the app answered, oldest first. */
const answers = async (ask: Pick<Ask, "number">): Promise<readonly string[]> => {
  const { data } = await play.world
    .player("root")
    .api.rest.issues.listComments({ ...access, issue_number: ask.number, per_page: 100 });
  const ours = data.flatMap((c) => (c.user?.login === "countersign[bot]" ? [c.body ?? ""] : []));
  // Beside the one comment that says how the request fares.
  return ours.filter((body) => !body.includes("<!-- countersign:request:"));
};
const bot = () => ({ actor: "countersign[bot]", actor_id: String(play.world.github.app.botId) });
const state = async (ask: Pick<Ask, "number">): Promise<string> =>
  (await play.world.player("root").api.rest.pulls.get({ ...access, pull_number: ask.number })).data.state;
const revoked = async (path: string) =>
  (await play.ledger()).flatMap((e) => (e.type === "revoked" && e.path === path ? [e] : []));

test("the requester revokes: nothing is issued any more, the run is cancelled, and the answer says what lives on", async () => {
  const ask = await play.grant({ dispatch: true });
  const [run] = play.world.github.runs.open();
  expect(await play.use(ask, { ...bot(), run_id: String(run?.id) })).toBe("released");
  await say("alice", ask, "/countersign revoke the bucket is needed, @acme/cloud-owners <b>sorry</b>");
  expect(await play.use(ask, { ...bot(), run_id: String(run?.id) })).toBe("grant_revoked");
  expect(play.world.github.runs.open()).toEqual([]);
  const alice = play.world.github.users.alice;
  expect(await revoked(ask.path)).toMatchObject([
    {
      how: "command",
      by: { id: alice?.id, login: "alice" },
      reason: "the bucket is needed, @acme/cloud-owners <b>sorry</b>",
    },
  ]);
  const [answer, ...more] = await answers(ask);
  expect(more).toEqual([]);
  expect(answer).toContain("**Revoked** at ");
  expect(answer).toContain(`Run ${run?.id} was cancelled.`);
  expect(answer).toMatch(/- aws, of run \d+: lives until 2026-\S+Z; .*role\\?_session\\?_name/);
  expect(answer).toContain("--role-name countersign-operator --policy-name AWSRevokeOlderSessions");
  expect(answer).toMatch(/"aws:TokenIssueTime":"2026-[^"]+Z"/);
  // C62: nobody is called by what somebody wrote.
  expect(answer).not.toContain("@acme");
  expect(answer).not.toContain("<b>");
});

test("a stranger's command changes nothing and tells who may, without calling them", async () => {
  const ask = await play.grant();
  await say("mallory", ask, "/countersign revoke because I say so");
  expect(await play.use(ask)).toBe("released");
  expect(await revoked(ask.path)).toEqual([]);
  const [answer] = await answers(ask);
  expect(answer).toContain("alice \\(who asked for it\\)");
  expect(answer).toContain("acme/cloud-owners \\(owners\\)");
  expect(answer).not.toMatch(/@\w/);
  // An owner may.
  await say("bob", ask, "/countersign revoke not needed any more");
  expect(await play.use(ask)).toBe("grant_revoked");
});

test("what is withdrawn before the merge is closed, and never merged by us, also when it is opened and approved again", async () => {
  const ask = await play.ask();
  await say("alice", ask, "/countersign revoke I asked for the wrong bucket");
  expect(await state(ask)).toBe("closed");
  expect((await answers(ask))[0]).toContain("**Withdrawn** at ");
  await play.world.player("alice").api.rest.pulls.update({ ...access, pull_number: ask.number, state: "open" });
  await play.settle();
  await play.review("bob", ask);
  expect(await play.merged(ask)).toBe(false);
  expect((await play.check(ask.head)).title).toBe("Withdrawn");
  // And not by hand either: the file on main is no grant.
  await play.mergeByHand(ask);
  expect(await play.use(ask)).not.toBe("released");
});

test("C03 a command whose webhook was lost is found by the sweep, on a merged pull request as well", async () => {
  const ask = await play.grant();
  await play.unseen(async () => {
    await play.world
      .player("alice")
      .api.rest.issues.createComment({ ...access, issue_number: ask.number, body: "/countersign revoke done early" });
  });
  expect(await play.use(ask)).toBe("grant_revoked");
});

test("what was seen stands when the comment is edited or deleted; what was edited before it was seen is nobody's word", async () => {
  const ask = await play.grant();
  const root = play.world.player("root").api;
  const comment = await say("alice", ask, "just talking");
  // Root has admin, and puts words into alice's mouth.
  await root.rest.issues.updateComment({ ...access, comment_id: comment, body: "/countersign revoke by alice" });
  await say("carol", ask, "anything"); // makes us read
  expect(await play.use(ask)).toBe("released");
  expect((await answers(ask)).at(-1)).toContain("was edited");
  const command = await say("alice", ask, "/countersign revoke now really");
  await root.rest.issues.deleteComment({ ...access, comment_id: command });
  await say("carol", ask, "more");
  expect(await play.use(ask)).toBe("grant_revoked");
  expect((await answers(ask)).filter((text) => text.includes("**Revoked**"))).toHaveLength(1);
});

test("help, and what there is instead of an unknown command; a quoted one is no command; a flood is not answered", async () => {
  const ask = await play.ask();
  await say("carol", ask, "> /countersign help");
  expect(await answers(ask)).toEqual([]);
  await say("carol", ask, "/countersign help");
  expect((await answers(ask)).at(-1)).toContain("Commands, each on the first line");
  await say("carol", ask, "/countersign aprove `x`");
  expect((await answers(ask)).at(-1)).toContain("There is no command `aprove`.");
  await say("alice", ask, "/countersign revoke");
  expect((await answers(ask)).at(-1)).toContain("The reason is recorded");
  for (let i = 0; i < 10; i++)
    await play.world.player("mallory").api.rest.issues.createComment({
      ...access,
      issue_number: ask.number,
      body: "/countersign help",
    });
  await play.settle();
  expect(await answers(ask)).toHaveLength(6);
  // A command that takes effect is answered all the same.
  await say("alice", ask, "/countersign revoke enough");
  expect((await answers(ask)).at(-1)).toContain("**Withdrawn**");
});

/** A pull request that deletes the files of these requests. */
const drop = (by: string, asks: readonly Ask[], more: { branch?: string } = {}): Promise<Ask> =>
  play.ask({ by, files: Object.fromEntries(asks.map(({ path }) => [path, null])), ...more });

test("a revocation pull request of the requester's own is merged without approval, ends the grant and cancels the run", async () => {
  const ask = await play.grant({ dispatch: true });
  expect(play.world.github.runs.open()).toHaveLength(1);
  const deletion = await drop("alice", [ask]);
  expect(await play.merged(deletion)).toBe(true);
  const check = await play.check(deletion.head);
  expect(check.title).toBe("Revocation. Needs no approval");
  expect(check.summary).toContain("ends one grant at once");
  expect(play.world.github.runs.open()).toEqual([]);
  const alice = play.world.github.users.alice;
  expect(await revoked(ask.path)).toMatchObject([{ how: "deletion", by: { id: alice?.id, login: "alice" } }]);
});

test("a stranger's revocation pull request waits for an owner, whose one approval is enough", async () => {
  const ask = await play.grant();
  const deletion = await drop("mallory", [ask]);
  expect(await play.merged(deletion)).toBe(false);
  expect((await play.check(deletion.head)).title).toBe("Revocation. Valid. Needs 1 more: @acme/cloud-owners");
  // Who may end it may say so, and is no owner for that.
  await play.review("alice", deletion);
  expect(await play.merged(deletion)).toBe(false);
  expect(await play.use(ask)).toBe("released");
  await play.review("carol", deletion);
  expect(await play.merged(deletion)).toBe(true);
  expect(await play.use(ask)).toBe("grant_revoked");
});

test("C54 a stranger's push to a requester's revocation takes away that it needs no approval", async () => {
  const ask = await play.grant();
  const other = await play.grant();
  const alice = play.world.player("alice");
  // A draft, so that the stranger is faster.
  const branch = play.name();
  await alice.push(branch, { [ask.path]: null }, { from: "origin/main" });
  const { data } = await alice.api.rest.pulls.create({
    ...access,
    title: branch,
    head: branch,
    base: "main",
    draft: true,
  });
  await play.settle();
  const head = await play.world.player("mallory").push(branch, { [other.path]: null }, { from: `origin/${branch}` });
  await play.settle();
  await play.ready({ number: data.number });
  expect(await play.merged({ number: data.number })).toBe(false);
  expect((await play.check(head)).summary).toContain("mallory pushed as well");
  expect(await play.use(ask)).toBe("released");
});
