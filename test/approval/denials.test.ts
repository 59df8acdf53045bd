import { describe, expect, test } from "vitest";
import { decide, explain } from "../../src/approval/index.ts";
import type { Actor, Explanation, IgnoredReason, Outcome } from "../../src/approval/types.ts";
import { objectId, repositoryId } from "../../src/base/ids.ts";
import * as w from "./world.ts";

const approved = [w.review(w.bob)];
const failing = (tree: Explanation): string[] => tree.children.filter((node) => !node.ok).map((node) => node.rule);

interface Case {
  readonly name: string;
  readonly world: w.World;
  readonly outcome: Outcome;
  readonly rule: string;
}
const webFlow: Actor = { ...w.mallory, login: "web-flow" };
// Each of these has bob's valid approval; without the one thing that the case changes it would be approved.
const gates: readonly Case[] = [
  {
    name: "C16 no line of CODEOWNERS matches the request",
    world: { codeowners: "/.github/ @acme/p\n/CODEOWNERS @acme/p\n/docs/ @acme/p\n/targets/ @acme/p\n" },
    outcome: "denied",
    rule: "owned",
  },
  {
    name: "C16 the line that matches names nobody",
    world: { codeowners: "* @acme/platform\n/requests/aws-prod/\n" },
    outcome: "denied",
    rule: "owned",
  },
  {
    name: "C16 the line that matches names only an e-mail address",
    world: { codeowners: "* @acme/platform\n/requests/aws-prod/ bob@acme.example\n" },
    outcome: "denied",
    rule: "owned",
  },
  { name: "C16 no request at all", world: { paths: [] }, outcome: "denied", rule: "something_to_approve" },
  {
    name: "C16 a policy pull request that changes no policy path",
    world: { policyPaths: [] },
    outcome: "denied",
    rule: "something_to_approve",
  },
  {
    name: "C17 a branch of a fork, whose pushes GitHub does not show here",
    world: { pullRequest: { headRepositoryId: repositoryId(11) }, snapshot: { pushes: [] } },
    outcome: "denied",
    rule: "same_repository",
  },
  {
    name: "C17 the repository of the branch was deleted",
    world: { pullRequest: { headRepositoryId: null }, snapshot: { pushes: [] } },
    outcome: "denied",
    rule: "same_repository",
  },
  {
    name: "C20 an author without an account",
    world: { snapshot: { commits: [w.commit({ authors: [null] })] } },
    outcome: "denied",
    rule: "authors_known",
  },
  {
    name: "C20 a co-author without an account",
    world: { snapshot: { commits: [w.commit({ authors: [w.alice, null] })] } },
    outcome: "denied",
    rule: "authors_known",
  },
  {
    name: "C20 a commit without any author",
    world: { snapshot: { commits: [w.commit({ authors: [] })] } },
    outcome: "denied",
    rule: "authors_known",
  },
  {
    name: "C20 a committer without an account",
    world: { snapshot: { commits: [w.commit({ committer: null })] } },
    outcome: "denied",
    rule: "committers_known",
  },
  {
    name: "C20 an earlier commit by nobody, under one by alice",
    world: { snapshot: { commits: [w.commit({ sha: w.older, authors: [null] }), w.commit()] } },
    outcome: "denied",
    rule: "authors_known",
  },
  {
    name: "C20 web-flow as committer without GitHub's signature",
    world: { snapshot: { commits: [w.commit({ committer: webFlow })] } },
    outcome: "denied",
    rule: "committers_known",
  },
  {
    name: "C20 a push without an actor, also an early one",
    world: { snapshot: { pushes: [w.push(null, { after: w.older }), w.push(w.alice, { before: w.older })] } },
    outcome: "denied",
    rule: "pushed_by_known",
  },
  {
    name: "C21 the push of the head is not shown yet",
    world: { snapshot: { pushes: [w.push(w.alice, { after: w.older })] } },
    outcome: "retry",
    rule: "push_visible",
  },
  { name: "C21 no push is shown yet", world: { snapshot: { pushes: [] } }, outcome: "retry", rule: "push_visible" },
  {
    name: "C21 a newer push than the head that GitHub shows",
    world: { snapshot: { pushes: [w.push(), w.push(w.alice, { before: w.head, after: w.older })] } },
    outcome: "retry",
    rule: "push_visible",
  },
  {
    name: "C21 the head is not among the commits yet",
    world: { snapshot: { commits: [w.commit({ sha: w.older })] } },
    outcome: "retry",
    rule: "commits_complete",
  },
  { name: "C21 no commits yet", world: { snapshot: { commits: [] } }, outcome: "retry", rule: "commits_complete" },
  {
    name: "C22 retargeted to another base than the default branch",
    world: { pullRequest: { baseRef: "main2" } },
    outcome: "denied",
    rule: "base_is_default",
  },
  { name: "C06 closed without a merge", world: { pullRequest: { state: "closed" } }, outcome: "denied", rule: "open" },
  {
    name: "C23 a pull request of a bot",
    world: { pullRequest: { author: w.robot } },
    outcome: "denied",
    rule: "author_known",
  },
  {
    name: "C23 a pull request of a deleted account",
    world: { pullRequest: { author: null } },
    outcome: "denied",
    rule: "author_known",
  },
  {
    name: "everything is frozen",
    world: { settings: "approvals: 1\nfrozen: [all]\n" },
    outcome: "denied",
    rule: "not_frozen",
  },
  {
    name: "the target is frozen",
    world: { settings: "approvals: 1\nfrozen: [{ target: aws-prod }]\n" },
    outcome: "denied",
    rule: "not_frozen",
  },
  {
    name: "the requester is frozen, however the login is spelled",
    world: { settings: 'approvals: 1\nfrozen: [{ requester: "ALICE" }]\n' },
    outcome: "denied",
    rule: "not_frozen",
  },
];

