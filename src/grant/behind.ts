import { RetryLater } from "../base/errors.ts";
import type { BranchCommit } from "../github/types.ts";
import type { GrantDeps } from "./deps.ts";

/** So long GitHub may take to show all that belongs to a merge. */
const patienceMs = 3_600_000;

/**
 * Waits for what GitHub does not show yet of a merge; null once that is not lateness any more. Who pushed is hidden for good
 * under a hundred later pushes of a branch, and a commit that is waited for holds up all that follow it, revocations too.
 * @throws RetryLater
 */
export function waitFor({ clock }: Pick<GrantDeps, "clock">, { committedAt }: BranchCommit, why: string): null {
  if (clock.now().getTime() < committedAt.getTime() + patienceMs) throw new RetryLater("github_behind", why);
  return null;
}
