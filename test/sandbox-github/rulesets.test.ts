import { afterAll, beforeAll, expect, test } from "vitest";
import { ACCESS, ask, type Sandbox, sandbox, status } from "./support.ts";

let s: Sandbox;
beforeAll(async () => {
  s = await sandbox();
});
afterAll(() => s.close());

const ruleset = (name: string, branch: string, rules: object[], bypass: object[] = []) => ({
  ...ACCESS,
  name,
  target: "branch" as const,
  enforcement: "active" as const,
  conditions: { ref_name: { include: [branch], exclude: [] } },
  bypass_actors: bypass as never,
  rules: rules as never,
});

test("a ruleset is made and changed by admins, and what is not sent stays", async () => {
  const root = s.as("root").rest.repos;
  const body = ruleset(
    "kept",
    "refs/heads/kept",
    [{ type: "deletion" }],
    [{ actor_id: 5, actor_type: "RepositoryRole", bypass_mode: "always" }],
  );
  expect(await status(s.as("alice").rest.repos.createRepoRuleset(body))).toBe(403);
  const { data: made } = await root.createRepoRuleset(body);
  expect(await status(root.createRepoRuleset(body))).toBe(422); // its name is taken
  const { data: changed } = await root.updateRepoRuleset({
    ...ACCESS,
    ruleset_id: made.id,
    rules: [{ type: "creation" }],
  });
  expect(changed).toMatchObject({ name: "kept", bypass_actors: made.bypass_actors, rules: [{ type: "creation" }] });
});

test("who may bypass shows to those alone who may change the ruleset; everybody learns what it asks, and of themselves", async () => {
  const id = s.gh.change.addRuleset(
    "acme",
    ruleset(
      "org wide",
      "~DEFAULT_BRANCH",
      [{ type: "deletion" }],
      [{ actor_type: "OrganizationAdmin", bypass_mode: "always" }],
    ),
  );
  const [root, alice] = [s.as("root").rest.repos, s.as("alice").rest.repos];
  const { data: rules } = await alice.getBranchRules({ ...ACCESS, branch: "main" });
  expect(rules).toMatchObject([
    { type: "deletion", ruleset_id: id, ruleset_source_type: "Organization", ruleset_source: "acme" },
  ]);
  const seen = { ...ACCESS, ruleset_id: id };
  expect((await root.getRepoRuleset(seen)).data).toMatchObject({
    bypass_actors: [{ actor_type: "OrganizationAdmin" }],
    current_user_can_bypass: "always",
  });
  const { data: hidden } = await alice.getRepoRuleset(seen);
  expect(hidden).toMatchObject({ current_user_can_bypass: "never" });
  expect(hidden).not.toHaveProperty("bypass_actors");
});

test("a ruleset in evaluation holds nobody", async () => {
  s.gh.change.addRuleset("acme/access", {
    ...ruleset("tried", "refs/heads/tried", [{ type: "deletion" }]),
    enforcement: "evaluate",
  });
  expect((await s.as("alice").rest.repos.getBranchRules({ ...ACCESS, branch: "tried" })).data).toEqual([]);
});

test("only who may bypass creates and writes a restricted branch", async () => {
  const app = await s.app();
  s.gh.change.addRuleset(
    "acme/access",
    ruleset(
      "ledger",
      "refs/heads/ledger",
      [{ type: "creation" }, { type: "update", parameters: { update_allows_fetch_and_merge: false } }],
      [{ actor_id: s.gh.app.id, actor_type: "Integration", bypass_mode: "always" }],
    ),
  );
  const { data: main } = await app.rest.git.getRef({ ...ACCESS, ref: "heads/main" });
  const create = (o: typeof app) => o.rest.git.createRef({ ...ACCESS, ref: "refs/heads/ledger", sha: main.object.sha });
  const write = (o: typeof app, path: string) =>
    o.rest.repos.createOrUpdateFileContents({ ...ACCESS, branch: "ledger", path, message: "x", content: "eA==" });
  expect(await status(create(s.as("alice")))).toBe(409);
  expect(await status(create(app))).toBe(201);
  expect(await status(write(s.as("root"), "a"))).toBe(409);
  expect(await status(write(app, "b"))).toBe(201);
  const clone = await s.clone("alice");
  await s.git("-C", clone, "fetch", "-q", "origin", "ledger");
  await s.git("-C", clone, "checkout", "-q", "FETCH_HEAD");
  await s.git("-C", clone, "commit", "-q", "--allow-empty", "-m", "mine");
  await expect(s.git("-C", clone, "push", "-q", "origin", "HEAD:ledger")).rejects.toThrow(/rejected|declined/);
});

