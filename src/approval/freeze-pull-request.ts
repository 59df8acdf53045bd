import { ownersOf, settingsPath } from "../access-repo/index.ts";
import type { Owner, Policy } from "../access-repo/types.ts";
import { gatesOf } from "./decide.ts";
import { leaf } from "./nodes.ts";
import { isOwner } from "./owners.ts";
import type { Actor, Decision, DecisionInput, Snapshot } from "./types.ts";

// One person may stop, the rules resume (DESIGN.md section 4, Freeze; C72).

const zeros = "0".repeat(40);

/** Whose word alone stops things: owners of the settings file, and break-glass members. */
export const freezers = (policy: Policy): readonly Owner[] => [
  ...(ownersOf(policy.codeowners, settingsPath)?.owners ?? []),
  ...(policy.settings.break_glass?.members ?? []),
];

/**
 * The one person who opened the pull request and made every push to its branch; undefined where there is none. Every push: the
 * activity that GitHub shows has to begin with the branch itself, or who else pushed is not known.
 */
export function solePerson(snapshot: Snapshot): Actor | undefined {
  const { author } = snapshot.pullRequest;
  const pushes = snapshot.pushes.filter((push) => push.after !== zeros);
  if (author?.kind !== "user" || pushes[0]?.before !== zeros) return undefined;
  return pushes.every((push) => push.actor?.id === author.id) ? author : undefined;
}

/**
 * Whether a policy pull request that only freezes may be merged at once; null: it is a policy pull request like any other.
 * The caller has compared the settings (`addedFreezes`); `memberships` are of its author in the teams among `freezers`.
 */
export function decideFreeze(input: DecisionInput): Decision | null {
  const { snapshot, policy, subject } = input;
  const [change, ...others] = snapshot.changes;
  const onlySettings = change?.path === settingsPath && change.status === "modified" && others.length === 0;
  const samePaths = subject.kind === "policy" && subject.paths.length === 1 && subject.paths[0] === settingsPath;
  if (!onlySettings || !samePaths) return null;
  if (gatesOf(input).some((gate) => !gate.node.ok)) return null;
  const person = solePerson(snapshot);
  if (!person || !freezers(policy).some((owner) => isOwner(owner, person, input.memberships))) return null;
  const text = `${person.login} may freeze alone; the way back is a policy pull request.`;
  const tree = { ok: true, rule: "freeze", text, children: [leaf(true, "freeze", text)] };
  return {
    outcome: "approved",
    rule: "freeze",
    tree,
    slots: [],
    approvers: [],
    ignored: [],
    awaited: [],
    skipped: [],
  };
}
