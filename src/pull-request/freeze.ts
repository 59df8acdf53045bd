import { addedFreezes, freezeText, policyDigest } from "../access-repo/index.ts";
import type { FreezeEntry, Policy } from "../access-repo/types.ts";
import { decideFreeze, freezers, solePerson } from "../approval/index.ts";
import type { Decision, DecisionInput } from "../approval/types.ts";
import { forTrailer } from "../base/text.ts";
import type { CheckContent } from "../github/types.ts";
import { plainCheck } from "./check-text.ts";
import type { ReconcileDeps } from "./deps.ts";
import { policyKnowingAccounts } from "./frozen-people.ts";
import type { MergeMessage } from "./merge-message.ts";

export interface Freeze {
  readonly decision: Decision;
  readonly added: readonly FreezeEntry[];
}

/**
 * Whether a policy pull request is one that only freezes, by somebody who may do that alone (DESIGN.md section 4, Freeze; C72).
 * Live: team memberships, and that the person may still write here. null: it is a policy pull request like any other, also
 * where the default branch holds a policy that nobody accepted. Asked again after the merge, whose parent is what the caller
 * looks at.
 * @throws RetryLater where GitHub cannot be read
 */
export async function freezeOf(
  deps: Pick<ReconcileDeps, "github" | "db">,
  input: Omit<DecisionInput, "memberships">,
  brought: Policy,
): Promise<Freeze | null> {
  const { snapshot, policy } = input;
  const added = addedFreezes(policy.settings, brought.settings);
  const person = solePerson(snapshot);
  const inForce = snapshot.pullRequest.state === "merged" || policyDigest(snapshot.tip.policy) === policy.digest;
  if (!added || !person || !inForce) return null;
  const teams = new Map<string, ReadonlySet<typeof person.id>>();
  for (const owner of freezers(policy)) {
    if (owner.kind !== "team") continue;
    const member = await deps.github.teamMember(snapshot.repository, owner.org, owner.slug, person.login);
    teams.set(`${owner.org}/${owner.slug}`.toLowerCase(), new Set(member ? [person.id] : []));
  }
  const known = await policyKnowingAccounts(deps.db, snapshot.repository.id, policy);
  const decision = decideFreeze({ ...input, policy: known, memberships: { teams } });
  // An owner who lost write is none (C26).
  if (!decision || !(await deps.github.canWrite(snapshot.repository.fullName, person))) return null;
  return { decision, added };
}

const what = (added: readonly FreezeEntry[]): string => added.map(freezeText).join(", ");

export const freezeCheck = ({ added, decision }: Freeze, draft: boolean): CheckContent =>
  plainCheck("success", draft ? "Freeze. Draft: mark it ready to freeze" : "Freeze: merged at once", [
    `This only adds to what is frozen: ${what(added)}. ${decision.tree.text}`,
    "From the merge on nothing of it is merged, granted, started or issued.",
  ]);

export const freezeMessage = (added: readonly FreezeEntry[], number: number, message: string): MergeMessage => ({
  title: `Freeze: ${forTrailer(what(added), 180)} (#${number})`,
  message,
});
