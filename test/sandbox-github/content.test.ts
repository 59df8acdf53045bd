import { existsSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ACCESS, ask, put, type Sandbox, sandbox, status, WORKFLOW } from "./support.ts";

let s: Sandbox;
beforeEach(async () => {
  s = await sandbox();
});
afterEach(() => s.close());

test("a file is written once: again without its sha is 422, with a wrong one 409", async () => {
  const app = await s.app();
  const made = await put(app, "main", "ledger/a.jsonl", "1\n");
  expect(made.status).toBe(201);
  await expect(put(app, "main", "ledger/a.jsonl", "2\n")).rejects.toMatchObject({
    status: 422,
    message: expect.stringContaining('"sha" wasn\'t supplied.') as string,
  });
  expect(await status(put(app, "main", "ledger/a.jsonl", "2\n", "0".repeat(40)))).toBe(409);
  expect(await status(put(app, "main", "ledger/a.jsonl", "2\n", made.data.content?.sha))).toBe(200);
  expect(await status(put(app, "nowhere", "x", "x"))).toBe(404);
});

test("an App that names no author is signed by GitHub; naming one, or being a person, is not", async () => {
  const app = await s.app();
  const own = (await put(app, "main", "a.txt", "1")).data.commit;
  expect(own.verification?.verified).toBe(true);
  expect(own.author?.name).toBe("countersign[bot]");
  expect(own.committer?.name).toBe("GitHub");
  const author = { name: "bob", email: `${s.gh.users["bob"]?.id}+bob@users.noreply.github.com` };
  const named = await app.rest.repos.createOrUpdateFileContents({
    ...ACCESS,
    path: "b.txt",
    message: "as bob",
    content: "eA==",
    author,
  });
  expect(named.data.commit.verification?.verified).toBe(false);
  expect((await put(s.as("alice"), "main", "c.txt", "1")).data.commit.verification?.verified).toBe(false);
});

test("files, folders and deletion", async () => {
  const o = s.as("alice");
  await put(o, "main", "dir/sub/a.txt", "hello\n");
  await put(o, "main", "dir.txt", "x");
  const dir = (await o.rest.repos.getContent({ ...ACCESS, path: "dir" })).data;
  expect(dir).toMatchObject([{ name: "sub", type: "dir" }]);
  const file = (await o.rest.repos.getContent({ ...ACCESS, path: "dir/sub/a.txt" })).data as {
    content: string;
    sha: string;
  };
  expect(Buffer.from(file.content, "base64").toString()).toBe("hello\n");
  const gone = { ...ACCESS, path: "dir/sub/a.txt", message: "gone" };
  expect(await status(o.rest.repos.deleteFile({ ...gone, sha: "0".repeat(40) }))).toBe(409);
  expect(await status(o.rest.repos.deleteFile({ ...gone, sha: file.sha }))).toBe(200);
  expect(await status(o.rest.repos.getContent({ ...ACCESS, path: "dir" }))).toBe(404);
  expect(await status(put(o, "main", "../x", "x"))).toBe(422);
  expect(await s.git("--git-dir", s.gh.repository("acme/access").dir, "fsck", "--full", "--strict")).toBe("");
});

test("git data: an orphan branch, fast-forward only unless forced, no branch twice", async () => {
  const app = await s.app();
  const blob = (await app.rest.git.createBlob({ ...ACCESS, content: "genesis\n" })).data.sha;
  const tree = [{ path: "ledger/genesis.json", mode: "100644", type: "blob", sha: blob } as const];
  const made = (await app.rest.git.createTree({ ...ACCESS, tree })).data.sha;
  const commit = (await app.rest.git.createCommit({ ...ACCESS, message: "genesis", tree: made, parents: [] })).data;
  expect(commit.verification.verified).toBe(true);
  const ref = { ...ACCESS, ref: "refs/heads/countersign-ledger", sha: commit.sha };
  await app.rest.git.createRef(ref);
  expect(await status(app.rest.git.createRef(ref))).toBe(422);
  const main = (await app.rest.git.getRef({ ...ACCESS, ref: "heads/main" })).data.object.sha;
  const move = { ...ACCESS, ref: "heads/countersign-ledger", sha: main };
  expect(await status(app.rest.git.updateRef(move))).toBe(422);
  expect(await status(app.rest.git.updateRef({ ...move, force: true }))).toBe(200);
  const all = (await app.rest.git.listMatchingRefs({ ...ACCESS, ref: "heads/countersign" })).data;
  expect(all.map((r) => r.ref)).toEqual(["refs/heads/countersign-ledger"]);
  expect((await app.rest.git.getBlob({ ...ACCESS, file_sha: blob })).data.size).toBe(8);
  expect((await app.rest.git.getCommit({ ...ACCESS, commit_sha: commit.sha })).data.parents).toEqual([]);
});

test("an App without `workflows` permission changes no workflow, by API or by git", async () => {
  const app = await s.app();
  expect(await status(put(app, "main", ".github/workflows/evil.yml", WORKFLOW))).toBe(403);
  expect(await status(put(s.as("alice"), "main", ".github/workflows/mine.yml", WORKFLOW))).toBe(201);
});

