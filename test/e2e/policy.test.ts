import { afterAll, beforeAll, expect, test } from "vitest";
import { target } from "../sandbox/seed.ts";
import { access, Play, requestText } from "./play.ts";

let play: Play;
beforeAll(async () => {
  play = await Play.start();
});
afterAll(() => play.end());
const targetPath = "targets/aws-prod.yml";
const settingsPath = ".github/countersign.yml";
let current = target;

test("C53: a policy that an admin pushes is in quarantine until it is restored", async () => {
  const granted = await play.grant();
  const waiting = await play.ask();
  await play.pushMain({ [targetPath]: current.replace("max_duration: 4h", "max_duration: 12h") });
  expect(await play.use(granted)).toBe("policy_quarantined");
  await play.review("bob", waiting);
  expect(await play.merged(waiting)).toBe(false);
  expect((await play.check(waiting.head)).title).toBe("Policy quarantine");
  await play.pushMain({ [targetPath]: current }, "restore");
  expect(await play.use(granted)).toBe("released");
  expect(await play.merged(waiting)).toBe(true);
  const types = (await play.ledger()).map((e) => e.type);
  expect(types).toContain("policy_quarantined");
  expect(types).toContain("policy_restored");
});

test.each([
  [
    "settings",
    ".github/countersign.yml",
    "version: 1\napprovals: 2\n",
    "version: 1\napprovals: 1\npending_expiry: 7d\n",
  ],
  ["a CODEOWNERS file at another place", "docs/CODEOWNERS", "* @mallory\n", null],
  ["a new target", "targets/mine.yml", target, null],
])("C53: %s pushed to main is in quarantine", async (_, path, evil, before) => {
  const granted = await play.grant();
  await play.pushMain({ [path]: evil });
  expect(await play.use(granted)).toBe("policy_quarantined");
  await play.pushMain({ [path]: before });
  expect(await play.use(granted)).toBe("released");
});

test("C53: a policy pull request merged by an admin without approval is in quarantine", async () => {
  const granted = await play.grant();
  const ask = await play.ask({ files: { [targetPath]: current.replace("max_duration: 4h", "max_duration: 9h") } });
  await play.mergeByHand(ask);
  expect(await play.use(granted)).toBe("policy_quarantined");
  await play.pushMain({ [targetPath]: current }, "restore");
  expect(await play.use(granted)).toBe("released");
});

test("C53: a request that an admin merges in policy quarantine never grants, also when the policy is restored", async () => {
  const ask = await play.ask();
  await play.pushMain({ [targetPath]: current.replace("max_duration: 4h", "max_duration: 11h") });
  await play.review("bob", ask);
  await play.mergeByHand(ask);
  expect(await play.quarantined(ask.path)).toBe("policy_quarantine");
  const path = play.path();
  await play.pushMain({ [targetPath]: current, [path]: requestText() }, "restore and ask in one commit");
  expect(await play.quarantined(path)).toBe("policy_quarantine");
  for (const one of [ask, { path }]) expect(["access_denied", "invalid_target"]).toContain(await play.use(one));
});

test("C53, C11: owners whom an unaccepted policy appoints decide nothing; the accepted owners do", async () => {
  const granted = await play.grant();
  const codeowners = ".github/CODEOWNERS";
  const { data } = await play.world.player("root").api.rest.repos.getContent({ ...access, path: codeowners });
  const before = Buffer.from("content" in data ? data.content : "", "base64").toString();
  const waiting = await play.ask({ draft: true });
  await play.pushMain({ [codeowners]: `${before}* @mallory\n` });
  const evil = await play.ask({ files: { [settingsPath]: "version: 1\napprovals: 1\npending_expiry: 8d\n" } });
  await play.review("mallory", evil);
  await play.ready(waiting);
  await play.review("mallory", waiting);
  expect([await play.merged(evil), await play.merged(waiting)]).toEqual([false, false]);
  const { summary } = await play.check(evil.head);
  // Judged and shown whole: what it carries along from main is part of what would be accepted (C69).
  for (const path of [codeowners, settingsPath]) expect(summary).toContain(`- changes \`${path}\``);
  expect(summary).toContain("mallory approved, but is no owner");
  expect(await play.use(granted)).toBe("policy_quarantined");
  const back = await play.ask({ files: { [codeowners]: before } });
  expect((await play.check(back.head)).title).toBe("Restores the accepted policy");
  await play.mergeByHand(back);
  expect(await play.use(granted)).toBe("released");
  expect(await play.use(waiting)).not.toBe("released");
});

