import { ownerText } from "../access-repo/index.ts";
import type { Owner } from "../access-repo/types.ts";
import type { Actor, Memberships } from "./types.ts";

export { ownerText };

/** How a team is named in `Memberships` and compared: lower case, since GitHub names have no case (CHECKLIST C07). */
export const teamKey = (team: { readonly org: string; readonly slug: string }): string =>
  `${team.org}/${team.slug}`.toLowerCase();

export const ownersText = (owners: readonly Owner[]): string => owners.map(ownerText).join(", ");

export const sameLogin = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/**
 * Whether a person is this owner. CODEOWNERS holds logins, so a user is compared by login; the login of `actor` was read live.
 * E-mail owners never match: GitHub does not say whose address it is, and a person can put any address on an account.
 */
export function isOwner(owner: Owner, actor: Actor, memberships: Memberships): boolean {
  if (owner.kind === "email") return false;
  if (owner.kind === "user") return sameLogin(owner.login, actor.login);
  return memberships.teams.get(teamKey(owner))?.has(actor.id) ?? false;
}
