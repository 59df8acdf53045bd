import { afterEach, beforeEach, expect, test } from "vitest";
import type { GitHub, RepoRef } from "../../src/github/index.ts";
import { ACCESS, ask, type Sandbox, sandbox } from "../sandbox-github/support.ts";
import { accessRepoOf, clientOf } from "./world.ts";

let s: Sandbox;
let github: GitHub;
let repo: RepoRef;
beforeEach(async () => {
  s = await sandbox();
  github = await clientOf(s);
  repo = await accessRepoOf(s);
  await github.identify(repo);
});
afterEach(() => s.close());

const say = (login: string, issue_number: number, body: string) =>
  s.as(login).rest.issues.createComment({ ...ACCESS, issue_number, body });

test("what is said on a pull request is read whole, oldest first, with who said it", async () => {
  const { number } = await ask(s);
  expect(await github.issueComments(repo, number)).toEqual([]);
  for (let i = 0; i < 101; i++) await say("mallory", number, `comment ${i}`);
  const ours = await github.createComment(repo, number, "noted");
  const all = await github.issueComments(repo, number);
  expect(all.map((one) => one.body)).toEqual([...Array.from({ length: 101 }, (_, i) => `comment ${i}`), "noted"]);
  expect(all[0]?.author).toMatchObject({ login: "mallory", kind: "user" });
  expect(all.at(-1)).toMatchObject({ id: ours, author: { id: github.bot.id, kind: "bot" }, edited: false });
  const page = await github.commentPage(repo, number, null);
  expect(page.comments).toEqual(all.slice(0, 100));
  const rest = { on: "pull_request", comments: all.slice(100), next: null };
  expect(await github.commentPage(repo, number, page.next)).toEqual(rest);
  const issue = await github.createIssue(repo, { title: "Review", body: "look" });
  expect(await github.commentPage(repo, issue, null)).toEqual({ on: "issue", comments: [], next: null });
});

test("a comment that somebody edited is marked, so that nobody speaks with another's voice", async () => {
  const { number } = await ask(s);
  const { data } = await say("mallory", number, "hello");
  // Alice has write, which is enough to edit what Mallory said.
  await s.as("alice").rest.issues.updateComment({ ...ACCESS, comment_id: data.id, body: "/countersign revoke" });
  expect(await github.issueComments(repo, number)).toMatchObject([{ author: { login: "mallory" }, edited: true }]);
});

test("our own comment is updated in place; one that is gone is told as that", async () => {
  const { number } = await ask(s);
  const id = await github.createComment(repo, number, "one");
  expect(await github.updateComment(repo, id, "two")).toBe(true);
  expect((await github.issueComments(repo, number)).map((one) => one.body)).toEqual(["two"]);
  expect(await github.updateComment(repo, id + 1, "three")).toBe(false);
});

test("an issue of ours is opened, found again, closed and reopened; others' are not ours", async () => {
  await s.as("mallory").rest.issues.create({ ...ACCESS, title: "mine", body: "x" });
  const number = await github.createIssue(repo, { title: "Quarantine", body: "look" });
  expect(await github.ourIssues(repo)).toEqual([{ number, state: "open", body: "look" }]);
  await github.closeIssue(repo, number, "completed");
  expect(await github.issue(repo, number)).toMatchObject({ state: "closed", author: { id: github.bot.id } });
  await github.updateIssue(repo, number, { state: "open", body: "look again" });
  expect(await github.ourIssues(repo)).toEqual([{ number, state: "open", body: "look again" }]);
  expect(await github.issue(repo, 99)).toBeNull();
});

test("an issue that was transferred is not ours any more, wherever GitHub leads to", async () => {
  const number = await github.createIssue(repo, { title: "Review", body: "look" });
  const undo = s.gh.intercept({
    before: async (call) =>
      call.path.endsWith(`/issues/${number}`)
        ? Response.json({ number: number + 7, state: "open", user: null, body: "look" })
        : undefined,
  });
  expect(await github.issue(repo, number)).toBeNull();
  undo();
  expect(await github.issue(repo, number)).toMatchObject({ state: "open" });
});

test("a pull request is no issue, and is closed as what it is", async () => {
  const { number } = await ask(s);
  expect(await github.issue(repo, number)).toBeNull();
  await github.closePullRequest(repo, number);
  expect((await s.as("alice").rest.pulls.get({ ...ACCESS, pull_number: number })).data.state).toBe("closed");
});

test("comments of a repository since a time, of pull requests and issues, the longest unchanged first", async () => {
  const later = () => (s.clock.now = new Date(s.clock.now.getTime() + 60_000));
  const one = await ask(s);
  const { data: issue } = await s.as("mallory").rest.issues.create({ ...ACCESS, title: "mine", body: "x" });
  const first = await say("mallory", one.number, "first");
  later();
  await say("alice", issue.number, "second");
  later();
  const since = s.clock.now;
  await say("bob", one.number, "third");
  later();
  await s.as("mallory").rest.issues.updateComment({ ...ACCESS, comment_id: first.data.id, body: "changed" });
  expect(await github.commentsSince(repo, since)).toMatchObject([
    { number: one.number, body: "third" },
    { number: one.number, body: "changed", id: first.data.id },
  ]);
  expect((await github.commentsSince(repo, new Date(0))).map(({ body }) => body)).toEqual([
    "second",
    "third",
    "changed",
  ]);
});
