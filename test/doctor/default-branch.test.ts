import { describe, expect, test } from "vitest";
import type { Facts, Json, Protection } from "../../src/doctor/index.ts";
import {
  appId,
  brief,
  changed,
  facts,
  find,
  good,
  ourBypass,
  read,
  rulesOf,
  ruleset,
  unreadable,
  withRules,
} from "./facts.ts";

test("the recommended rules are fine", () => {
  expect(find({})).toEqual([]);
});

describe("seat belts", () => {
  const without = (type: string): Partial<Facts> => withRules(good().filter((rule) => rule["type"] !== type));
  test.each([
    ["pull_request", "branch-pull-request"],
    ["required_status_checks", "branch-check"],
    ["non_fast_forward", "branch-force-push"],
    ["deletion", "branch-deletion"],
  ])("without %s: a new ruleset adds it, and only it", (type, code) => {
    const [only, ...more] = find(without(type));
    expect(more).toEqual([]);
    expect(only).toMatchObject({
      code,
      level: "warning",
      fix: { loosens: [], call: { method: "POST", path: "repos/acme/access/rulesets" } },
    });
    const body = only?.fix?.call.body as { rules: { type: string }[]; bypass_actors: unknown; conditions: unknown };
    expect(body.rules.map((rule) => rule.type)).toEqual([type]);
    expect(body).toMatchObject({
      enforcement: "active",
      bypass_actors: [],
      conditions: { ref_name: { include: ["~DEFAULT_BRANCH"] } },
    });
  });

  test("all that is missing is one command", () => {
    const findings = find(withRules([]));
    expect(findings.map((f) => f.code)).toEqual([
      "branch-pull-request",
      "branch-check",
      "branch-force-push",
      "branch-deletion",
    ]);
    expect(new Set(findings.map((f) => f.fix)).size).toBe(1);
    expect(findings[0]?.fix?.call.body?.["rules"]).toEqual(good());
  });

  test("a new ruleset takes no name that is taken", () => {
    const [first] = find({
      ...withRules([]),
      rulesetNames: ["countersign: Default branch", "Countersign: default branch 2"],
    });
    expect(first?.fix?.call.body?.["name"]).toBe("Countersign: default branch 3");
  });

  test("without knowing which App is ours the check's rule has no command", () => {
    const check = find({ ...withRules([]), app: null }).find((f) => f.code === "branch-check");
    expect(check?.fix).toBeUndefined();
    expect(check?.cure).toContain("--app");
  });

  test("rules that could not be read are unknown, and nothing else is said of them", () => {
    expect(brief({ rules: unreadable })).toEqual(["unknown branch-rules"]);
  });

  test("what only classic protection may keep is unknown while that cannot be read", () => {
    const findings = find({ ...withRules([]), protection: unreadable });
    expect(findings.map((f) => `${f.level} ${f.code}`)).toEqual([
      "unknown branch-pull-request",
      "unknown branch-check",
      "unknown branch-force-push",
      "unknown branch-deletion",
    ]);
    expect(findings[0]?.cure).toContain("an admin");
  });
});