test("C53: quarantine ends where the accepted owners approve all of what stands on main", async () => {
  const granted = await play.grant();
  const pushed = current.replace("description: Production account", "description: Production");
  await play.pushMain({ [targetPath]: pushed });
  expect(await play.use(granted)).toBe("policy_quarantined");
  const ask = await play.ask({ files: { [settingsPath]: "version: 1\napprovals: 1\npending_expiry: 6d\n" } });
  const { summary } = await play.check(ask.head);
  for (const path of [targetPath, settingsPath]) expect(summary).toContain(`- changes \`${path}\``);
  await play.review("bob", ask);
  expect(await play.merged(ask)).toBe(true);
  current = pushed;
  expect(await play.use(granted)).toBe("released");
  expect((await play.ledger()).findLast((e) => e.type.startsWith("policy_"))?.type).toBe("policy_accepted");
});

test("a policy pull request that its owners approve is merged and accepted", async () => {
  const changed = current.replace("max_duration: 4h", "max_duration: 6h");
  const ask = await play.ask({ files: { [targetPath]: changed } });
  await play.review("mallory", ask);
  expect(await play.merged(ask)).toBe(false);
  await play.review("bob", ask);
  expect(await play.merged(ask)).toBe(true);
  current = changed;
  const accepted = (await play.ledger()).findLast((e) => e.type === "policy_accepted");
  expect(accepted?.type === "policy_accepted" && accepted.approved_by.map((a) => a.login)).toEqual(["bob"]);
  expect(await play.use(await play.grant())).toBe("released");
});

test("C53: a revert to a policy that was accepted once is in quarantine like any other push", async () => {
  const granted = await play.grant();
  const [before, changed] = [current, current.replace("max_duration: 6h", "max_duration: 7h")];
  const ask = await play.ask({ files: { [targetPath]: changed } });
  await play.review("bob", ask);
  expect(await play.merged(ask)).toBe(true);
  await play.pushMain({ [targetPath]: before }, 'Revert "Policy"');
  expect(await play.use(granted)).toBe("policy_quarantined");
  await play.pushMain({ [targetPath]: changed }, "restore");
  expect(await play.use(granted)).toBe("released");
  current = changed;
});

test("C56: a role that becomes another after the grant, or one that admits less, gives nothing and never something else", async () => {
  const granted = await play.grant();
  const before = current;
  for (const changed of [
    before.replace("role/countersign-operator", "role/administrator"),
    before.replace('"s3:DeleteBucket"', '"s3:GetBucketLocation"'),
  ]) {
    expect(changed).not.toBe(current);
    const ask = await play.ask({ files: { [targetPath]: changed } });
    await play.review("bob", ask);
    expect(await play.merged(ask)).toBe(true);
    expect(await play.use(granted)).toBe("policy_changed");
  }
  const ask = await play.ask({ files: { [targetPath]: before } });
  await play.review("bob", ask);
  expect(await play.merged(ask)).toBe(true);
  expect(await play.use(granted)).toBe("released");
});