test("a merge waits for what rulesets ask: reviews, checks of the pinned App, no queue; a bypassing App does not", async () => {
  const app = await s.app();
  const pull = await ask(s, "alice", "held", "requests/held.yml");
  const merge = (o: typeof app) => o.rest.pulls.merge({ ...ACCESS, pull_number: pull.number, merge_method: "squash" });
  const parameters = {
    required_approving_review_count: 1,
    require_code_owner_review: false,
    require_last_push_approval: false,
    dismiss_stale_reviews_on_push: false,
    required_review_thread_resolution: false,
  };
  const root = s.as("root").rest.repos;
  const { data: made } = await root.createRepoRuleset(
    ruleset("merge", "refs/heads/main", [{ type: "pull_request", parameters }]),
  );
  const change = (rules: object[], bypass: object[] = []) =>
    root.updateRepoRuleset({ ...ACCESS, ruleset_id: made.id, rules: rules as never, bypass_actors: bypass as never });
  expect(await status(merge(app))).toBe(405);
  await s.as("bob").rest.pulls.createReview({ ...ACCESS, pull_number: pull.number, event: "APPROVE" });
  await change([
    {
      type: "required_status_checks",
      parameters: {
        strict_required_status_checks_policy: false,
        required_status_checks: [{ context: "countersign", integration_id: s.gh.app.id }],
      },
    },
  ]);
  expect(await status(merge(app))).toBe(405);
  const queue = {
    check_response_timeout_minutes: 60,
    grouping_strategy: "ALLGREEN",
    max_entries_to_build: 5,
    max_entries_to_merge: 5,
    merge_method: "SQUASH",
    min_entries_to_merge: 1,
    min_entries_to_merge_wait_minutes: 5,
  };
  await change([{ type: "merge_queue", parameters: queue }]);
  expect(await status(merge(app))).toBe(405);
  await change(
    [{ type: "merge_queue", parameters: queue }],
    [{ actor_id: s.gh.app.id, actor_type: "Integration", bypass_mode: "always" }],
  );
  s.gh.change.setSettings("acme/access", { squash: false });
  expect(await status(merge(app))).toBe(405);
  await root.update({ ...ACCESS, allow_squash_merge: true });
  expect(await status(merge(app))).toBe(200);
});

test("settings show to those who may change them", async () => {
  const [root, alice] = [s.as("root"), s.as("alice")];
  expect((await alice.rest.repos.get(ACCESS)).data.allow_squash_merge).toBe(true); // she may push
  expect((await s.as("carol").rest.repos.get(ACCESS)).data).not.toHaveProperty("allow_squash_merge");
  const asks = (o: typeof root) => o.rest.actions.getGithubActionsDefaultWorkflowPermissionsRepository(ACCESS);
  expect(await status(asks(alice))).toBe(403);
  s.gh.change.setSettings("acme/access", { approve: true, write: true, subject: ["repo", "context"] });
  expect((await asks(root)).data).toEqual({
    default_workflow_permissions: "write",
    can_approve_pull_request_reviews: true,
  });
  await root.rest.actions.setGithubActionsDefaultWorkflowPermissionsRepository({
    ...ACCESS,
    can_approve_pull_request_reviews: false,
  });
  expect((await asks(root)).data).toEqual({
    default_workflow_permissions: "write",
    can_approve_pull_request_reviews: false,
  });
  expect((await alice.rest.actions.getCustomOidcSubClaimForRepo(ACCESS)).data).toEqual({
    use_default: false,
    include_claim_keys: ["repo", "context"],
  });
});

test("a secret team, and one that may not write, is an unknown owner to GitHub", async () => {
  expect(await status(s.as("alice").rest.repos.codeownersErrors(ACCESS))).toBe(404); // no file
  const clone = await s.clone("root");
  const { writeFileSync } = await import("node:fs");
  writeFileSync(`${clone}/CODEOWNERS`, "* @acme/sre\n!a @acme/sre\ndocs/ @acme/security @nobody # why\n");
  await s.git("-C", clone, "add", "CODEOWNERS");
  await s.git("-C", clone, "commit", "-q", "-m", "owners");
  s.gh.change.setProtection("acme/access", "main", null);
  const rules = await s.as("root").rest.repos.getRepoRulesets({ ...ACCESS, includes_parents: false });
  for (const { id, name } of rules.data)
    if (name === "merge")
      await s.as("root").rest.repos.updateRepoRuleset({ ...ACCESS, ruleset_id: id, enforcement: "disabled" });
  await s.git("-C", clone, "push", "-q", "origin", "HEAD:main");
  const errors = async () =>
    (await s.as("alice").rest.repos.codeownersErrors(ACCESS)).data.errors.map((e) => [e.line, e.kind]);
  expect(await errors()).toEqual([
    [2, "Invalid pattern"],
    [3, "Unknown owner"],
    [3, "Unknown owner"],
  ]);
  s.gh.change.setTeam("acme", "sre", { secret: true });
  expect(await errors()).toHaveLength(4);
  expect(await status(s.as("carol").rest.teams.getByName({ org: "acme", team_slug: "sre" }))).toBe(404);
  expect((await s.as("alice").rest.teams.getByName({ org: "acme", team_slug: "sre" })).data.privacy).toBe("secret");
  await s.as("root").rest.teams.updateInOrg({ org: "acme", team_slug: "sre", privacy: "closed" });
  expect(await errors()).toHaveLength(3);
});

test("owners of the organization see its installations, anybody who is logged in an App", async () => {
  const { data } = await s.as("root").rest.orgs.listAppInstallations({ org: "acme" });
  expect(data.installations.map((i) => i.app_slug)).toContain("countersign");
  expect(await status(s.as("alice").rest.orgs.listAppInstallations({ org: "acme" }))).toBe(403);
  expect((await s.as("alice").rest.apps.getBySlug({ app_slug: "countersign" })).data?.id).toBe(s.gh.app.id);
});
