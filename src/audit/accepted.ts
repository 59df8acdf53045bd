import type { LedgerAcceptedEntry } from "../ledger/index.ts";
import type { Git } from "./git.ts";
import type { Problems } from "./problems.ts";
import type { AcceptedProblem } from "./types.ts";

/** A signed entry, and the commit whose batch holds it. */
export interface Acceptance {
  readonly entry: LedgerAcceptedEntry;
  readonly commit: string;
}

/**
 * Takes from the problems what an operator accepted: findings about a commit of the ledger branch itself, after `after` and up to
 * `tip`, both of which lie on the branch before the batch that says so: nobody accepts what is still to come.
 * @param commits the branch, oldest first
 */
export async function settle(
  git: Git,
  commits: readonly string[],
  acceptances: readonly Acceptance[],
  problems: Problems,
): Promise<readonly AcceptedProblem[]> {
  const places = new Map(commits.map((commit, i) => [commit, i]));
  const accepted: AcceptedProblem[] = [];
  for (const { entry, commit } of acceptances) {
    const [from, to, said] = [entry.after, entry.tip, commit].map((one) => places.get(one));
    if (from === undefined || to === undefined || said === undefined || from > to || to >= said) continue;
    // All that the range brought, also by a merge's other side.
    const range = await git.read(["rev-list", "--end-of-options", `${entry.after}..${entry.tip}`]);
    const covered = new Set(range.split("\n").filter(Boolean));
    for (const problem of problems.take((one) => one.entry === undefined && covered.has(one.commit ?? "")))
      accepted.push({ ...problem, reason: entry.reason, at: entry.at });
  }
  return accepted;
}