test("a clone is free where the repository is public, a push needs write", async () => {
  const work = await s.clone(null);
  expect(existsSync(`${work}/README.md`)).toBe(true);
  await expect(s.clone(null, "acme/secret")).rejects.toThrow("could not read Username");
  await expect(s.clone("ghp_forged", "acme/secret")).rejects.toThrow("Authentication failed");
  await expect(s.clone("mallory", "acme/secret")).rejects.toThrow("not found");
  const forged = { authorization: `Basic ${Buffer.from("x:ghp_forged").toString("base64")}` };
  const refs = `${s.gh.repository("acme/access").cloneUrl}/info/refs?service=git-upload-pack`;
  expect((await fetch(refs, { headers: forged })).status).toBe(401);
  for (const login of ["carol", "mallory"]) {
    const reader = await s.clone(login);
    await s.git("-C", reader, "commit", "-q", "--allow-empty", "-m", "x");
    await expect(s.git("-C", reader, "push", "-q", "origin", "HEAD:refs/heads/mine")).rejects.toThrow("403");
  }
});

test("main takes direct and forced pushes from writers, until it is protected", async () => {
  const work = await s.clone("alice");
  writeFileSync(`${work}/direct.txt`, "x");
  await s.git("-C", work, "add", ".");
  await s.git("-C", work, "commit", "-q", "-m", "direct");
  await s.git("-C", work, "push", "-q", "origin", "main");
  await s.git("-C", work, "commit", "-q", "--amend", "-m", "forced");
  await s.git("-C", work, "push", "-q", "-f", "origin", "main");
  s.gh.change.setProtection("acme/access", "main", { requiredApprovals: 1 });
  await s.git("-C", work, "commit", "-q", "--allow-empty", "-m", "late");
  await expect(s.git("-C", work, "push", "-q", "origin", "main")).rejects.toThrow("GH006");
  expect(await status(put(s.as("alice"), "main", "y", "y"))).toBe(409);
  const rows = (await s.anonymous.request("GET /repos/{owner}/{repo}/activity", ACCESS)).data;
  expect(rows.map((r) => r.activity_type)).toEqual(["force_push", "push"]);
});

test("comparison: base of the merge, commits ahead, changed files", async () => {
  const { head, base } = await ask(s);
  await put(s.as("bob"), "main", "z", "z");
  const c = (await s.anonymous.rest.repos.compareCommitsWithBasehead({ ...ACCESS, basehead: `main...${head.sha}` }))
    .data;
  expect([c.status, c.ahead_by, c.behind_by, c.merge_base_commit.sha]).toEqual(["diverged", 2 - 1, 1, base.sha]);
  expect(c.files?.map((f) => f.filename)).toEqual(["requests/req.yml"]);
  expect(await status(s.anonymous.rest.repos.compareCommitsWithBasehead({ ...ACCESS, basehead: "main...gone" }))).toBe(
    404,
  );
});

test("branches, commits, issues and comments", async () => {
  await ask(s);
  const app = await s.app();
  const names = (await s.anonymous.rest.repos.listBranches(ACCESS)).data.map((b) => b.name);
  expect(names).toEqual(["main", "req"]);
  expect((await s.anonymous.rest.repos.getBranch({ ...ACCESS, branch: "req" })).data.protected).toBe(false);
  const issue = (await app.rest.issues.create({ ...ACCESS, title: "policy quarantine", body: "b" })).data;
  expect(issue.number).toBe(2);
  await app.rest.issues.update({ ...ACCESS, issue_number: 2, state: "closed" });
  expect((await app.rest.issues.get({ ...ACCESS, issue_number: 2 })).data.state).toBe("closed");
  const made = (
    await s.as("mallory").rest.issues.createComment({ ...ACCESS, issue_number: 1, body: "/countersign revoke" })
  ).data;
  const change = { ...ACCESS, comment_id: made.id, body: "edited" };
  expect(await status(s.as("carol").rest.issues.updateComment(change))).toBe(403);
  expect(await status(s.as("alice").rest.issues.updateComment(change))).toBe(200);
  expect((await app.rest.issues.listComments({ ...ACCESS, issue_number: 1 })).data.map((c) => c.body)).toEqual([
    "edited",
  ]);
  await s.gh.settled();
  expect(s.gh.validation.webhooks).toEqual(expect.arrayContaining(["issue-comment-created", "issue-comment-edited"]));
  await s.as("root").rest.repos.updateBranchProtection({
    ...ACCESS,
    branch: "main",
    enforce_admins: true,
    restrictions: null,
    required_status_checks: { strict: false, contexts: [], checks: [{ context: "countersign", app_id: s.gh.app.id }] },
    required_pull_request_reviews: { required_approving_review_count: 1 },
  });
  expect((await s.anonymous.rest.repos.getBranch({ ...ACCESS, branch: "main" })).data.protected).toBe(true);
});
