import type { IssueComment } from "../../github/types.ts";
import { type Enrolment, readEnrolment } from "../../pull-request/index.ts";
import { noteUpTo, readUpTo } from "../comments/read-up-to.ts";
import { afterReviewKey, type GrantDeps } from "../deps.ts";
import { theIssue } from "./issue.ts";
import { judgeComments } from "./judge-comments.ts";
import { note, rowsOf } from "./rows.ts";

/**
 * Makes the issue of a use of break-glass be as it should: open until an owner who is not the person has said
 * `/countersign reviewed` on it (DESIGN.md section 4). Everything is read live; twice or without a cause it changes nothing.
 * @throws RetryLater where GitHub does not show or do something
 */
export async function reconcileAfterReview(deps: GrantDeps, repositoryId: number, pullRequest: number): Promise<void> {
  if (!deps.accessRepos.some((repo) => repo.repositoryId === repositoryId)) return; // no longer ours
  const enrolment = await readEnrolment(deps.db, repositoryId);
  if (enrolment?.state !== "active" || enrolment.accepted === null) return;
  const rows = await rowsOf(deps, repositoryId, pullRequest);
  if (rows.every((row) => row.done)) return;
  // After a restart nobody enrols again, and by our bot's id we know what is ours.
  await deps.github.identify(enrolment);
  const issue = await theIssue(deps, enrolment, rows);
  if (issue === null) return; // later
  const accepted = enrolment.accepted;
  const { comments, full, more } = await newComments(deps, enrolment, issue.number);
  await judgeComments(deps, { ...enrolment, accepted }, rows, issue.number, comments);
  if (full !== null) await noteUpTo(deps.db, repositoryId, issue.number, full);
  if (more) return deps.enqueue(afterReviewKey(repositoryId, pullRequest));
  const left = (await rowsOf(deps, repositoryId, pullRequest)).filter((row) => row.reviewed_at === null);
  if (left.length === 0) {
    if (issue.state === "open") await deps.github.closeIssue(enrolment, issue.number, "completed");
    await note(deps, rows, { done: true });
  } else {
    if (issue.state === "closed") await deps.github.updateIssue(enrolment, issue.number, { state: "open" });
    await note(deps, rows, { looked_at: deps.clock.now() });
  }
}

/** Pages of a hundred comments in one run; the rest follows in the next, so that no flood hides a review. */
const mostPages = 10;

/** What is said behind what was judged before. `full`: the cursor behind the last full page, which need not be read again. */
async function newComments(
  { db, github }: GrantDeps,
  enrolment: Enrolment,
  issue: number,
): Promise<{ readonly comments: readonly IssueComment[]; readonly full: string | null; readonly more: boolean }> {
  const comments: IssueComment[] = [];
  let after = await readUpTo(db, enrolment.id, issue);
  let full: string | null = null;
  for (let pages = 0; pages < mostPages; pages++) {
    const page = await github.commentPage(enrolment, issue, after);
    comments.push(...page.comments);
    if (page.next === null) return { comments, full, more: false };
    full = after = page.next;
  }
  return { comments, full, more: true };
}