describe("no approval helps where", () => {
  test.each(gates)("$name", ({ world, outcome, rule }) => {
    const decision = decide(w.inputOf({ reviews: approved, ...world }));
    expect(decision.outcome).toBe(outcome);
    expect(decision.approvers).toEqual([]);
    expect(decision.tree.ok).toBe(false);
    expect(failing(decision.tree)).toContain(rule);
    expect(explain(decision)[0]).toBe(decision.tree.children.find((node) => !node.ok && node.rule === rule)?.text);
  });

  test("C16 another policy than the accepted one stands at the tip", () => {
    const input = w.inputOf({ reviews: approved });
    const policy = { ...input.snapshot.tip.policy, targetsTree: objectId(w.hex("f")) };
    const decision = decide({ ...input, snapshot: { ...input.snapshot, tip: { ...input.snapshot.tip, policy } } });
    expect(decision.outcome).toBe("denied");
    expect(failing(decision.tree)).toEqual(["policy_in_force"]);
  });

  test("C21 is told before what is denied: the rest may not be the truth yet", () => {
    const decision = decide(w.inputOf({ snapshot: { pushes: [] }, pullRequest: { baseRef: "other" } }));
    expect(decision.outcome).toBe("retry");
  });
});

interface Ignored {
  readonly name: string;
  readonly world: w.World;
  readonly reason: IgnoredReason;
}
const bobs = (more: Parameters<typeof w.review>[1]): w.World => ({ reviews: [w.review(w.bob, more)] });
const ignored: readonly Ignored[] = [
  {
    name: "C19 the author of the pull request",
    world: { reviews: approved, pullRequest: { author: w.bob } },
    reason: "requester",
  },
  {
    name: "C19 the author of a commit",
    world: { reviews: approved, snapshot: { commits: [w.commit({ sha: w.older, authors: [w.bob] }), w.commit()] } },
    reason: "author",
  },
  {
    name: "C19 a co-author of a commit",
    world: { reviews: approved, snapshot: { commits: [w.commit({ authors: [w.alice, w.bob] })] } },
    reason: "author",
  },
  {
    name: "C19 the committer of a commit",
    world: { reviews: approved, snapshot: { commits: [w.commit({ committer: w.bob })] } },
    reason: "committer",
  },
  {
    name: "C19 the last pusher, whatever the commits claim",
    world: { reviews: approved, snapshot: { pushes: [w.push(w.bob)] } },
    reason: "last_pusher",
  },
  { name: "C63 who started the job that asks", world: { reviews: approved, excluded: [w.bob] }, reason: "excluded" },
  { name: "C21 an approval of an older commit", world: bobs({ commit: w.older }), reason: "stale_commit" },
  { name: "C21 an approval of no known commit", world: bobs({ commit: null }), reason: "stale_commit" },
  { name: "C23 a bot that is named as owner", world: { reviews: [w.review(w.robot)] }, reason: "bot" },
  { name: "C23 a deleted account", world: { reviews: [w.review(null)] }, reason: "ghost" },
  { name: "C26 an owner who lost write", world: bobs({ canPush: false }), reason: "no_write" },
  { name: "C26 a person who is no owner", world: { reviews: [w.review(w.mallory)] }, reason: "not_owner" },
  { name: "C27 a dismissed approval", world: bobs({ state: "DISMISSED" }), reason: "dismissed" },
  { name: "C60 an approval before the plan was posted", world: bobs({ submittedAt: w.at(9) }), reason: "before_plan" },
  { name: "C60 an approval in the same second", world: bobs({ submittedAt: w.posted }), reason: "before_plan" },
  { name: "C60 an approval without a plan", world: { reviews: approved, planPostedAt: null }, reason: "before_plan" },
  {
    name: "C68 an approval of an earlier plan of the same head: policy changed, the plan was posted again",
    world: { ...bobs({ submittedAt: w.at(20) }), planPostedAt: w.at(30) },
    reason: "before_plan",
  },
  {
    name: "a frozen approver",
    world: { reviews: approved, settings: "approvals: 1\nfrozen: [{ approver: bob }]\n" },
    reason: "frozen_approver",
  },
];

