import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { companyOf, decide, nobody, openSlots, ownersKey, rehearse } from "../../src/approval/index.ts";
import type { Actor } from "../../src/approval/types.ts";
import { alice, bob, carol, dave, erin, inputOf, mallory, policyFiles, review, type World } from "./world.ts";

const rules: readonly World[] = [
  {},
  { settings: "approvals: 2\n" },
  { role: "    approvals: 2\n    also_approved_by: [{ from: ['@acme/security'], count: 2 }]\n" },
  { role: "    also_approved_by: [{ from: ['@dave'] }, { from: ['@Acme/Security', '@bob'] }]\n" },
  { codeowners: "* @acme/platform\n" },
  { codeowners: "* @acme/platform\n/requests/ @Acme/SRE @dave erin@acme.example\n" },
  { codeowners: "* @acme/platform\n/requests/\n" },
  { codeowners: "* @acme/platform\n/requests/ bob@acme.example\n" },
  { settings: "approvals: 1\nfrozen: [all]\n" },
  { settings: "approvals: 1\nfrozen: [{ requester: alice }, { approver: '@BOB' }]\n" },
  { settings: "approvals: 1\nfrozen: [{ approver: '@bob' }]\n" },
];
const people: readonly Actor[] = [alice, bob, carol, dave, erin, mallory];
const teams = ["acme/security", "acme/sre", "acme/platform"];
const logins = (actors: readonly Actor[]): string[] => actors.map(({ login }) => login);

describe("a rehearsal", () => {
  test("decides as the real thing does, on every rule, whoever approves and is in whichever team", () => {
    const outcomes = new Set<string>();
    fc.assert(
      fc.property(
        fc.constantFrom(...rules),
        fc.subarray([...people]),
        fc.tuple(...teams.map(() => fc.subarray([...people]))),
        fc.boolean(),
        (world, approvers, members, shout) => {
          const inTeam = Object.fromEntries(teams.map((team, i) => [team, members[i] ?? []]));
          const input = inputOf({ ...world, reviews: approvers.map((one) => review(one)), teams: inTeam });
          const real = decide(input);
          const spell = (text: string): string => (shout ? text.toUpperCase() : text);
          const company = companyOf(
            Object.fromEntries(
              Object.entries(inTeam).map(([team, who]) => [spell(`@${team}`), logins(who).map(spell)]),
            ),
          );
          const [{ request } = expect.fail("no request")] =
            input.subject.kind === "request" ? input.subject.requests : [];
          const basis = { policy: input.policy, files: policyFiles(world) };
          const rehearsed = rehearse(basis, request, {
            requester: spell("alice"),
            approvedBy: logins(approvers).map(spell),
            company,
          });
          outcomes.add(real.outcome);
          expect(rehearsed.outcome).toBe(real.outcome);
          const seen = (decision: typeof real) => ({
            slots: decision.slots.map(({ rule, from, line, filledBy }) => [
              rule,
              ownersKey(from),
              line,
              filledBy !== null,
            ]),
            approvers: decision.approvers.map(({ login }) => login.toLowerCase()).sort(),
            ignored: decision.ignored
              .map(({ review: { author }, reason }) => `${author?.login.toLowerCase()} ${reason}`)
              .sort(),
            awaited: decision.awaited,
            failed: decision.tree.children.filter((node) => !node.ok).map((node) => node.rule),
          });
          // Which of two people fills which of two slots is by their ids, and those are ours here: how many are filled is not.
          const [a, b] = [seen(real), seen(rehearsed)];
          expect(b.ignored).toEqual(a.ignored);
          expect(b.failed).toEqual(a.failed);
          expect(b.slots.filter((slot) => slot[3]).length).toBe(a.slots.filter((slot) => slot[3]).length);
          expect(b.slots.map((slot) => slot.slice(0, 3))).toEqual(a.slots.map((slot) => slot.slice(0, 3)));
        },
      ),
      { numRuns: 400 },
    );
    expect(outcomes).toEqual(new Set(["approved", "pending", "denied"]));
  });

  const rehearsed = (
    world: World,
    cast: { requester?: string; approvedBy?: readonly string[]; teams?: Record<string, string[]> },
  ) => {
    const input = inputOf(world);
    const [{ request } = expect.fail("no request")] = input.subject.kind === "request" ? input.subject.requests : [];
    return rehearse({ policy: input.policy, files: policyFiles(world) }, request, {
      requester: cast.requester ?? "alice",
      approvedBy: cast.approvedBy ?? [],
      company: companyOf(cast.teams ?? {}),
    });
  };
  test("C19 who asks does not approve, in whatever case the login is written", () => {
    expect(rehearsed({}, { requester: "BOB", approvedBy: ["bob"] }).outcome).toBe("pending");
    expect(rehearsed({}, { requester: "carol", approvedBy: ["BOB"] }).outcome).toBe("approved");
  });
  test("C24 two spellings of one person are one approval", () => {
    const two = { settings: "approvals: 2\n" };
    expect(rehearsed(two, { approvedBy: ["bob", "BOB", "Bob"] }).outcome).toBe("pending");
    expect(rehearsed(two, { approvedBy: ["bob", "carol"] }).outcome).toBe("approved");
  });
  test("a team that nobody is in, or that no one lists, approves nothing", () => {
    const bySre = { codeowners: "* @acme/sre\n" };
    expect(rehearsed(bySre, { approvedBy: ["bob"] }).outcome).toBe("pending");
    expect(rehearsed(bySre, { approvedBy: ["bob"], teams: { "@acme/sre": [] } }).outcome).toBe("pending");
    expect(rehearsed(bySre, { approvedBy: ["bob"], teams: { "@acme/sre-2": ["bob"] } }).outcome).toBe("pending");
    expect(rehearsed(bySre, { approvedBy: ["bob"], teams: { "@ACME/Sre": ["BOB"] } }).outcome).toBe("approved");
  });
  test("one team in two spellings has the people of both", () => {
    const both = { "@acme/sre": ["bob"], "@ACME/sre": ["carol"] };
    for (const approver of ["bob", "carol"])
      expect(rehearsed({ codeowners: "* @acme/sre\n" }, { approvedBy: [approver], teams: both }).outcome).toBe(
        "approved",
      );
  });
  test("nobody asks: every slot is open, also where all owners are one", () => {
    const input = inputOf({ codeowners: "* @the-requester\n" });
    const [{ request } = expect.fail("no request")] = input.subject.kind === "request" ? input.subject.requests : [];
    const files = policyFiles({ codeowners: "* @the-requester\n" });
    const decision = rehearse({ policy: input.policy, files }, request, nobody);
    expect(decision.outcome).toBe("pending");
    expect(decision.tree.children.filter((node) => !node.ok).map((node) => node.rule)).toEqual(["slots"]);
  });
});

test("open slots of one kind are counted together, filled ones not at all", () => {
  const decision = decide(
    inputOf({
      settings: "approvals: 3\n",
      role: "    also_approved_by: [{ from: ['@acme/security'], count: 2 }]\n",
      reviews: [review(bob)],
    }),
  );
  expect(openSlots(decision.slots).map(({ count, slot }) => [count, slot.rule, ownersKey(slot.from)])).toEqual([
    [2, "codeowners", "@bob @carol"],
    [2, "also_approved_by", "@acme/security"],
  ]);
});
