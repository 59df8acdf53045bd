import {
  atLongForm,
  type ExpectedSlots,
  type Expectation,
  finding,
  longForm,
  parseRequestPath,
  type PolicyTest,
  type PolicyTestFile,
} from "../access-repo/index.ts";
import type { Diagnostic, Locate, RequestPath } from "../access-repo/types.ts";
import { needsText, openSlots, ownersKey, rehearse } from "../approval/index.ts";
import type { Slot } from "../approval/types.ts";
import { type Basis, planRequest } from "./plan-request.ts";

/** What came of the request of a test. */
type Came =
  | { readonly kind: "allowed" }
  | { readonly kind: "refused"; readonly codes: readonly string[]; readonly why: string }
  | { readonly kind: "needs"; readonly slots: readonly Slot[] };

/** Runs the tests of one file against a policy, by the code that checks and decides for real. A finding for each that fails. */
export async function runPolicyTests(
  basis: Basis,
  file: { readonly path: string; readonly value: PolicyTestFile; readonly at: Locate },
  now: Date,
): Promise<readonly Diagnostic[]> {
  const found: Diagnostic[] = [];
  for (const [index, test] of file.value.tests.entries()) {
    const came = await outcomeOf(basis, file, test, index, test.at ?? now);
    if (meets(test.expect, came)) continue;
    const at = file.at(["tests", index, "expect"]);
    const message = `${JSON.stringify(test.name)}: expected ${expectedText(test.expect)}, but ${cameText(came)}.`;
    const hint = `If that is what the policy should answer, write \`expect: ${spelled(came)}\`; otherwise mend the policy.`;
    found.push(finding("CS6001", file.path, at, message, { hint }));
  }
  return found;
}

async function outcomeOf(
  basis: Basis,
  file: { readonly path: string; readonly value: PolicyTestFile; readonly at: Locate },
  test: PolicyTest,
  index: number,
  now: Date,
): Promise<Came> {
  const inside: Locate = (where, want) => file.at(["tests", index, "request", ...where], want);
  const path = test.path ?? ordinaryPath(test.target ?? "");
  const planned = await planRequest(basis, {
    file: longForm(test.request),
    at: atLongForm(test.request, inside),
    path,
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
    teams: file.value.teams,
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

function meets(expected: Expectation, came: Came): boolean {
  if (expected.kind === "refused") {
    return came.kind === "refused" && (expected.code === undefined || came.codes.includes(expected.code));
  }
  if (expected.kind === "allowed" || came.kind !== "needs") return expected.kind === came.kind;
  const missing = openSlots(came.slots);
  return sameSlots(expected.slots, missing);
}

/** Each expected kind of slot is met by exactly one that is open, and none is left over. */
function sameSlots(expected: readonly ExpectedSlots[], open: ReturnType<typeof openSlots>): boolean {
  const left = [...open];
  for (const { count, from } of expected) {
    const index = left.findIndex(
      ({ count: n, slot }) =>
        n === count && (from === "owners" ? slot.rule === "codeowners" : ownersKey(slot.from) === ownersKey(from)),
    );
    if (index < 0) return false;
    left.splice(index, 1);
  }
  return left.length === 0;
}

const expectedText = (expected: Expectation): string =>
  expected.kind === "needs"
    ? `needs ${expected.slots.map(({ count, from }) => `${count} ${from === "owners" ? "owners" : ownersKey(from)}`).join(", ")}`
    : expected.kind === "refused" && expected.code !== undefined
      ? `refused ${expected.code}`
      : expected.kind;

const spelled = (came: Came): string =>
  came.kind === "needs"
    ? `needs ${needsText(came.slots)}`
    : came.kind === "refused"
      ? `refused ${came.codes[0] ?? ""}`.trim()
      : came.kind;

const cameText = (came: Came): string =>
  came.kind === "refused"
    ? `it is refused (${came.codes.join(", ")}): ${came.why.replace(/\.$/, "")}`
    : came.kind === "allowed"
      ? "it is allowed"
      : `it needs ${needsText(came.slots)}`;
