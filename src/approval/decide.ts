import type { Owner } from "../access-repo/types.ts";
import { automatic, whoMay } from "./auto-approve.ts";
import { awaitedOwners, unfillablePaths } from "./awaited.ts";
import { asksForBreakGlass, breakGlassGates, breakGlassMembers, membershipGate } from "./break-glass.ts";
import { freezeGate, frozenApprovers } from "./freeze.ts";
import { historyGates } from "./history.ts";
import { branch, count, type Gate, leaf, listOf } from "./nodes.ts";
import { isOwner, ownersText, ownerText, teamKey } from "./owners.ts";
import { pullRequestGates } from "./pull-request-gates.ts";
import { type AuthoredReview, barredPeople, judgeReviews } from "./reviews.ts";
import { demand, fill } from "./slots.ts";
import type { Actor, Decision, DecisionInput, Explanation, Outcome, Rule, Slot } from "./types.ts";

/** Everything that no review can mend, in the order in which it is told. */
export function gatesOf(input: Omit<DecisionInput, "memberships">): readonly Gate[] {
  return [
    ...pullRequestGates(input),
    ...historyGates(input.snapshot),
    freezeGate(input),
    ...demand(input).gates,
    ...breakGlassGates(input),
  ];
}

/**
 * The approval rules over one snapshot (DESIGN.md section 4), pure. Outcome: retry before denied before blocked before
 * pending before approved. Reviews are judged only where every gate holds; otherwise no membership was worth asking for, and
 * saying who is no owner would be a guess.
 */
export function decide(input: DecisionInput): Decision {
  const gates = [...gatesOf(input)];
  if (asksForBreakGlass(input) && gates.every((gate) => gate.node.ok))
    gates.push(membershipGate(input, isRequester(input, breakGlassMembers(input))));
  const failed = gates.filter((gate) => !gate.node.ok);
  const { slots: empty } = demand(input);
  const nodes = gates.map((gate) => gate.node);
  const first = failed.find((gate) => gate.fails === "retry") ?? failed[0];
  if (first !== undefined) {
    const tree = { ok: false, rule: "decision", text: first.node.text, children: nodes };
    return {
      outcome: first.fails,
      rule: null,
      tree,
      slots: empty,
      approvers: [],
      ignored: [],
      awaited: [],
      skipped: [],
    };
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
  const open = slots.filter((slot) => slot.filledBy === null).length;
  const automatic = automaticNode(input);
  const rule = ruleThatHolds(input, open, automatic);
  const outcome: Outcome = objections.length > 0 ? "blocked" : rule === null ? "pending" : "approved";
  const objectors = objections.map((review) => review.author.login);
  const unfilled = awaitedOwners(slots, barred);
  const awaited = outcome === "approved" ? [] : unfilled;
  const alone = outcome === "approved" && rule !== "owners";

  const children = [
    ...gateNodes,
    planNode(input),
    objectionNode(objectors),
    // Where owners approved, nobody has to know why it would have gone without them.
    ...(automatic !== null && rule !== "owners" ? [automatic] : []),
    ...(open > 0 && rule === null ? fillableNodes(input, slots, barred) : []),
    approvalsNode(slots, alone),
  ];
  return {
    outcome,
    rule: outcome === "approved" ? rule : null,
    tree: {
      ok: outcome === "approved",
      rule: "decision",
      text: alone ? aloneSentence(input, automatic) : sentence(outcome, approvers, objectors, open, awaited),
      children,
    },
    slots,
    approvers: alone ? [] : approvers,
    ignored: [...judged.ignored, ...strangers.map((review) => ({ review, reason: "not_owner" as const }))],
    awaited,
    skipped: alone ? unfilled : [],
  };
}

/** Whether the requester is one of these, live. An e-mail address is nobody's (owners.ts). */
const isRequester = ({ snapshot, memberships }: DecisionInput, owners: readonly Owner[]): boolean => {
  const { author } = snapshot.pullRequest;
  return author?.kind === "user" && owners.some((owner) => isOwner(owner, author, memberships));
};

/**
 * Break-glass, where it is asked for, and no other. Else the owners before `auto_approve`: what people read is worth more. After
 * the merge the rule that decided before it, so that neither can stand in for the other.
 */
function ruleThatHolds(input: DecisionInput, open: number, automatic: Explanation | null): Rule | null {
  const holding: readonly Rule[] = asksForBreakGlass(input)
    ? ["break_glass"] // its gates held
    : [...(open === 0 ? ["owners" as const] : []), ...(automatic?.ok === true ? ["auto_approve" as const] : [])];
  const { decidedBy } = input.standing;
  return (decidedBy === null ? holding[0] : holding.find((rule) => rule === decidedBy)) ?? null;
}

/** Whether `auto_approve` applies, in one line; null where nothing here has it. */
function automaticNode(input: DecisionInput): Explanation | null {
  const found = automatic(input);
  if (found === null) return null;
  const requester = input.snapshot.pullRequest.author?.login ?? "the requester";
  const since =
    found.since ??
    (found.requesters.every((owners) => isRequester(input, owners))
      ? undefined
      : `${requester} is not one of ${whoMay(found.requesters)}`);
  return leaf(
    since === undefined,
    "auto_approve",
    since === undefined
      ? `${requester} is one of ${whoMay(found.requesters)}, and auto_approve covers all that is asked.`
      : `Not approved automatically, since ${since}: owners approve it.`,
  );
}

const aloneSentence = (input: DecisionInput, automatic: Explanation | null): string =>
  automatic === null
    ? `Break-glass by ${input.snapshot.pullRequest.author?.login ?? "the requester"}: nobody approves it before, an owner reviews it after.`
    : `Approved automatically: ${automatic.text}`;

const distinct = (people: readonly Actor[]): readonly Actor[] =>
  [...new Map(people.map((person) => [person.id, person])).values()].sort((a, b) => a.id - b.id);

/** Logins, in lower case, of people who may not approve this. */
export const barredLogins = (input: Pick<DecisionInput, "snapshot" | "excluded" | "policy">): ReadonlySet<string> =>
  new Set([
    ...barredPeople(input)
      .values()
      .map(({ actor }) => actor.login.toLowerCase()),
    ...frozenApprovers(input.policy.settings.frozen, input.snapshot),
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

function fillableNodes(
  { policy, rosters }: DecisionInput,
  slots: readonly Slot[],
  barred: ReadonlySet<string>,
): readonly Explanation[] {
  return unfillablePaths(slots, barred, rosters).map((path) => {
    const ofPath = slots.filter((slot) => slot.path === path);
    const names = [...new Set(ofPath.flatMap((slot) => slot.from.map(ownerText)))].join(", ");
    const line = ofPath.find((slot) => slot.line !== undefined)?.line;
    const where = line === undefined ? "" : ` (line ${line} of ${policy.codeowners.path})`;
    const hidden = [...new Set(ofPath.flatMap((slot) => slot.from))]
      .filter((owner) => owner.kind === "team" && rosters?.get(teamKey(owner))?.kind === "not_visible")
      .map(ownerText);
    const secret = hidden.length === 0 ? "" : `, GitHub does not show us ${hidden.join(", ")}`;
    return leaf(
      false,
      "fillable",
      `Nobody can complete the approval of ${path}: it needs ${count(ofPath.length, "approval")} by ${names}${where}${secret}, and too few of them may approve what they asked for, wrote or pushed; let somebody else ask, or add owners by a policy pull request.`,
    );
  });
}

function approvalsNode(slots: readonly Slot[], alone: boolean): Explanation {
  if (alone) return leaf(true, "slots", "No owner has to approve it.");
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
