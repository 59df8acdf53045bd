import { loadPolicy } from "../access-repo/index.ts";
import type { FreezeEntry, Policy } from "../access-repo/types.ts";
import { RetryLater } from "../base/errors.ts";
import { type Enrolment, knowingAccounts } from "../pull-request/index.ts";
import type { GrantDeps } from "./deps.ts";

/** By the digest of the policy: what that holds cannot change. */
const known = new Map<string, readonly FreezeEntry[]>();
const most = 200;

/** A policy that was read for another reason a moment ago: what it freezes need not be asked for again. */
export function rememberFrozen({ digest, settings }: Policy): void {
  if (known.size >= most) known.clear();
  known.set(digest, settings.frozen);
}

/**
 * `frozen:` of the policy in force (DESIGN.md section 4, Freeze), never of one that nobody accepted, with the accounts of its
 * people.
 * @throws RetryLater where it cannot be read: what cannot be seen to run free does not run
 */
export const frozenBySettings = async (
  deps: Pick<GrantDeps, "github" | "db">,
  enrolment: Enrolment,
): Promise<readonly FreezeEntry[]> => knowingAccounts(deps.db, enrolment.id, await writtenFreezes(deps, enrolment));

/** The same as the file has it. @throws RetryLater */
export async function writtenFreezes(
  deps: Pick<GrantDeps, "github">,
  enrolment: Enrolment,
): Promise<readonly FreezeEntry[]> {
  const { accepted } = enrolment;
  if (!accepted) throw new RetryLater("policy_unreadable", "No policy is in force.");
  const before = known.get(accepted.digest);
  if (before) return before;
  const loaded = loadPolicy(await deps.github.policyAt(enrolment, accepted.commit));
  if (!loaded.ok || loaded.policy.digest !== accepted.digest)
    throw new RetryLater("policy_unreadable", "The policy in force cannot be read.", { after: 30 });
  rememberFrozen(loaded.policy);
  return loaded.policy.settings.frozen;
}
