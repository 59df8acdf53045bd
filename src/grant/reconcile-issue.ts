import { readEnrolment } from "../pull-request/index.ts";
import { reviewOfIssue } from "./after-review/rows.ts";
import type { GrantDeps } from "./deps.ts";

/**
 * Makes one issue of an access repo be as it should: issues that are not ours are nobody's business here.
 * @throws RetryLater where GitHub does not show or do something
 */
export async function reconcileIssue(deps: GrantDeps, repositoryId: number, number: number): Promise<void> {
  const enrolment = await readEnrolment(deps.db, repositoryId);
  if (enrolment?.state !== "active") return;
  const review = await reviewOfIssue(deps, repositoryId, number);
  if (review !== null) await deps.enqueue(review);
}
