import { ownersOf } from "../access-repo/index.ts";
import type { Policy } from "../access-repo/types.ts";
import { isFrozenApprover } from "./freeze.ts";
import { isOwner, ownersText, teamKey } from "./owners.ts";
import type { Actor, Memberships } from "./types.ts";

/** What is said on the issue of a use of break-glass. */
export interface Said {
  readonly id: number;
  readonly author: Actor | null;
  readonly body: string;
  /** Anyone with write may edit another's comment. */
  readonly edited: boolean;
}

/** A grant by break-glass that no owner has reviewed. */
export interface OwedReview {
  readonly path: string;
  /** Who asked, wrote or pushed. */
  readonly barred: readonly { readonly id: number }[];
}

/** The command stands alone at the start of the comment, so that nobody says it by quoting or explaining it. */
const command = /^\/countersign[ \t]+reviewed[ \t]*(?:\r?\n|$)/;

export const isReviewCommand = (body: string): boolean => command.test(body.trimStart());

/** Teams whose live membership says whether somebody owns one of these paths under this policy. */
export function reviewTeams(
  policy: Policy,
  paths: readonly string[],
): readonly { readonly org: string; readonly slug: string }[] {
  const owners = paths.flatMap((path) => ownersOf(policy.codeowners, path)?.owners ?? []);
  const teams = owners.flatMap((owner) => (owner.kind === "team" ? [{ org: owner.org, slug: owner.slug }] : []));
  return [...new Map(teams.map((team) => [teamKey(team), team])).values()];
}

/**
 * Why a comment is no review of a use of break-glass, in words for its author; undefined: it is one (DESIGN.md section 4).
 * An owner of the path by CODEOWNERS of the policy in force now, with live membership and write permission, who is not the
 * person, and a comment that nobody touched.
 */
export function whyNoReview(
  said: Pick<Said, "author" | "edited">,
  { path, barred }: OwedReview,
  live: { readonly policy: Policy; readonly memberships: Memberships; readonly canWrite: boolean },
): string | undefined {
  const { author } = said;
  if (author?.kind !== "user") return "only a person reviews";
  if (said.edited) return "the comment was edited, which anyone with write permission can do: write a new one";
  if (barred.some(({ id }) => id === author.id))
    return "who asked for the access, wrote or pushed the request does not review it";
  if (isFrozenApprover(live.policy.settings.frozen, author)) return "the settings have frozen this account as approver";
  const owners = ownersOf(live.policy.codeowners, path)?.owners ?? [];
  if (!owners.some((owner) => isOwner(owner, author, live.memberships)))
    return `${path} is owned by ${owners.length === 0 ? "nobody" : ownersText(owners)}`;
  return live.canWrite ? undefined : "write permission on this repository is missing";
}
