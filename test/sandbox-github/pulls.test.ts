import { writeFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ACCESS, ask, put, type Sandbox, sandbox, status } from "./support.ts";

let s: Sandbox;
beforeEach(async () => {
  s = await sandbox();
});
afterEach(() => s.close());

const pull = async (n = 1) => (await s.as("alice").rest.pulls.get({ ...ACCESS, pull_number: n })).data;
const review = (login: string, event: "APPROVE" | "REQUEST_CHANGES" | "COMMENT", more = {}) =>
  s.as(login).rest.pulls.createReview({ ...ACCESS, pull_number: 1, event, body: "hm", ...more });
const merge = (login: string, more = {}) =>
  s.as(login).rest.pulls.merge({ ...ACCESS, pull_number: 1, merge_method: "squash", ...more });

test("a push by git moves the head of the pull request, as one by the API does", async () => {
  const opened = await ask(s);
  const work = await s.clone("alice");
  await s.git("-C", work, "checkout", "-q", "req");
  writeFileSync(`${work}/more.txt`, "more\n");
  await s.git("-C", work, "add", ".");
  await s.git("-C", work, "commit", "-q", "-m", "more");
  await s.git("-C", work, "push", "-q", "origin", "req");
  const pushed = (await s.git("-C", work, "rev-parse", "HEAD")).trim();
  expect((await pull()).head.sha).toBe(pushed);
  expect(pushed).not.toBe(opened.head.sha);
  const api = await put(s.as("bob"), "req", "again.txt", "x");
  expect((await pull()).head.sha).toBe(api.data.commit.sha);
});

test("a review belongs to the head at its submission, or to the commit that it names", async () => {
  const first = (await ask(s)).head.sha;
  expect((await review("bob", "APPROVE")).data.commit_id).toBe(first);
  await put(s.as("alice"), "req", "x", "x");
  const reviews = await s.as("alice").rest.pulls.listReviews({ ...ACCESS, pull_number: 1 });
  expect(reviews.data.map((r) => r.commit_id)).toEqual([first]);
  expect((await review("bob", "APPROVE", { commit_id: first })).data.commit_id).toBe(first);
  expect((await review("bob", "APPROVE")).data.commit_id).toBe((await pull()).head.sha);
});

test("nobody approves or rejects their own pull request, anyone who reads may review", async () => {
  await ask(s);
  expect(await status(review("alice", "APPROVE"))).toBe(422);
  expect(await status(review("alice", "REQUEST_CHANGES"))).toBe(422);
  expect(await status(review("alice", "COMMENT"))).toBe(200);
  expect(await status(review("mallory", "APPROVE"))).toBe(200);
  expect(await status(s.anonymous.rest.pulls.createReview({ ...ACCESS, pull_number: 1, event: "APPROVE" }))).toBe(401);
});

test("an App that opened the pull request cannot approve it either", async () => {
  const app = await s.app();
  const base = (await app.rest.git.getRef({ ...ACCESS, ref: "heads/main" })).data.object.sha;
  await app.rest.git.createRef({ ...ACCESS, ref: "refs/heads/bot", sha: base });
  await put(app, "bot", "x", "x");
  const made = await app.rest.pulls.create({ ...ACCESS, head: "bot", base: "main", title: "t" });
  expect(made.data.user.login).toBe("countersign[bot]");
  expect(await status(app.rest.pulls.createReview({ ...ACCESS, pull_number: 1, event: "APPROVE" }))).toBe(422);
});

test("dismissing needs write; a dismissed review stays dismissed", async () => {
  await ask(s);
  const id = (await review("bob", "APPROVE")).data.id;
  const dismiss = (login: string) =>
    s.as(login).rest.pulls.dismissReview({ ...ACCESS, pull_number: 1, review_id: id, message: "no" });
  expect(await status(dismiss("carol"))).toBe(403);
  expect((await dismiss("alice")).data.state).toBe("DISMISSED");
  expect(await status(dismiss("alice"))).toBe(422);
});

test("a merge with another head's sha is refused with 409, a right one squashes under GitHub's name", async () => {
  const opened = await ask(s);
  await put(s.as("alice"), "req", "x", "x");
  expect(await status(merge("bob", { sha: opened.head.sha }))).toBe(409);
  const head = (await pull()).head.sha;
  const merged = (await merge("bob", { sha: head })).data;
  const commit = (await s.anonymous.rest.repos.getCommit({ ...ACCESS, ref: merged.sha })).data;
  expect(commit.commit.message.split("\n")[0]).toBe("ask req (#1)");
  expect(commit.author?.login).toBe("alice");
  expect(commit.commit.committer).toMatchObject({ name: "GitHub", email: "noreply@github.com" });
  expect(commit.commit.verification?.verified).toBe(true);
  expect((await pull()).merged_by?.login).toBe("bob");
  expect(await status(merge("bob"))).toBe(405);
});

test("a given commit title is used as it is", async () => {
  await ask(s);
  const merged = (await merge("bob", { commit_title: "grant: x", commit_message: "Approved-by: bob" })).data;
  const commit = (await s.anonymous.rest.repos.getCommit({ ...ACCESS, ref: merged.sha })).data;
  expect(commit.commit.message).toBe("grant: x\n\nApproved-by: bob");
});