describe("an approval does not count if it is of", () => {
  test.each(ignored)("$name", ({ world, reason }) => {
    const codeowners = "* @acme/platform\n/requests/aws-prod/ @bob @carol @github-actions\n";
    const decision = decide(w.inputOf({ codeowners, ...world }));
    expect(decision.outcome).toBe("pending");
    expect(decision.approvers).toEqual([]);
    expect(decision.ignored.map((one) => one.reason)).toEqual([reason]);
    expect(explain(decision).at(-1)).toMatch(/, but .*: does not count\.$/);
  });

  test("C27 a person whose later review was dismissed: the earlier approval does not come back", () => {
    const reviews = [w.review(w.bob), w.review(w.bob, { state: "DISMISSED", submittedAt: w.at(25) })];
    expect(decide(w.inputOf({ reviews })).outcome).toBe("pending");
    expect(decide(w.inputOf({ reviews: reviews.toReversed() })).outcome).toBe("pending");
  });

  test("web-flow is no person: a commit made on GitHub bars nobody", () => {
    const snapshot = { commits: [w.commit({ committer: "web-flow" as const })] };
    expect(decide(w.inputOf({ reviews: approved, snapshot })).outcome).toBe("approved");
  });

  test("C64 says at once that the only owner is the requester", () => {
    const decision = decide(
      w.inputOf({ codeowners: "* @acme/platform\n/requests/aws-prod/ @Alice owner@acme.example\n" }),
    );
    expect(decision.outcome).toBe("pending");
    expect(decision.awaited).toEqual([]);
    expect(failing(decision.tree)).toContain("fillable");
    expect(explain(decision).join("\n")).toContain("Nobody can complete the approval of requests/aws-prod/");
  });

  test("C64 says at once that two approvals are needed where one person is left", () => {
    const world = { settings: "approvals: 2\n", excluded: [w.carol] };
    expect(failing(decide(w.inputOf({ ...world, reviews: approved })).tree)).toContain("fillable");
    expect(failing(decide(w.inputOf({ settings: "approvals: 2\n" })).tree)).not.toContain("fillable");
  });

  describe("C64 a team whose people are known", () => {
    const codeowners = "* @acme/platform\n/requests/aws-prod/ @acme/sre\n";
    const nobody = (world: w.World): string | undefined =>
      decide(w.inputOf({ codeowners, ...world })).tree.children.find((node) => node.rule === "fillable")?.text;
    const sre = (...logins: string[]) => ({ rosters: { "acme/sre": { kind: "members", logins } as const } });
    test("is said at once to hold nobody but the requester, with the line of CODEOWNERS", () => {
      expect(nobody(sre("ALICE"))).toContain("1 approval by @acme/sre (line 2 of .github/CODEOWNERS)");
      expect(nobody(sre())).toContain("Nobody can complete");
    });
    test("is nothing to speak of where one of them may approve", () => {
      expect(nobody(sre("alice", "erin"))).toBeUndefined();
      expect(nobody({ ...sre("alice", "erin"), excluded: [w.erin] })).toContain("Nobody can complete");
      expect(nobody({ ...sre("alice", "erin"), settings: "approvals: 2\n" })).toContain("needs 2 approvals");
    });
    test("of two people fills two slots only by two people", () => {
      const role = "    also_approved_by: [{ from: ['@acme/sre'], count: 1 }]\n";
      expect(nobody({ ...sre("erin"), role })).toContain("needs 2 approvals");
      expect(nobody({ ...sre("erin", "dave"), role })).toBeUndefined();
    });
    test("C26 and that GitHub does not show, is named", () => {
      expect(nobody({ rosters: { "acme/sre": { kind: "not_visible" } } })).toContain(
        "GitHub does not show us @acme/sre",
      );
    });
    test("changes no decision: who is listed fills nothing", () => {
      const world = { codeowners, ...sre("erin"), reviews: [w.review(w.erin)] };
      expect(decide(w.inputOf(world)).outcome).toBe("pending");
    });
  });

  test("C64 a team may hold somebody who can", () => {
    const codeowners = "* @acme/platform\n/requests/aws-prod/ @alice @acme/sre\n";
    expect(failing(decide(w.inputOf({ codeowners })).tree)).not.toContain("fillable");
  });
});
