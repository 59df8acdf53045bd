import { gatesOf } from "./decide.ts";
import { sameLogin, teamKey } from "./owners.ts";
import { judgeReviews } from "./reviews.ts";
import { demand } from "./slots.ts";
import type { Actor, DecisionInput, Slot } from "./types.ts";

export interface PeopleToCheck {
  readonly candidates: readonly Actor[];
  readonly teams: readonly { readonly org: string; readonly slug: string }[];
}

/**
 * Whose live membership of which teams can still change the decision: every candidate in every team. Empty where a gate fails,
 * where no review is left that could count, or where no slot names a team: GitHub is then asked nothing.
 */
export function peopleToCheck(input: Omit<DecisionInput, "memberships">): PeopleToCheck {
  const nobody: PeopleToCheck = { candidates: [], teams: [] };
  if (gatesOf(input).some((gate) => !gate.node.ok)) return nobody;
  const { slots } = demand(input);
  const teams = new Map(
    slots
      .flatMap((slot) => slot.from)
      .flatMap((owner) =>
        owner.kind === "team" ? [[teamKey(owner), { org: owner.org, slug: owner.slug }] as const] : [],
      ),
  );
  const judged = judgeReviews(input);
  const approvers = judged.approvals.map((review) => review.author).filter((actor) => !fillsByName(slots, actor));
  // An objection blocks by one slot, so who is named in any needs no team.
  const objectors = judged.objections
    .map((review) => review.author)
    .filter((actor) => !slots.some((slot) => named(slot, actor)));
  const candidates = [...approvers, ...objectors];
  if (teams.size === 0 || candidates.length === 0) return nobody;
  return { candidates, teams: [...teams.values()] };
}

const named = (slot: Slot, actor: Actor): boolean =>
  slot.from.some((owner) => owner.kind === "user" && sameLogin(owner.login, actor.login));

/** Named as a user in every slot: membership of a team adds nothing. */
const fillsByName = (slots: readonly Slot[], actor: Actor): boolean => slots.every((slot) => named(slot, actor));
