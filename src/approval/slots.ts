import { ownersOf } from "../access-repo/index.ts";
import type { Owner, Policy } from "../access-repo/types.ts";
import { gate, type Gate } from "./nodes.ts";
import { maximumMatching } from "./matching.ts";
import type { Actor, DecisionInput, Slot } from "./types.ts";

interface Demand {
  readonly slots: readonly Slot[];
  readonly gates: readonly Gate[];
}

const repeat = (slot: Slot, times: number): Slot[] => Array.from({ length: times }, () => slot);

/**
 * The places to be filled, all empty, and a gate for each path: a path without an owner who could ever approve is denied,
 * never free of approval (C16). Requests: owner slots of the path, then the role's `also_approved_by`. Policy: owner slots of
 * each differing path, by the accepted policy, so that a pull request cannot appoint its own approvers (C11). Revocations: one
 * owner of each path, since ending needs less than beginning.
 */
export function demand({ policy, subject }: Pick<DecisionInput, "policy" | "subject">): Demand {
  const { approvals } = policy.settings;
  const parts =
    subject.kind !== "request"
      ? subject.paths.map((path) => ownerSlots(policy, path, subject.kind === "policy" ? approvals : 1))
      : subject.requests.map(({ request }) => {
          const path = request.path.path;
          const owned = ownerSlots(policy, path, Math.max(approvals, request.role.approvals ?? 0));
          const more = request.role.also_approved_by.map((group) => groupSlots(path, group.from, group.count));
          return join([owned, ...more]);
        });
  const { slots, gates } = join(parts);
  const nothing =
    subject.kind === "policy"
      ? "It changes nothing in the policy in force, so there is nothing to approve: merge it without Countersign."
      : "It adds no request.";
  return { slots, gates: [gate("something_to_approve", slots.length > 0, "Approval is needed.", nothing), ...gates] };
}

const join = (parts: readonly Demand[]): Demand => ({
  slots: parts.flatMap((part) => part.slots),
  gates: parts.flatMap((part) => part.gates),
});

function ownerSlots(policy: Policy, path: string, times: number): Demand {
  const rule = ownersOf(policy.codeowners, path);
  const owners = rule?.owners ?? [];
  const where = rule === undefined ? undefined : `line ${rule.line} of ${policy.codeowners.path}`;
  const problem = whyNobody(owners);
  return {
    slots: repeat(
      { rule: "codeowners", path, from: owners, ...(rule && { line: rule.line }), filledBy: null },
      // Settings are parsed with approvals >= 1; a policy that says otherwise must not open the door.
      Math.max(1, times),
    ),
    gates: [
      gate(
        "owned",
        problem === undefined,
        `${path} is owned by ${where ?? ""}.`,
        where === undefined
          ? `${path} has no owner: no line of ${policy.codeowners.path} matches it.`
          : `${path} has no owner: ${where} ${problem ?? ""}.`,
      ),
    ],
  };
}

function groupSlots(path: string, from: readonly Owner[], times: number): Demand {
  const problem = whyNobody(from);
  const bad = `${path} must also be approved by a group that ${problem ?? ""}: change also_approved_by in the target file.`;
  return {
    slots: repeat({ rule: "also_approved_by", path, from, filledBy: null }, times),
    gates: problem === undefined ? [] : [gate("owned", false, "", bad)],
  };
}

const whyNobody = (owners: readonly Owner[]): string | undefined =>
  owners.length === 0
    ? "names nobody"
    : owners.every((owner) => owner.kind === "email")
      ? "names only e-mail addresses, which cannot be matched to accounts"
      : undefined;

/**
 * Fills slots with people: one person fills one slot of a path (C24) and may fill one on each of several paths. As many slots
 * as possible are filled; the same people give the same answer in any order.
 */
export function fill(
  slots: readonly Slot[],
  people: readonly Actor[],
  fits: (owner: Owner, person: Actor) => boolean,
): readonly Slot[] {
  const ordered = [...new Map(people.map((person) => [person.id, person])).values()].sort((a, b) => a.id - b.id);
  return [...Map.groupBy(slots, (slot) => slot.path).values()].flatMap((ofPath) => {
    const edges = ofPath.map((slot) =>
      ordered.flatMap((person, index) => (slot.from.some((owner) => fits(owner, person)) ? [index] : [])),
    );
    const matched = maximumMatching(edges);
    return ofPath.map((slot, index) => ({ ...slot, filledBy: ordered[matched[index] ?? -1] ?? null }));
  });
}