test("a merge lands on the base as it is now, and a conflict is 405", async () => {
  await ask(s);
  await put(s.as("bob"), "main", "other.txt", "kept\n");
  const merged = (await merge("bob")).data;
  const files = (await s.anonymous.rest.git.getTree({ ...ACCESS, tree_sha: merged.sha, recursive: "1" })).data.tree;
  expect(files.map((f) => f.path)).toEqual(expect.arrayContaining(["other.txt", "requests/req.yml"]));
  await ask(s, "alice", "two", "same.txt");
  await put(s.as("bob"), "main", "same.txt", "different\n");
  expect(await status(s.as("bob").rest.pulls.merge({ ...ACCESS, pull_number: 2 }))).toBe(405);
  expect((await pull(2)).mergeable).toBe(false);
});

test("drafts, closed pull requests and readers do not merge", async () => {
  await ask(s);
  expect(await status(merge("carol"))).toBe(403);
  await s.gh.change.setDraft("acme/access", 1, true, "alice");
  expect(await status(merge("bob"))).toBe(405);
  await s.gh.change.setDraft("acme/access", 1, false, "alice");
  await s.as("alice").rest.pulls.update({ ...ACCESS, pull_number: 1, state: "closed" });
  expect(await status(merge("bob"))).toBe(405);
});

test("base.sha is stale: the base's tip at the last synchronize", async () => {
  const opened = await ask(s);
  await put(s.as("bob"), "main", "other.txt", "x");
  expect((await pull()).base.sha).toBe(opened.base.sha);
  await put(s.as("alice"), "req", "x", "x");
  const tip = (await s.anonymous.rest.git.getRef({ ...ACCESS, ref: "heads/main" })).data.object.sha;
  expect((await pull()).base.sha).toBe(tip);
});

test("deleting the head branch closes the pull request; retargeting and retitling are edits", async () => {
  await ask(s);
  const o = s.as("alice");
  await o.rest.pulls.update({ ...ACCESS, pull_number: 1, title: "other" });
  const base = (await o.rest.git.getRef({ ...ACCESS, ref: "heads/main" })).data.object.sha;
  await o.rest.git.createRef({ ...ACCESS, ref: "refs/heads/else", sha: base });
  expect((await o.rest.pulls.update({ ...ACCESS, pull_number: 1, base: "else" })).data.base.ref).toBe("else");
  expect(await status(s.as("mallory").rest.pulls.update({ ...ACCESS, pull_number: 1, title: "mine" }))).toBe(403);
  await o.rest.git.deleteRef({ ...ACCESS, ref: "heads/req" });
  expect(await pull()).toMatchObject({ state: "closed", merged: false, title: "other" });
});

test("reviewers: the author and outsiders cannot be asked", async () => {
  await ask(s);
  const app = await s.app();
  const request = (reviewers: string[], team_reviewers: string[] = []) =>
    app.rest.pulls.requestReviewers({ ...ACCESS, pull_number: 1, reviewers, team_reviewers });
  expect(await status(request(["alice"]))).toBe(422);
  expect(await status(request(["mallory"]))).toBe(422);
  expect((await request(["bob"], ["sre"])).data.requested_reviewers?.map((r) => r.login)).toEqual(["bob"]);
  await review("bob", "COMMENT");
  expect((await pull()).requested_reviewers).toEqual([]);
});

test("required checks count from the pinned App alone, required reviews from writers alone", async () => {
  const { head } = await ask(s);
  s.gh.change.setProtection("acme/access", "main", {
    requiredChecks: [{ context: "countersign", app: "countersign" }],
    requiredApprovals: 1,
  });
  const check = { ...ACCESS, name: "countersign", head_sha: head.sha, conclusion: "success" as const };
  expect(await status(merge("bob"))).toBe(405);
  await (await s.app("broker")).rest.checks.create(check);
  await review("carol", "APPROVE");
  expect(await status(merge("bob"))).toBe(405);
  await (await s.app()).rest.checks.create(check);
  expect(await status(merge("bob"))).toBe(405);
  await review("bob", "APPROVE");
  expect(await status(merge("bob"))).toBe(200);
});

test("a head pushed to the base by git counts as merged, with nobody's decision", async () => {
  await ask(s);
  const work = await s.clone("bob");
  await s.git("-C", work, "merge", "-q", "--no-ff", "-m", "by hand", "origin/req");
  await s.git("-C", work, "push", "-q", "origin", "main");
  const tip = (await s.git("-C", work, "rev-parse", "HEAD")).trim();
  expect(await pull()).toMatchObject({ merged: true, merge_commit_sha: tip, merged_by: { login: "bob" } });
});

test("files and renames are those since the merge base", async () => {
  await ask(s);
  await put(s.as("bob"), "main", "unrelated.txt", "x");
  const work = await s.clone("alice");
  await s.git("-C", work, "checkout", "-q", "req");
  await s.git("-C", work, "mv", "README.md", "READ ME.md");
  await s.git("-C", work, "commit", "-q", "-m", "rename");
  await s.git("-C", work, "push", "-q", "origin", "req");
  const files = (await s.anonymous.rest.pulls.listFiles({ ...ACCESS, pull_number: 1 })).data;
  expect(files.map((f) => [f.status, f.filename, f.previous_filename])).toEqual([
    ["renamed", "READ ME.md", "README.md"],
    ["added", "requests/req.yml", undefined],
  ]);
  expect(files[1]?.patch).toContain("+a: 1");
  expect((await s.anonymous.rest.pulls.listCommits({ ...ACCESS, pull_number: 1 })).data).toHaveLength(2);
});
