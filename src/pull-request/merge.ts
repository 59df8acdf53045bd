import type { Decision } from "../approval/types.ts";
import { RetryLater } from "../base/errors.ts";
import type { CheckContent } from "../github/types.ts";
import { accessRepoKey } from "./deps.ts";
import type { Judgement } from "./judgement.ts";
import type { MergeMessage } from "./merge-message.ts";
import { rememberRefusal, withRefusal } from "./merge-refusal.ts";

type Judged = Pick<Judgement, "deps" | "snapshot">;

/**
 * Squash-merges exactly the head that was decided on. Whatever GitHub refuses leads to a new reading, never to the same call
 * again (C28); the check says so where it stays.
 */
export async function merge({ deps, snapshot }: Judged, { title, message }: MergeMessage): Promise<void> {
  const { repository, pullRequest } = snapshot;
  const result = await deps.github.merge(repository, pullRequest.number, pullRequest.headSha, title, message);
  if (result.kind === "refused") {
    deps.log.warn({ pullRequest: pullRequest.number, status: result.status }, "GitHub refused the merge");
    // Told by the next reading, which finds out whether it is still so: it may be closed or pushed to by now (C06).
    const { message: why } = await rememberRefusal(deps, snapshot, result);
    throw new RetryLater("merge_refused", `GitHub refused the merge with ${result.status}: ${why}`);
  }
  await deps.enqueue(accessRepoKey(repository.id));
}

/** The last confirmed commit of the ledger, for the trailer of the merge; null: there is none yet. */
export async function ledgerHead({ deps, snapshot }: Judged): Promise<string | null> {
  const row = await deps.db
    .selectFrom("enrolment")
    .select("ledger_commit")
    .where("repository_id", "=", String(snapshot.repository.id))
    .executeTakeFirst();
  return row?.ledger_commit ?? null;
}

/** What is approved and still open, though GitHub was asked to merge it, says why. */
export const shownAs = async (
  { deps, snapshot }: Judged,
  decision: Decision,
  content: CheckContent,
): Promise<CheckContent> =>
  decision.outcome === "approved" && !snapshot.pullRequest.draft ? withRefusal(deps, snapshot, content) : content;
