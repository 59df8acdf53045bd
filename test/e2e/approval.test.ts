import { afterAll, beforeAll, expect, test } from "vitest";
import { access, Play, requestText } from "./play.ts";

let play: Play;
beforeAll(async () => {
  play = await Play.start();
});
afterAll(async () => {
  expect(play.world.github.validation.failures).toEqual([]);
  expect(play.world.github.validation.unvalidated).toEqual([]);
  await play.end();
});
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
  expect(["access_denied", "invalid_target"]).toContain(await play.use(ask));
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
  expect(["access_denied", "invalid_target"]).toContain(await play.use(ask));
});

test("C22: a pull request to another base is denied, and so is one that was retargeted", async () => {
  const root = play.world.player("root");
  const main = await root.api.rest.git.getRef({ ...access, ref: "heads/main" });
  await root.api.rest.git.createRef({ ...access, ref: "refs/heads/release", sha: main.data.object.sha });
  const ask = await play.ask();
  await play.world.player("alice").api.rest.pulls.update({ ...access, pull_number: ask.number, base: "release" });
  await play.settle();
  await play.review("bob", ask);
  expect(await play.merged(ask)).toBe(false);
  expect((await play.check(ask.head)).conclusion).toBe("failure");
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
