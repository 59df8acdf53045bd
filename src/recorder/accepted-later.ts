import type { Keys } from "../issuer/index.ts";
import type { LedgerAcceptedEntry } from "../ledger/index.ts";
import { judgeByHeld, type LedgerCommit, type Verified } from "./judge.ts";

/**
 * Whether a commit that is not ours was accepted by an operator: a later batch of ours, verified as any, says so of a range that
 * holds it. So a restored or lost database is rebuilt without being asked the same again.
 * @param commits the branch from the last verified batch on, oldest first; `index` is the foreign one, `after` the state before it
 */
export async function acceptedLater(
  keys: Pick<Keys, "ledgerKeyOf" | "refresh">,
  commits: readonly LedgerCommit[],
  index: number,
  after: Verified,
): Promise<boolean> {
  const place = (commit: string): number => commits.findIndex((one) => one.sha === commit);
  let state = after;
  for (const [i, commit] of commits.entries()) {
    if (i <= index) continue;
    // What lies between may be foreign as well, so the parent says nothing here.
    const judged = await judgeByHeld(keys, commit, { ...state, commit: commit.parents[0] ?? null });
    if (!judged.ok) continue;
    const acceptances = judged.batch.entries.filter((e): e is LedgerAcceptedEntry => e.type === "ledger_accepted");
    if (acceptances.some((e) => place(e.after) < index && place(e.tip) >= index && place(e.tip) < i)) return true;
    state = judged.next;
  }
  return false;
}
