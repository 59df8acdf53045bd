import type { CountersignError } from "../base/errors.ts";
import {
  accessRepoKey,
  commentKey,
  commentsToKeep,
  pullRequestKey,
  toEnrolment,
  watchedPullRequests,
} from "../pull-request/index.ts";
import { owedReviews } from "./after-review/rows.ts";
import { dispatchKey, type GrantDeps, noticeKey } from "./deps.ts";
import { cancelKey, runsToCancel } from "./cancel-runs.ts";
import { findCommands } from "./comments/find-commands.ts";
import { openDispatches } from "./dispatch.ts";
import { expireGrants } from "./end-grants.ts";
import { overdueNotices } from "./notices.ts";
import { inTurn } from "./in-turn.ts";

export { acceptLedger, acceptPolicy } from "./accept.ts";
export { reconcileAfterReview } from "./after-review/reconcile.ts";
export { liveGrants, revokeByOperator } from "./operator.ts";
export { cancelRevokedRun } from "./cancel-runs.ts";
export { reconcileComments } from "./comments/reconcile-comments.ts";
export { commentsKey, flushKey, type GrantDeps } from "./deps.ts";
export { dispatchRun } from "./dispatch.ts";
export { importReview } from "./after-review/owe.ts";

export { lookAtPush, pushed } from "./pushed.ts";
export { reconcileHead } from "./reconcile-head.ts";
export { reconcileNotices } from "./notices.ts";
export { reconcileIssue } from "./reconcile-issue.ts";

/**
 * What webhooks would have asked for, without any webhook: every access repo, every open pull request, every open dispatch,
 * and grants whose window is over. One part that fails does not keep the others from being done.
 */
export async function sweepGrants(deps: GrantDeps): Promise<void> {
  const attempt = async (what: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      deps.log.warn({ err: error as CountersignError, what }, "a part of the sweep failed");
    }
  };
  await attempt("expiry", () => expireGrants(deps));
  await attempt("dispatches", async () => {
    for (const id of await openDispatches(deps)) await deps.enqueue(dispatchKey(id));
  });
  await attempt("reviews", async () => {
    for (const key of await owedReviews(deps)) await deps.enqueue(key);
  });
  await attempt("runs", async () => {
    for (const id of await runsToCancel(deps)) await deps.enqueue(cancelKey(id));
  });
  await attempt("ledger", () => deps.recorder.flushDue());
  await attempt("comments", async () => {
    for (const at of await commentsToKeep(deps)) await deps.enqueue(commentKey(at.repositoryId, at.number));
  });
  for (const { repositoryId } of deps.accessRepos) {
    await attempt("access repo", () => deps.enqueue(accessRepoKey(repositoryId)));
  }
  const rows = await deps.db.selectFrom("enrolment").selectAll().where("state", "=", "active").execute();
  await attempt("notices", async () => {
    for (const id of await overdueNotices(deps.db, rows.map(toEnrolment))) await deps.enqueue(noticeKey(id));
  });
  for (const enrolment of rows.map(toEnrolment)) {
    await attempt("comments", () => findCommands(deps, enrolment));
    await attempt("pull requests", async () => {
      const open = await deps.github.openPullRequests(enrolment);
      const watched = await watchedPullRequests(deps.db, enrolment.id);
      for (const number of inTurn([...open, ...watched], deps.clock.now()))
        await deps.enqueue(pullRequestKey(enrolment.id, number));
    });
  }
}
