import {
  atLongForm,
  type ExpectedSlots,
  type Expectation,
  expectationText,
  finding,
  longForm,
  parseRequestPath,
  type PolicyTest,
  type PolicyTestFile,
} from "../access-repo/index.ts";
import type { Diagnostic, Locate, Owner, Policy, RequestPath } from "../access-repo/types.ts";
import { type Company, companyOf, openSlots, ownersKey, ownerText, rehearse } from "../approval/index.ts";
import type { Slot } from "../approval/types.ts";
import { type Basis, planRequest } from "./plan-request.ts";

/** What came of the request of a test. */
type Came =
  | { readonly kind: "allowed" }
  | { readonly kind: "refused"; readonly codes: readonly string[]; readonly why: string }
  | { readonly kind: "needs"; readonly slots: readonly Slot[] };

export interface TestFile {
  readonly path: string;
  readonly value: PolicyTestFile;
  readonly at: Locate;
}

/** Runs the tests of one file against a policy, by the code that checks and decides for real. A finding for each that fails. */
export async function runPolicyTests(basis: Basis, file: TestFile, now: Date): Promise<readonly Diagnostic[]> {
  const found: Diagnostic[] = [...unknownTeams(basis, file)];
  const company = companyOf(file.value.teams);
  for (const [index, test] of file.value.tests.entries()) {
    const came = await outcomeOf(basis, file, test, index, company, test.at ?? now);
    if (meets(test.expect, came)) continue;
    const at = file.at(["tests", index, "expect"]);
    const message = `${JSON.stringify(test.name)}: expected ${expectationText(test.expect)}, but ${cameText(came)}.`;
    const hint = `If that is what the policy should answer, write \`expect: ${expectationText(expected(came))}\`; otherwise mend the policy.`;
    found.push(finding("CS6001", file.path, at, message, { hint }));
  }
  return found;
}

/**
 * A team that the policy does not name is most often one that it names otherwise. Its people then approve nothing, and every test
 * that something is still missing would pass for that reason.
 */
function unknownTeams({ policy }: Basis, { path, value, at }: TestFile): readonly Diagnostic[] {
  const teams = Object.keys(value.teams);
  if (teams.length === 0) return [];
  const known = namedOwners(policy);
  return teams
    .filter((team) => !known.has(team.toLowerCase()))
    .map((team) => finding("CS6004", path, at(["teams", team], "key"), `The policy names no team ${team}.`));
}

// Once a policy: CODEOWNERS may be long, and files of tests many.
const named = new WeakMap<Policy, ReadonlySet<string>>();

/** Everybody whom the policy names, in lower case. */
function namedOwners(policy: Policy): ReadonlySet<string> {
  const before = named.get(policy);
  if (before !== undefined) return before;
  const roles = [...policy.targets.values()].flatMap((target) => [...target.roles.values()]);
  const owners: readonly Owner[] = [
    ...policy.codeowners.rules.flatMap((rule) => rule.owners),
    ...roles.flatMap((role) => [
      ...role.also_approved_by.flatMap((group) => group.from),
      ...(role.auto_approve?.requesters ?? []),
    ]),
    ...(policy.settings.break_glass?.members ?? []),
  ];
  const found = new Set(owners.map((owner) => ownerText(owner).toLowerCase()));
  named.set(policy, found);
  return found;
}

async function outcomeOf(
  basis: Basis,
  file: TestFile,
  test: PolicyTest,
  index: number,
  company: Company,
  now: Date,
): Promise<Came> {
  const inside: Locate = (where, want) => file.at(["tests", index, "request", ...where], want);
  const planned = await planRequest(basis, {
    file: longForm(test.request),
    at: atLongForm(test.request, inside),
    path: test.path ?? ordinaryPath(test.target ?? ""),
    now,
    merged: false,
  });
  if (!planned.ok) {
    const errors = planned.diagnostics.filter((d) => d.severity === "error");
    return { kind: "refused", codes: [...new Set(errors.map((d) => d.code))], why: errors[0]?.message ?? "" };
  }
  const decision = rehearse(basis, planned.request, {
    requester: test.requester,
    approvedBy: (test.approved_by ?? []).flatMap((one) => (one.kind === "user" ? [one.login] : [])),
    company,
  });
  switch (decision.outcome) {
    case "approved":
      return { kind: "allowed" };
    case "pending":
      return { kind: "needs", slots: decision.slots };
    case "blocked":
    case "denied":
    case "retry": {
      const failed = decision.tree.children.filter((node) => !node.ok);
      return { kind: "refused", codes: failed.map((node) => node.rule), why: decision.tree.text };
    }
  }
}

/** A path that no special line of CODEOWNERS is about. */
function ordinaryPath(target: string): RequestPath {
  const path = parseRequestPath(`requests/${target}/2000-01/a-policy-test.yml`);
  if (path === undefined) throw new RangeError(`not the name of a target: ${target}`); // the schema has refused it
  return path;
}

function meets(expect: Expectation, came: Came): boolean {
  if (expect.kind === "refused") return came.kind === "refused" && came.codes.includes(expect.code);
  if (expect.kind === "allowed" || came.kind !== "needs") return expect.kind === came.kind;
  return sameSlots(expect.slots, came.slots);
}

/**
 * Whether exactly the expected slots are open, in any order. A slot of CODEOWNERS may be expected as `owners` or by the names
 * that CODEOWNERS has; any other by its names.
 */
function sameSlots(slots: readonly ExpectedSlots[], all: readonly Slot[]): boolean {
  const open = all.filter((slot) => slot.filledBy === null);
  const ofOwners = open.filter((slot) => slot.rule === "codeowners");
  const left = new Map<string, number>();
  const add = (key: string, count: number) => left.set(key, (left.get(key) ?? 0) + count);
  for (const slot of open) add(ownersKey(slot.from), 1);
  let owners = 0;
  for (const { count, from } of slots) {
    if (from === "owners") owners += count;
    else add(ownersKey(from), -count);
  }
  // All slots of CODEOWNERS are of one path, hence of one line and one set of owners.
  if (owners > ofOwners.length) return false;
  const [first] = ofOwners;
  if (first !== undefined) add(ownersKey(first.from), -owners);
  return [...left.values()].every((count) => count === 0);
}

/** What a test would have to expect to pass. */
function expected(came: Came): Expectation {
  switch (came.kind) {
    case "allowed":
      return { kind: "allowed" };
    case "refused":
      return { kind: "refused", code: came.codes[0] ?? "" };
    case "needs": {
      const slots = openSlots(came.slots).map(
        ({ count, slot }): ExpectedSlots => ({
          count,
          from: slot.rule === "codeowners" && slot.from.length > 10 ? "owners" : slot.from,
        }),
      );
      return { kind: "needs", slots };
    }
  }
}

function cameText(came: Came): string {
  switch (came.kind) {
    case "allowed":
      return "it is allowed";
    case "refused":
      return `it is refused (${came.codes.join(", ")}): ${came.why.replace(/\.$/, "")}`;
    case "needs":
      return `it ${expectationText(expected(came))}`;
  }
}
