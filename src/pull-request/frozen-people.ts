import { frozenLogins, withAccounts } from "../access-repo/index.ts";
import type { FreezeEntry, Policy } from "../access-repo/types.ts";
import type { Digest } from "../base/ids.ts";
import type { Db } from "../store/index.ts";
import type { FrozenPerson } from "../store/schema.ts";

/** What is known of the people that the policy of an access repo freezes. Its `digest`: the policy whose people these are. */
export interface FrozenPeople {
  readonly digest: Digest;
  readonly people: readonly FrozenPerson[];
}

/** null: nobody has looked yet. */
export async function readFrozenPeople(db: Db, repositoryId: number): Promise<FrozenPeople | null> {
  const row = await db
    .selectFrom("frozen_people")
    .select(["policy_digest", "people"])
    .where("repository_id", "=", String(repositoryId))
    .executeTakeFirst();
  return row ? { digest: row.policy_digest as Digest, people: row.people } : null;
}

/**
 * `frozen:` of an access repo with the accounts that its people had when they were frozen, so that nobody is free of it by
 * another name (DESIGN.md section 4, Freeze; C07). One query, and none where nobody is frozen by name. What is not known yet is
 * left out: the login alone decides then.
 */
export async function knowingAccounts(
  db: Db,
  repositoryId: number,
  entries: readonly FreezeEntry[],
): Promise<readonly FreezeEntry[]> {
  if (frozenLogins(entries).length === 0) return entries;
  const known = await readFrozenPeople(db, repositoryId);
  return withAccounts(entries, new Map((known?.people ?? []).map(({ login, ids }) => [login, ids])));
}

/** The policy to decide by. Never the one to compare files with: a file names no accounts. */
export async function policyKnowingAccounts(db: Db, repositoryId: number, policy: Policy): Promise<Policy> {
  const { frozen } = policy.settings;
  const known = await knowingAccounts(db, repositoryId, frozen);
  return known === frozen ? policy : { ...policy, settings: { ...policy.settings, frozen: known } };
}
