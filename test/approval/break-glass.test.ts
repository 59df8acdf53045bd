import { describe, expect, test } from "vitest";
import { decide, explain, peopleToCheck } from "../../src/approval/index.ts";
import * as w from "./world.ts";

const settings = (members = '"@acme/leads"'): string =>
  `approvals: 1\nbreak_glass: { members: [${members}], max_duration: 1h, review_within: 72h }\n`;
const asks = { break_glass: "INC-2041 checkout is down" };
/** All of it holds: alice is of leads, the role admits it. */
const holds: w.World = {
  settings: settings(),
  role: "    break_glass: true\n",
  teams: { "acme/leads": [w.alice] },
  request: asks,
};
const [first, second] = ["requests/aws-prod/a.yml", "requests/aws-prod/b.yml"];
const wayOut = "remove break_glass from the file, and its owners approve as ever.";

describe("break_glass", () => {
  test("skips approvals, and says so and whose", () => {
    const decision = decide(w.inputOf(holds));
    expect(decision).toMatchObject({ outcome: "approved", rule: "break_glass", approvers: [], awaited: [] });
    expect(explain(decision)).toEqual([
      "Break-glass by alice: nobody approves it before, an owner reviews it after.",
      "Without the approval of @bob, @carol.",
    ]);
  });
  test("of several files, where each asks for it", () => {
    expect(decide(w.inputOf({ ...holds, paths: [first, second] })).rule).toBe("break_glass");
  });
  test("a co-author does not stand in its way, but reviews nothing later: what was pushed is the member's word", () => {
    const snapshot = { commits: [w.commit({ authors: [w.alice, w.bob] })] };
    const decision = decide(w.inputOf({ ...holds, snapshot }));
    expect(decision.rule).toBe("break_glass");
    expect(decision.skipped).toEqual([{ kind: "user", login: "carol" }]);
  });
  test("text of the requester is in no sentence of the decision", () => {
    const decision = decide(w.inputOf({ ...holds, request: { break_glass: "@acme/everybody look here" } }));
    expect(explain(decision).join("\n")).not.toContain("everybody");
  });
});

const denied = (name: string, world: w.World, says: string): [string, w.World, string] => [
  name,
  { ...holds, ...world },
  says,
];
const overdue = (of: string, issue: number | null = 44) => ({
  standing: { overdue: [{ role: of, pullRequest: 40, issue }] },
});

describe("break_glass is denied, with the way out", () => {
  test.each([
    denied("C25 to who left the team", { teams: {} }, "alice may not use break-glass, which is for @acme/leads"),
    denied("C26 by a team that GitHub does not show", { teams: { "acme/sre": [w.alice] } }, "may not use break-glass"),
    denied("where the role does not opt in", { role: "" }, "aws-prod/operator does not admit break-glass"),
    denied("where the settings name nobody", { settings: "approvals: 1\n" }, "The settings name nobody"),
    denied(
      "for longer than the settings say",
      { request: { ...asks, duration: 3601 } },
      "Break-glass lasts at most 1h",
    ),
    denied("where a job asked", { standing: { askedByJob: true } }, "a job asked for this"),
    denied(
      "C54 after a stranger's push",
      { snapshot: { pushes: [w.push(w.mallory, { after: w.older }), w.push(w.alice, { before: w.older })] } },
      "mallory pushed to this branch too",
    ),
    denied(
      "C54 where not every push is shown",
      { snapshot: { pushes: [w.push(w.alice, { before: w.older })] } },
      "every push",
    ),
    denied(
      "where only one file of two asks for it",
      { paths: [first, second], request: (file) => (file === first ? asks : {}) },
      `${second} does not ask for it`,
    ),
    denied(
      "while a review of this role is overdue",
      overdue("aws-prod/operator"),
      "The last break-glass of aws-prod/operator was not reviewed in time (in issue #44: an owner comments /countersign reviewed there)",
    ),
    denied(
      "while a review is overdue whose issue is not open yet",
      overdue("aws-prod/operator", null),
      "pull request #40",
    ),
  ])("%s", (_, world, says) => {
    for (const reviews of [[], [w.review(w.bob)]]) {
      const decision = decide(w.inputOf({ ...world, reviews }));
      expect(decision).toMatchObject({ outcome: "denied", rule: null, skipped: [] });
      expect(decision.tree.text).toContain(says);
      expect(decision.tree.text.endsWith(wayOut)).toBe(true);
    }
  });

  test("but not for another role's overdue review", () => {
    expect(decide(w.inputOf({ ...holds, ...overdue("aws-prod/reader") })).rule).toBe("break_glass");
  });

  test.each<[string, w.World]>([
    ["C20 a push without a name", { snapshot: { pushes: [w.push(null)] } }],
    ["C20 an author without an account", { snapshot: { commits: [w.commit({ authors: [null] })] } }],
    ["C16 a path without owners", { codeowners: "* @bob\n/requests/aws-prod/\n" }],
    ["C17 a fork", { pullRequest: { headRepositoryId: null } }],
    ["C22 another base", { pullRequest: { baseRef: "release" } }],
    ["C53 a policy that nobody accepted", { snapshot: { tip: { sha: w.head, policy: w.policyFiles() } } }],
    ["a freeze", { settings: `${settings()}frozen: [all]\n` }],
    ["a frozen requester", { settings: `${settings()}frozen: [{ requester: alice }]\n` }],
  ])("every other gate holds: %s", (_, world) => {
    expect(decide(w.inputOf({ ...holds, ...world })).outcome).toBe("denied");
  });
  test("an owner who asked for changes blocks it", () => {
    const reviews = [w.review(w.carol, { state: "CHANGES_REQUESTED" })];
    expect(decide(w.inputOf({ ...holds, reviews })).outcome).toBe("blocked");
  });
});

test("it is never approved by another rule: not automatically, not by owners", () => {
  const role = `${holds.role ?? ""}    auto_approve: { requesters: ["@alice"], max_duration: 4h, actions: ["*"], per_day: 5 }\n`;
  expect(decide(w.inputOf({ ...holds, role, teams: {} })).outcome).toBe("denied");
  expect(decide(w.inputOf({ ...holds, role, reviews: [w.review(w.bob)] })).rule).toBe("break_glass");
  const merged = { pullRequest: { state: "merged" as const }, standing: { decidedBy: "owners" as const } };
  expect(decide(w.inputOf({ ...holds, ...merged, reviews: [w.review(w.bob)] })).outcome).toBe("pending");
});

test("GitHub is asked whether the requester is a member, and of nothing where it is denied anyway", () => {
  expect(peopleToCheck(w.inputOf(holds)).requester).toEqual({
    person: w.alice,
    teams: [{ org: "acme", slug: "leads" }],
  });
  expect(peopleToCheck(w.inputOf({ ...holds, role: "" })).requester).toBeUndefined();
  expect(peopleToCheck(w.inputOf({ ...holds, settings: settings('"@alice"') })).requester).toBeUndefined();
});