test("C56, C68: a policy that changes the plan ends the grant, and an approval of the old plan counts no more", async () => {
  const granted = await play.grant();
  const draft = await play.ask({ draft: true });
  await play.review("bob", draft);
  const changed = current.replace("max_session: 1h", "max_session: 2h");
  const ask = await play.ask({ files: { [targetPath]: changed } });
  await play.review("carol", ask);
  expect(await play.merged(ask)).toBe(true);
  current = changed;
  expect(await play.use(granted)).toBe("policy_changed");
  await play.ready(draft);
  expect(await play.merged(draft)).toBe(false);
  expect((await play.check(draft.head)).summary).toContain("before the plan");
  play.world.clock.skip(2);
  await play.review("bob", draft);
  expect(await play.merged(draft)).toBe(true);
});

test("C69: a policy pull request from a stale head has to be updated first", async () => {
  const stale = await play.ask({
    draft: true,
    files: { ".github/countersign.yml": "version: 1\napprovals: 1\npending_expiry: 9d\n" },
  });
  const changed = current.replace("max_duration: 7h", "max_duration: 5h");
  const first = await play.ask({ files: { [targetPath]: changed } });
  await play.review("bob", first);
  expect(await play.merged(first)).toBe(true);
  current = changed;
  await play.ready(stale);
  await play.review("carol", stale);
  expect(await play.merged(stale)).toBe(false);
  expect((await play.check(stale.head)).annotations.map((a) => a.title)).toContain("CS4020");
});

test("C49: a workflow of a repository where the requester has no write, or of another owner, is refused", async () => {
  const carol = await play.ask({ by: "carol" });
  expect((await play.check(carol.head)).annotations.map((a) => a.title)).toContain("CS5003");
  const evil = await play.ask({ repository: "evil/infra" });
  expect((await play.check(evil.head)).conclusion).toBe("failure");
  await play.review("bob", carol);
  await play.review("bob", evil);
  expect([await play.merged(carol), await play.merged(evil)]).toEqual([false, false]);
});

test("C49: dispatch needs a role that lists workflows", async () => {
  const without = current.replace(
    "roles:\n",
    current
      .slice(current.indexOf("roles:\n"))
      .replace("operator:", "free:")
      .replace(/^ {4}workflows: .*\n/m, ""),
  );
  const ask = await play.ask({ files: { [targetPath]: without } });
  await play.review("bob", ask);
  expect(await play.merged(ask)).toBe(true);
  current = without;
  const wants = await play.ask({ role: "free", dispatch: true });
  expect((await play.check(wants.head)).conclusion).toBe("failure");
  const may = await play.ask({ role: "free" });
  expect((await play.check(may.head)).conclusion).toBe("action_required");
});

test("C48: settings in a repository that is not enrolled, and a re-created access repo, are nothing to us", async () => {
  const granted = await play.grant();
  const { github } = play.world;
  const mallory = play.world.player("mallory");
  const put = (path: string, content: string) =>
    mallory.api.rest.repos.createOrUpdateFileContents({
      owner: "acme",
      repo: "website",
      path,
      message: "x",
      content: Buffer.from(content).toString("base64"),
    });
  await put(".github/countersign.yml", "version: 1\napprovals: 1\n");
  await put(".github/CODEOWNERS", "* @mallory\n");
  await play.settle();
  const refs = await mallory.api.rest.git.listMatchingRefs({ owner: "acme", repo: "website", ref: "heads/" });
  expect(refs.data.map((r) => r.ref)).not.toContain("refs/heads/countersign-ledger");
  const assumed = play.world.aws.log.length;
  await github.change.recreateRepository({
    owner: "acme",
    name: "access",
    files: {
      ".github/countersign.yml": "version: 1\napprovals: 1\n",
      ".github/CODEOWNERS": "* @mallory\n",
      [targetPath]: current,
      [granted.path]: requestText(),
    },
    collaborators: { mallory: "admin" },
    installed: true,
  });
  await play.settle();
  expect(await play.use(granted)).not.toBe("released");
  expect(play.world.aws.log.length).toBe(assumed);
  const { data } = await mallory.api.rest.git.listMatchingRefs({ ...access, ref: "heads/" });
  expect(data.map((r) => r.ref)).toEqual(["refs/heads/main"]);
});
