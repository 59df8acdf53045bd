import type { Owner } from "../access-repo/types.ts";
import { automatic } from "./auto-approve.ts";
import { unfillablePaths } from "./awaited.ts";
import { asksForBreakGlass, breakGlassMembers } from "./break-glass.ts";
import { barredLogins, gatesOf } from "./decide.ts";
import { sameLogin, teamKey } from "./owners.ts";
import { judgeReviews } from "./reviews.ts";
import { demand } from "./slots.ts";
import type { Actor, Decision, DecisionInput, Slot } from "./types.ts";

export interface PeopleToCheck {
  readonly candidates: readonly Actor[];
  readonly teams: readonly Team[];
  /** The requester in the teams that may go without approval; absent where nothing hangs on it. */
  readonly requester?: { readonly person: Actor; readonly teams: readonly Team[] };
}
interface Team {
  readonly org: string;
  readonly slug: string;
}

/**
 * Whose live membership of which teams can still change the decision: every candidate in every team. Empty where a gate fails,
 * where no review is left that could count, or where no slot names a team: GitHub is then asked nothing.
 */
export function peopleToCheck(input: Omit<DecisionInput, "memberships">): PeopleToCheck {
  const nobody: PeopleToCheck = { candidates: [], teams: [] };
  if (gatesOf(input).some((gate) => !gate.node.ok)) return nobody;
  const requester = requesterIn(input);
  return { ...reviewersIn(input), ...(requester && { requester }) };
}

function reviewersIn(input: Omit<DecisionInput, "memberships">): PeopleToCheck {
  const nobody: PeopleToCheck = { candidates: [], teams: [] };
  const { slots } = demand(input);
  const teams = teamsOf(slots.flatMap((slot) => slot.from));
  const judged = judgeReviews(input);
  const approvers = judged.approvals.map((review) => review.author).filter((actor) => !fillsByName(slots, actor));
  // An objection blocks by one slot, so who is named in any needs no team.
  const objectors = judged.objections
    .map((review) => review.author)
    .filter((actor) => !slots.some((slot) => named(slot, actor)));
  const candidates = [...approvers, ...objectors];
  if (teams.length === 0 || candidates.length === 0) return nobody;
  return { candidates, teams };
}

const teamsOf = (owners: readonly Owner[]): readonly Team[] => [
  ...new Map(
    owners.flatMap((owner) =>
      owner.kind === "team" ? [[teamKey(owner), { org: owner.org, slug: owner.slug }] as const] : [],
    ),
  ).values(),
];

/**
 * Teams whose members say whether anybody is left who could fill an open slot (C64): those of paths that the users named there
 * cannot complete by themselves. For what people read, never for the decision; none where it would take more than three calls.
 */
export function teamsToList(
  input: Pick<DecisionInput, "snapshot" | "excluded" | "policy">,
  { outcome, slots }: Pick<Decision, "outcome" | "slots">,
): readonly Team[] {
  if (outcome !== "pending") return [];
  const all = teamsOf(slots.flatMap((slot) => slot.from));
  const empty = new Map(all.map((team) => [teamKey(team), { kind: "members", logins: [] } as const]));
  const paths = unfillablePaths(slots, barredLogins(input), empty);
  const teams = teamsOf(slots.filter((slot) => paths.includes(slot.path)).flatMap((slot) => slot.from));
  return teams.length > 3 ? [] : teams;
}

/** Asked for only where everything else of the rule holds, and where no list names the requester by login already. */
function requesterIn(input: Omit<DecisionInput, "memberships">): PeopleToCheck["requester"] {
  const person = input.snapshot.pullRequest.author;
  const found = automatic(input);
  const lists = asksForBreakGlass(input)
    ? [breakGlassMembers(input)]
    : found?.since === undefined
      ? (found?.requesters ?? [])
      : [];
  const named = (owners: readonly Owner[]): boolean =>
    owners.some((owner) => owner.kind === "user" && person !== null && sameLogin(owner.login, person.login));
  const teams = teamsOf(lists.filter((owners) => !named(owners)).flat());
  return person === null || teams.length === 0 ? undefined : { person, teams };
}

const named = (slot: Slot, actor: Actor): boolean =>
  slot.from.some((owner) => owner.kind === "user" && sameLogin(owner.login, actor.login));

/** Named as a user in every slot: membership of a team adds nothing. */
const fillsByName = (slots: readonly Slot[], actor: Actor): boolean => slots.every((slot) => named(slot, actor));
