import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decide, explain, explainTree } from "../../src/approval/index.ts";
import * as w from "./world.ts";

const [first, second] = ["requests/aws-prod/a.yml", "requests/aws-prod/b.yml"];

describe("decide", () => {
  test("approves with one owner's review of the head, after the plan", () => {
    const decision = decide(w.inputOf({ reviews: [w.review(w.bob)] }));
    expect(decision).toMatchObject({ outcome: "approved", approvers: [w.bob], awaited: [], ignored: [] });
    expect(decision.tree).toMatchObject({ ok: true, text: "Approved by Bob." });
    expect(decision.tree.children.every((node) => node.ok)).toBe(true);
  });

  test("waits for owners, and names them without those who may not", () => {
    const decision = decide(w.inputOf({ excluded: [w.carol] }));
    expect(decision.outcome).toBe("pending");
    expect(decision.awaited).toEqual([{ kind: "user", login: "bob" }]);
    expect(decision.tree.text).toBe("Waiting for 1 more approval: from @bob.");
  });

  test("does not wait for an owner who approved that path already", () => {
    const decision = decide(w.inputOf({ settings: "approvals: 2\n", reviews: [w.review(w.bob)] }));
    expect(decision.awaited).toEqual([{ kind: "user", login: "carol" }]);
  });

  test("a draft is decided like any other", () => {
    expect(decide(w.inputOf({ reviews: [w.review(w.bob)], pullRequest: { draft: true } })).outcome).toBe("approved");
  });

  test("C25 counts a team's live members only, and a team that cannot be read has none", () => {
    const codeowners = "* @acme/platform\n/requests/aws-prod/ @Acme/SRE\n";
    const ask = (teams: w.World["teams"] & {}): string =>
      decide(w.inputOf({ codeowners, reviews: [w.review(w.dave)], teams })).outcome;
    expect(ask({ "acme/sre": [w.dave] })).toBe("approved");
    expect(ask({ "acme/sre": [w.erin] })).toBe("pending");
    expect(ask({})).toBe("pending");
  });

  test("C24 one person in two teams is one approval", () => {
    const world: w.World = {
      codeowners: "* @acme/platform\n/requests/aws-prod/ @acme/sre @acme/leads @dave\n",
      settings: "approvals: 2\n",
      teams: { "acme/sre": [w.dave], "acme/leads": [w.dave, w.erin] },
    };
    const alone = decide(w.inputOf({ ...world, reviews: [w.review(w.dave), w.review(w.dave)] }));
    expect(alone).toMatchObject({ outcome: "pending", approvers: [w.dave] });
    expect(decide(w.inputOf({ ...world, reviews: [w.review(w.dave), w.review(w.erin)] })).outcome).toBe("approved");
  });

  test("C24 one person fills one slot of a path, also across also_approved_by", () => {
    const role = "    also_approved_by: [{ from: ['@bob', '@dave'], count: 1 }]\n";
    expect(decide(w.inputOf({ role, reviews: [w.review(w.bob)] })).outcome).toBe("pending");
    expect(decide(w.inputOf({ role, reviews: [w.review(w.bob), w.review(w.dave)] })).outcome).toBe("approved");
    // Greedily bob would take the owner slot, and carol, who fits only there, would be left over.
    const swapped = decide(w.inputOf({ role, reviews: [w.review(w.bob), w.review(w.carol)] }));
    expect(swapped.outcome).toBe("approved");
    expect(swapped.slots.map((slot) => slot.filledBy?.login)).toEqual(["carol", "Bob"]);
  });

  test("C24 the same person may approve two paths, each by itself", () => {
    const decision = decide(w.inputOf({ paths: [first, second], reviews: [w.review(w.bob)] }));
    expect(decision.outcome).toBe("approved");
    expect(decision.slots).toHaveLength(2);
    expect(decision.approvers).toEqual([w.bob]);
  });

  test("a role raises the number of owners, and never lowers it", () => {
    const needs = (settings: number, role: string): number =>
      decide(w.inputOf({ settings: `approvals: ${settings}\n`, role })).slots.length;
    expect(needs(1, "    approvals: 3\n")).toBe(3);
    expect(needs(2, "")).toBe(2);
  });

  test("a role below the settings, if a policy ever held one, does not lower it", () => {
    const input = w.inputOf({ settings: "approvals: 2\n" });
    if (input.subject.kind !== "request") throw new Error("not a request");
    const requests = input.subject.requests.map((one) => ({
      ...one,
      request: { ...one.request, role: { ...one.request.role, approvals: 1 } },
    }));
    expect(decide({ ...input, subject: { kind: "request", requests } }).slots).toHaveLength(2);
  });

  test("is the same in any order of reviews", () => {
    const role = "    approvals: 2\n    also_approved_by: [{ from: ['@bob', '@dave', '@carol'], count: 1 }]\n";
    const all = [w.bob, w.carol, w.dave, w.mallory].map((person) => w.review(person));
    const { slots } = decide(w.inputOf({ role, reviews: all }));
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (reviews) => {
        expect(decide(w.inputOf({ role, reviews })).slots).toEqual(slots);
      }),
      { numRuns: 30 },
    );
  });
});

