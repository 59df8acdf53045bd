import { loadPolicy, ownersOf } from "../access-repo/index.ts";
import type { Owner, Policy } from "../access-repo/types.ts";
import { ownersText } from "../approval/index.ts";
import type { Actor } from "../approval/types.ts";
import type { GitHub, RepoRef } from "../github/types.ts";
import type { Enrolment } from "./enrolment.ts";

type AsksGitHub = { readonly github: Pick<GitHub, "teamMember" | "canWrite"> };

/** A request that somebody wants to end. */
export interface Endable {
  readonly path: string;
  /** null: nobody knows who asked for it. */
  readonly requester: { readonly id: number; readonly login: string } | null;
}

/**
 * Tells whether a person may end a request, its grant or its file: its requester, an owner of its path under the accepted policy,
 * or a break-glass member; all as they are now. An owner has write here, as for approving (C26). A user named as break-glass
 * member as well, since a name can be registered again (C07); of a member of a team GitHub vouches for the account. GitHub is
 * asked about each team once, however many requests there are.
 *
 * @param policy null where the accepted policy cannot be read: then only the requester may
 */
export function mayEnd(
  { github }: AsksGitHub,
  repo: RepoRef,
  policy: Policy | null,
  person: Actor,
): (what: Endable) => Promise<boolean> {
  const teams = new Map<string, boolean>();
  const inTeam = async (org: string, slug: string): Promise<boolean> => {
    const key = `${org}/${slug}`.toLowerCase();
    const known = teams.get(key) ?? (await github.teamMember(repo, org, slug, person.login));
    teams.set(key, known);
    return known;
  };
  const among = async (owners: readonly Owner[]): Promise<"user" | "team" | null> => {
    if (owners.some((o) => o.kind === "user" && o.login.toLowerCase() === person.login.toLowerCase())) return "user";
    for (const owner of owners) if (owner.kind === "team" && (await inTeam(owner.org, owner.slug))) return "team";
    return null;
  };
  let writes: boolean | undefined;
  const canWrite = async (): Promise<boolean> => (writes ??= await github.canWrite(repo.fullName, person));
  return async ({ path, requester }) => {
    if (person.kind !== "user") return false;
    if (requester?.id === person.id) return true;
    if (policy === null) return false;
    const helps = await among(policy.settings.break_glass?.members ?? []);
    if (helps === "team" || (helps === "user" && (await canWrite()))) return true;
    return (await among(ownersOf(policy.codeowners, path)?.owners ?? [])) !== null && (await canWrite());
  };
}

/** Who may end a request, in words. Raw names: the sink escapes them, so that nobody is called who was not asked. */
export function whoMayEnd(policy: Policy | null, { path, requester }: Endable): string {
  const owners = policy ? (ownersOf(policy.codeowners, path)?.owners ?? []) : [];
  const helpers = policy?.settings.break_glass?.members ?? [];
  return [
    ...(requester ? [`${requester.login} (who asked for it)`] : []),
    ...(owners.length > 0 ? [`${ownersText(owners)} (owners)`] : []),
    ...(helpers.length > 0 ? [`${ownersText(helpers)} (break-glass)`] : []),
  ].join(", ");
}

/** The policy in force, also while another stands on the default branch; null where it cannot be read any more. */
export async function policyInForce(
  { github }: { readonly github: Pick<GitHub, "policyAt"> },
  enrolment: Enrolment,
): Promise<Policy | null> {
  if (!enrolment.accepted) return null;
  const loaded = loadPolicy(await github.policyAt(enrolment, enrolment.accepted.commit));
  return loaded.ok && loaded.policy.digest === enrolment.accepted.digest ? loaded.policy : null;
}