describe("what stops the app", () => {
  test.each([
    ["approvals", "pull_request", { required_approving_review_count: 2 }, "branch-blocks-merge", "2 approving reviews"],
    [
      "code owners",
      "pull_request",
      { require_code_owner_review: true },
      "branch-blocks-merge",
      "a review by code owners",
    ],
    [
      "last push",
      "pull_request",
      { require_last_push_approval: true },
      "branch-blocks-merge",
      "an approval of the last push",
    ],
    [
      "reviewers of files",
      "pull_request",
      { required_reviewers: [{ minimum_approvals: 1 }] },
      "branch-blocks-merge",
      "reviews by certain teams",
    ],
    [
      "no squash",
      "pull_request",
      { allowed_merge_methods: ["rebase"] },
      "branch-blocks-merge",
      "merges by another method than squash",
    ],
    [
      "up to date",
      "required_status_checks",
      { strict_required_status_checks_policy: true },
      "branch-strict",
      "branches that are up to date",
    ],
  ])("%s: the fix changes that one ruleset, and names what it ends", (_, type, parameters, code, words) => {
    const rules = changed(type, parameters);
    const [only, ...more] = find(withRules(rules));
    expect(more).toEqual([]);
    expect(only).toMatchObject({ code, level: "error" });
    expect(only?.what).toContain(words);
    expect(only?.fix).toMatchObject({
      loosens: [words],
      call: { method: "PUT", path: "repos/acme/access/rulesets/1" },
    });
    expect(Object.keys(only?.fix?.call.body ?? {})).toEqual(["rules"]); // the bypass list stays as it is
    // What it leaves has no finding any more.
    expect(find(withRules(only?.fix?.call.body?.["rules"] as Json[]))).toEqual([]);
  });

  test("C29 a merge queue is an error, and the fix takes it alone", () => {
    const [only] = find(withRules([...good(), { type: "merge_queue", parameters: { merge_method: "SQUASH" } }]));
    expect(only).toMatchObject({
      code: "branch-merge-queue",
      level: "error",
      fix: { loosens: ["the merge queue"], call: { body: { rules: good() } } },
    });
  });

  test("a fix sends back every rule that it does not know", () => {
    const unheard = { type: "unheard_of", parameters: { a: 1 } };
    const found = find(withRules([...changed("pull_request", { required_approving_review_count: 1 }), unheard]));
    expect(found[0]?.fix?.call.body?.["rules"]).toContainEqual(unheard);
    expect(found.map((f) => `${f.level} ${f.code}`)).toEqual(["error branch-blocks-merge", "note branch-other-rules"]);
  });

  test("no fix for a ruleset of the organization: it says who can", () => {
    const rules = changed("pull_request", { required_approving_review_count: 1 });
    const [only] = find(withRules(rules, {}, { sourceType: "Organization", source: "acme" }));
    expect(only?.fix).toBeUndefined();
    expect(only?.cure).toBe(
      "It is a ruleset of the organization acme, which cannot be changed here: ask one of its owners (https://github.com/organizations/acme/settings/rules/1).",
    );
    const [other] = find(withRules(rules, {}, { sourceType: "Enterprise", source: "acme-inc" }));
    expect(other?.cure).toContain("enterprise acme-inc");
    expect(other?.fix).toBeUndefined();
  });

  test("what our App may bypass does not stop it", () => {
    const rules = [...changed("pull_request", { required_approving_review_count: 1 }), { type: "update" }];
    expect(brief(withRules(rules, { bypass: read([ourBypass]) }))).toEqual([
      "note branch-blocks-merge",
      "note branch-blocks-merge",
      "note branch-bypass",
    ]);
    const other = { ...ourBypass, id: appId + 1 };
    expect(brief(withRules(rules, { bypass: read([other]) })).filter((f) => f.startsWith("error"))).toHaveLength(2);
    // The App's own eyes: GitHub does not show it the list, but what holds for itself.
    const seen = withRules(rules, { bypass: unreadable, readerBypasses: "always" });
    expect(brief({ ...seen, reader: "app" }).filter((f) => f.startsWith("error branch"))).toEqual([]);
    expect(brief({ ...seen, reader: "person" }).filter((f) => f.startsWith("error"))).toHaveLength(2);
  });

  test("linear history is fine; signatures and other rules are noted", () => {
    expect(brief(withRules([...good(), { type: "required_linear_history" }]))).toEqual([]);
    expect(brief(withRules([...good(), { type: "required_signatures" }, { type: "code_scanning" }]))).toEqual([
      "note branch-signatures",
      "note branch-other-rules",
    ]);
    expect(brief(withRules([...good(), { type: "required_deployments" }]))).toEqual(["error branch-blocks-merge"]);
    const checks = { required_status_checks: [{ context: "countersign", integration_id: appId }, { context: "lint" }] };
    expect(find(withRules(changed("required_status_checks", checks)))[0]).toMatchObject({
      level: "note",
      what: expect.stringContaining('"lint"'),
    });
    expect(brief(withRules(changed("pull_request", { required_review_thread_resolution: true })))).toEqual([
      "note branch-other-rules",
    ]);
  });
});

describe("the pin of the check", () => {
  const pinned = (...ids: (number | undefined)[]) =>
    changed("required_status_checks", {
      required_status_checks: ids.map((id) => ({
        context: "countersign",
        ...(id === undefined ? {} : { integration_id: id }),
      })),
    });
  test("C31 a check that counts from anybody: a warning; the fix pins it and ends nothing", () => {
    const [only] = find(withRules(pinned(undefined)));
    expect(only).toMatchObject({ code: "branch-check", level: "warning", fix: { loosens: [] } });
    expect(find(withRules(only?.fix?.call.body?.["rules"] as Json[]))).toEqual([]);
  });
  test("C31 a check that counts from another App: an error; the fix names whose check ends", () => {
    const [only] = find(withRules(pinned(99)));
    expect(only).toMatchObject({
      level: "error",
      fix: { loosens: ["the check countersign from App 99 (from ours instead)"] },
    });
  });
  test("from an App, where ours is not known: unknown", () => {
    expect(brief({ ...withRules(pinned(99)), app: null })).toContain("unknown branch-check");
  });
  test("pinned once is enough: rules add up", () => {
    expect(brief(withRules(pinned(undefined, appId)))).toEqual([]);
  });
});