describe("changes requested", () => {
  const no = (by: Parameters<typeof w.review>[0], more = {}) => w.review(by, { state: "CHANGES_REQUESTED", ...more });

  test("by an owner blocks, also on an older commit and after enough approvals", () => {
    const decision = decide(w.inputOf({ reviews: [w.review(w.bob), no(w.carol, { commit: w.older })] }));
    expect(decision).toMatchObject({ outcome: "blocked", tree: { text: "carol asked for changes." } });
  });

  test("by an owner who wrote part of it blocks too", () => {
    const snapshot = { pushes: [w.push(w.carol)] };
    expect(decide(w.inputOf({ snapshot, reviews: [w.review(w.bob), no(w.carol)] })).outcome).toBe("blocked");
  });

  test("ends with that person's later approval, and not with an earlier one", () => {
    const yes = w.review(w.bob, { submittedAt: w.at(30) });
    expect(decide(w.inputOf({ reviews: [no(w.bob), yes] })).outcome).toBe("approved");
    expect(decide(w.inputOf({ reviews: [yes, no(w.bob, { submittedAt: w.at(40) })] })).outcome).toBe("blocked");
  });

  test.each([
    ["not_owner", no(w.mallory), {}],
    ["requester", no(w.alice), { codeowners: "* @alice @bob\n" }],
    ["no_write", no(w.carol, { canPush: false }), {}],
    ["bot", no(w.robot), {}],
    ["frozen_approver", no(w.carol), { settings: "approvals: 1\nfrozen: [{ approver: carol }]\n" }],
  ] as const)("by somebody who could not fill a slot does not block: %s", (reason, objection, world) => {
    const decision = decide(w.inputOf({ ...world, reviews: [w.review(w.bob), objection] }));
    expect(decision.outcome).toBe("approved");
    expect(decision.ignored.map((one) => one.reason)).toEqual([reason]);
  });
});

describe("a policy pull request", () => {
  const paths = [".github/CODEOWNERS", "targets/aws-prod.yml"];
  const codeowners = "* @acme/platform\n/.github/ @bob\n/targets/ @carol\n/requests/ @dave\n";

  test("needs an owner of every differing path, by the accepted policy", () => {
    const world: w.World = { codeowners, policyPaths: paths };
    expect(decide(w.inputOf({ ...world, reviews: [w.review(w.bob)] })).outcome).toBe("pending");
    expect(decide(w.inputOf({ ...world, reviews: [w.review(w.bob), w.review(w.dave)] })).outcome).toBe("pending");
    const both = [w.review(w.bob), w.review(w.carol)];
    expect(decide(w.inputOf({ ...world, reviews: both })).outcome).toBe("approved");
    // No role has a say: only the settings' number counts.
    expect(decide(w.inputOf({ ...world, reviews: both, role: "    approvals: 3\n" })).outcome).toBe("approved");
  });

  test("is the way out of a freeze, but not for a frozen requester", () => {
    const world: w.World = { policyPaths: [".github/countersign.yml"], codeowners, reviews: [w.review(w.bob)] };
    const frozen = (entries: string): string =>
      decide(w.inputOf({ ...world, settings: `approvals: 1\nfrozen: ${entries}\n` })).outcome;
    expect(frozen("[all]")).toBe("approved");
    expect(frozen("[{ target: aws-prod }]")).toBe("approved");
    expect(frozen("[{ requester: alice }]")).toBe("denied");
  });

  test("may be the way out of a quarantine: the tip need not hold the accepted policy", () => {
    const input = w.inputOf({ policyPaths: [".github/countersign.yml"], codeowners, reviews: [w.review(w.bob)] });
    const other = w.policyFiles({ settings: "approvals: 3\n" });
    const snapshot = { ...input.snapshot, tip: { ...input.snapshot.tip, policy: other } };
    expect(decide({ ...input, snapshot }).outcome).toBe("approved");
  });
});

describe("after the merge", () => {
  const merged = { state: "merged" as const };
  const reviews = [w.review(w.bob)];

  test("C30 is decided again the same way, also when the tip's policy moved on", () => {
    const input = w.inputOf({ pullRequest: merged, reviews });
    const tip = { ...input.snapshot.tip, policy: w.policyFiles({ settings: "approvals: 3\n" }) };
    expect(decide({ ...input, snapshot: { ...input.snapshot, tip } }).outcome).toBe("approved");
  });

  test("what happens to the branch afterwards changes nothing", () => {
    const gone = w.push(null, { before: w.head, after: w.zeros as typeof w.head });
    const reused = w.push(w.carol, { after: w.older });
    expect(decide(w.inputOf({ pullRequest: merged, reviews, snapshot: { pushes: [w.push(), gone] } })).outcome).toBe(
      "approved",
    );
    const later = decide(w.inputOf({ pullRequest: merged, reviews, snapshot: { pushes: [w.push(), gone, reused] } }));
    expect(later.outcome).toBe("approved");
  });

  test("C25 an owner who lost the team, or whose review was dismissed, takes the decision along", () => {
    const dismissed = [w.review(w.bob, { state: "DISMISSED" })];
    expect(decide(w.inputOf({ pullRequest: merged, reviews: dismissed })).outcome).toBe("pending");
  });
});

test("every outcome explains itself in plain single lines", () => {
  const worlds: readonly w.World[] = [
    {},
    { reviews: [w.review(w.bob), w.review(w.mallory)] },
    { reviews: [w.review(w.bob, { state: "CHANGES_REQUESTED" })] },
    { snapshot: { pushes: [] } },
    { pullRequest: { baseRef: "x" } },
  ];
  for (const world of worlds) {
    const decision = decide(w.inputOf(world));
    for (const line of [...explain(decision), ...explainTree(decision.tree)]) {
      expect(line).not.toMatch(/\n|undefined|null|\[object/);
      expect(line.trim()).not.toBe("");
    }
  }
  expect(explain(decide(w.inputOf(worlds[1])))).toEqual([
    "Approved by Bob.",
    `${w.path}: 1 of 1 approved`,
    "  met: Bob for @bob, @carol (CODEOWNERS line 2)",
    `mallory approved, but is no owner of ${w.path}: does not count.`,
  ]);
});
