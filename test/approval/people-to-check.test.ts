import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decide, peopleToCheck, teamsToList } from "../../src/approval/index.ts";
import type { Review } from "../../src/approval/types.ts";
import * as w from "./world.ts";

const byTeam = "* @acme/platform\n/requests/aws-prod/ @acme/sre\n";
const names = (world: w.World): { people: string[]; teams: string[] } => {
  const { candidates, teams } = peopleToCheck(w.inputOf(world));
  return { people: candidates.map((one) => one.login), teams: teams.map((team) => `${team.org}/${team.slug}`) };
};

describe("GitHub is asked", () => {
  test("about people whose review could count, in the teams of this request", () => {
    const role = "    also_approved_by: [{ from: ['@acme/security', '@ACME/sre'], count: 1 }]\n";
    const reviews = [w.review(w.dave), w.review(w.mallory, { state: "CHANGES_REQUESTED", commit: w.older })];
    expect(names({ codeowners: byTeam, role, reviews })).toEqual({
      people: ["dave", "mallory"],
      teams: ["ACME/sre", "acme/security"],
    });
  });

  const nobody = { people: [], teams: [] };
  test.each<[string, w.World]>([
    ["nobody reviewed", {}],
    ["owners are users", { codeowners: undefined, reviews: [w.review(w.mallory)] } as unknown as w.World],
    ["the approval is of an older commit", { reviews: [w.review(w.dave, { commit: w.older })] }],
    ["the approval is older than the plan", { reviews: [w.review(w.dave, { submittedAt: w.at(1) })] }],
    ["no plan is posted", { reviews: [w.review(w.dave)], planPostedAt: null }],
    ["the requester reviewed", { reviews: [w.review(w.alice, { state: "CHANGES_REQUESTED" })] }],
    ["a bot reviewed", { reviews: [w.review(w.robot)] }],
    ["it is denied anyway", { reviews: [w.review(w.dave)], pullRequest: { baseRef: "x" } }],
    ["GitHub has not caught up", { reviews: [w.review(w.dave)], snapshot: { pushes: [] } }],
  ])("nothing where %s", (_, world) => {
    const codeowners = "codeowners" in world ? {} : { codeowners: byTeam };
    const { codeowners: _none, ...rest } = world;
    expect(names({ ...rest, ...codeowners })).toEqual(nobody);
  });

  test("about an owner by name whom another slot may take by a team", () => {
    const codeowners = "* @acme/platform\n/requests/aws-prod/ @bob\n";
    const role = "    also_approved_by: [{ from: ['@acme/security'], count: 1 }]\n";
    expect(names({ codeowners, role, reviews: [w.review(w.bob)] })).toEqual({
      people: ["Bob"],
      teams: ["acme/security"],
    });
  });

  test("nothing about owners by name", () => {
    const codeowners = "* @acme/platform\n/requests/aws-prod/ @bob @acme/sre\n";
    expect(names({ codeowners, reviews: [w.review(w.bob)] })).toEqual(nobody);
    expect(names({ codeowners, reviews: [w.review(w.bob, { state: "CHANGES_REQUESTED" })] })).toEqual(nobody);
    expect(names({ codeowners, reviews: [w.review(w.bob), w.review(w.dave)] }).people).toEqual(["dave"]);
  });
});

describe("C64 the members of a team are listed for people to read", () => {
  const listed = (world: w.World): string[] => {
    const input = w.inputOf(world);
    return teamsToList(input, decide(input)).map(({ slug }) => slug);
  };
  test("where only they could complete the approval", () => {
    expect(listed({ codeowners: byTeam })).toEqual(["sre"]);
    expect(listed({ codeowners: "* @acme/platform\n/requests/aws-prod/ @alice @acme/sre\n" })).toEqual(["sre"]);
  });
  test("and not where a user named there could, nobody is awaited, or the teams are many", () => {
    expect(listed({ codeowners: "* @acme/platform\n/requests/aws-prod/ @bob @acme/sre\n" })).toEqual([]);
    expect(listed({ reviews: [w.review(w.bob)] })).toEqual([]);
    expect(listed({ codeowners: byTeam, pullRequest: { baseRef: "x" } })).toEqual([]);
    expect(listed({ codeowners: "* @acme/a @acme/b @acme/c @acme/d\n" })).toEqual([]);
  });
});

test("who is not asked about could not have changed the outcome", () => {
  const everyone = [w.alice, w.bob, w.carol, w.dave, w.erin];
  const teams = { "acme/sre": everyone, "acme/leads": [w.bob, w.dave], "acme/security": [w.erin, w.dave] };
  const someReview = fc.record({
    author: fc.constantFrom(...everyone, w.robot, null),
    state: fc.constantFrom<Review["state"]>("APPROVED", "CHANGES_REQUESTED", "DISMISSED"),
    commit: fc.constantFrom(w.head, w.head, w.older),
    submittedAt: fc.constantFrom(w.at(5), w.at(20), w.at(30)),
    canPush: fc.constantFrom(true, true, false),
  });
  const input = fc.record({
    reviews: fc.array(someReview, { maxLength: 6 }),
    owners: fc.constantFrom("@acme/sre", "@bob @acme/leads", "@carol", "@acme/leads @acme/security"),
    role: fc.constantFrom("", "    also_approved_by: [{ from: ['@acme/security', '@bob'], count: 1 }]\n"),
    approvals: fc.constantFrom(1, 2),
  });
  fc.assert(
    fc.property(input, ({ reviews, owners, role, approvals }) => {
      const codeowners = `* @acme/platform\n/requests/aws-prod/ ${owners}\n`;
      const full = w.inputOf({ reviews, role, codeowners, teams, settings: `approvals: ${approvals}\n` });
      const asked = peopleToCheck(full);
      const ids = new Set(asked.candidates.map((one) => one.id));
      const slugs = new Set(asked.teams.map((team) => `${team.org}/${team.slug}`));
      const some = [...full.memberships.teams].filter(([team]) => slugs.has(team));
      const memberships = {
        teams: new Map(some.map(([team, people]) => [team, new Set([...people].filter((id) => ids.has(id)))])),
      };
      const narrow = decide({ ...full, memberships });
      const wide = decide(full);
      expect(narrow.outcome).toBe(wide.outcome);
      // Who is not asked about is never called "no owner" for want of asking.
      expect(narrow.ignored).toEqual(wide.ignored);
    }),
    { numRuns: 300 },
  );
});