describe("who may bypass", () => {
  test("is named", () => {
    const actors = [
      { type: "OrganizationAdmin", id: 1, mode: "always" },
      { type: "RepositoryRole", id: 5, mode: "pull_request" },
      { type: "Team", id: 77, mode: "always" },
      { type: "DeployKey", id: null, mode: "always" },
    ];
    const [only] = find(withRules(good(), { bypass: read(actors) }));
    expect(only).toMatchObject({ level: "note", code: "branch-bypass" });
    expect(only?.what).toBe(
      'the ruleset "rules 1" of main may be bypassed by owners of the organization, everybody with the role admin (on pull requests), Team 77 and deploy keys.',
    );
  });
  test("is unknown where GitHub does not show it, never nobody", () => {
    expect(brief(withRules(good(), { bypass: unreadable }))).toEqual(["unknown branch-bypass"]);
    const { rulesets } = facts();
    expect(brief({ rulesets: new Map([...rulesets, [1, unreadable]]) })).toContain("unknown branch-bypass");
  });
});

describe("classic branch protection", () => {
  const classic: Protection = {
    reviews: { approvals: 0, codeOwners: false, lastPush: false },
    checks: { strict: false, required: [{ context: "countersign", appId }] },
    pushers: null,
    admins: true,
    forcePushes: false,
    deletions: false,
    locked: false,
    signatures: false,
  };
  const alone = (more: Partial<Protection>) => ({ ...withRules([]), protection: read({ ...classic, ...more }) });
  test("is as good as a ruleset", () => {
    expect(brief(alone({}))).toEqual([]);
  });
  test.each([
    [
      { reviews: { approvals: 1, codeOwners: true, lastPush: true } },
      "branch-blocks-merge",
      "repos/acme/access/branches/main/protection/required_pull_request_reviews",
    ],
    [
      { checks: { ...classic.checks!, strict: true } },
      "branch-strict",
      "repos/acme/access/branches/main/protection/required_status_checks",
    ],
    [{ pushers: ["other"] }, "branch-blocks-merge", "repos/acme/access/branches/main/protection/restrictions/apps"],
  ] as const)("%j", (more, code, path) => {
    const [only, ...rest] = find(alone(more as Partial<Protection>));
    expect(rest).toEqual([]);
    expect(only).toMatchObject({ level: "error", code, fix: { call: { path } } });
    expect(only?.fix?.loosens.length).toBeGreaterThan(0);
  });
  test("locked is an error; administrators who are not held are a note; a missing pin has a fix", () => {
    expect(brief(alone({ locked: true, admins: false, signatures: true }))).toEqual([
      "error branch-blocks-merge",
      "note branch-signatures",
      "note branch-bypass",
    ]);
    const [only] = find(
      alone({
        checks: {
          strict: false,
          required: [
            { context: "countersign", appId: null },
            { context: "lint", appId: null },
          ],
        },
      }),
    );
    expect(only).toMatchObject({
      code: "branch-check",
      level: "warning",
      fix: {
        loosens: [],
        call: {
          method: "PATCH",
          body: {
            checks: [
              { context: "countersign", app_id: appId },
              { context: "lint", app_id: -1 },
            ],
          },
        },
      },
    });
  });
  test("pushers, where the App's slug is not known, are unknown", () => {
    expect(brief({ ...alone({ pushers: ["countersign"] }), app: { id: appId, slug: null } })).toEqual([
      "unknown branch-blocks-merge",
    ]);
    expect(brief(alone({ pushers: ["countersign"] }))).toEqual([]);
  });
  test("forced pushes and deletion that it allows are seat belts that are missing", () => {
    expect(brief(alone({ forcePushes: true, deletions: true, reviews: null, checks: null }))).toHaveLength(4);
  });
  test("a branch's name is one part of a path, whatever is in it", () => {
    const [only] = find({
      ...alone({ reviews: { approvals: 1, codeOwners: false, lastPush: false } }),
      defaultBranch: "a/../b?x#y",
    });
    expect(only?.fix?.call.path).toBe(
      "repos/acme/access/branches/a%2F..%2Fb%3Fx%23y/protection/required_pull_request_reviews",
    );
  });
  test("that could not be read is unknown beside good rules", () => {
    expect(brief({ protection: unreadable })).toEqual(["unknown branch-rules"]);
    expect(rulesOf(good(), 1)).toHaveLength(ruleset(1, good()).rules.length);
  });
});
