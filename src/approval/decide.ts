import type { Owner } from "../access-repo/types.ts";
import { awaitedOwners, unfillablePaths } from "./awaited.ts";
import { freezeGate, frozenApprovers } from "./freeze.ts";
import { historyGates } from "./history.ts";
import { branch, count, type Gate, leaf, listOf } from "./nodes.ts";
import { isOwner, ownersText, ownerText } from "./owners.ts";
import { pullRequestGates } from "./pull-request-gates.ts";
import { type AuthoredReview, barredPeople, judgeReviews } from "./reviews.ts";
import { demand, fill } from "./slots.ts";
import type { Actor, Decision, DecisionInput, Explanation, Outcome, Slot } from "./types.ts";

/** Everything that no review can mend, in the order in which it is told. */
export function gatesOf(input: Omit<DecisionInput, "memberships">): readonly Gate[] {
  return [...pullRequestGates(input), ...historyGates(input.snapshot), freezeGate(input), ...demand(input).gates];
}

/**
 * The approval rules over one snapshot (DESIGN.md section 4), pure. Outcome: retry before denied before blocked before
 * pending before approved. Reviews are judged only where every gate holds; otherwise no membership was worth asking for, and
 * saying who is no owner would be a guess.
 */
export function decide(input: DecisionInput): Decision {
  const gates = gatesOf(input);
  const failed = gates.filter((gate) => !gate.node.ok);
  const { slots: empty } = demand(input);
  const nodes = gates.map((gate) => gate.node);
  const first = failed.find((gate) => gate.fails === "retry") ?? failed[0];
  if (first !== undefined) {
    const tree = { ok: false, rule: "decision", text: first.node.text, children: nodes };
    return { outcome: first.fails, tree, slots: empty, approvers: [], ignored: [], awaited: [] };
  }
  return onReviews(input, nodes, empty);
}

function onReviews(input: DecisionInput, gateNodes: readonly Explanation[], empty: readonly Slot[]): Decision {
  const fits = (owner: Owner, person: Actor): boolean => isOwner(owner, person, input.memberships);
  const owns = (review: AuthoredReview): boolean =>
    empty.some((slot) => slot.from.some((owner) => fits(owner, review.author)));
  const judged = judgeReviews(input);
  const strangers = [...judged.approvals, ...judged.objections].filter((review) => !owns(review));
  const objections = judged.objections.filter(owns);
  const people = judged.approvals.filter(owns).map((review) => review.author);

  const slots = fill(empty, people, fits);
  const approvers = distinct(slots.flatMap((slot) => slot.filledBy ?? []));
  const barred = barredLogins(input);
  const awaited = awaitedOwners(slots, barred);
  const open = slots.filter((slot) => slot.filledBy === null).length;
  const outcome: Outcome = objections.length > 0 ? "blocked" : open > 0 ? "pending" : "approved";
  const objectors = objections.map((review) => review.author.login);

  const children = [
    ...gateNodes,
    planNode(input),
    objectionNode(objectors),
    ...(open > 0 ? fillableNodes(slots, barred) : []),
    approvalsNode(slots),
  ];
  return {
    outcome,
    tree: {
      ok: outcome === "approved",
      rule: "decision",
      text: sentence(outcome, approvers, objectors, open, awaited),
      children,
    },
    slots,
    approvers,
    ignored: [...judged.ignored, ...strangers.map((review) => ({ review, reason: "not_owner" as const }))],
    awaited,
  };
}

const distinct = (people: readonly Actor[]): readonly Actor[] =>
  [...new Map(people.map((person) => [person.id, person])).values()].sort((a, b) => a.id - b.id);

const barredLogins = (input: DecisionInput): ReadonlySet<string> =>
  new Set([
    ...barredPeople(input)
      .values()
      .map(({ actor }) => actor.login.toLowerCase()),
    ...frozenApprovers(input.policy.settings.frozen),
  ]);

const planNode = ({ planPostedAt }: DecisionInput): Explanation =>
  leaf(
    planPostedAt !== null,
    "plan_posted",
    planPostedAt === null
      ? "No plan is posted for this commit yet, so no approval counts."
      : "The plan for this commit is posted.",
  );

const objectionNode = (logins: readonly string[]): Explanation =>
  leaf(
    logins.length === 0,
    "changes_requested",
    logins.length === 0 ? "No owner asked for changes." : `${listOf(logins)} asked for changes.`,
  );

function fillableNodes(slots: readonly Slot[], barred: ReadonlySet<string>): readonly Explanation[] {
  return unfillablePaths(slots, barred).map((path) => {
    const ofPath = slots.filter((slot) => slot.path === path);
    const names = [...new Set(ofPath.flatMap((slot) => slot.from.map(ownerText)))].join(", ");
    return leaf(
      false,
      "fillable",
      `Nobody can complete the approval of ${path}: it needs ${count(ofPath.length, "approval")} by ${names}, and too few of them may approve what they asked for, wrote or pushed; let somebody else ask, or add owners by a policy pull request.`,
    );
  });
}

function approvalsNode(slots: readonly Slot[]): Explanation {
  const paths = [...Map.groupBy(slots, (slot) => slot.path)].map(([path, ofPath]) => {
    const met = ofPath.filter((slot) => slot.filledBy !== null).length;
    return branch("path", `${path} has ${met} of ${count(ofPath.length, "approval")}.`, ofPath.map(slotNode));
  });
  return branch("slots", `Approvals for ${count(paths.length, "path")}.`, paths);
}

const slotNode = (slot: Slot): Explanation => {
  const by = `${slot.rule === "codeowners" ? `an owner (line ${slot.line ?? 0})` : "also_approved_by"}: ${ownersText(slot.from)}`;
  return leaf(
    slot.filledBy !== null,
    "slot",
    slot.filledBy === null ? `Missing: ${by}.` : `${slot.filledBy.login} approved as ${by}.`,
  );
};

function sentence(
  outcome: Outcome,
  approvers: readonly Actor[],
  objectors: readonly string[],
  open: number,
  awaited: readonly Owner[],
): string {
  if (outcome === "blocked") return `${listOf(objectors)} asked for changes.`;
  if (outcome === "approved") return `Approved by ${listOf(approvers.map((person) => person.login))}.`;
  const whom = awaited.length === 0 ? "nobody is left who may give it" : `from ${ownersText(awaited)}`;
  return `Waiting for ${count(open, "more approval")}: ${whom}.`;
}
