import type { CountersignError } from "../base/errors.ts";
import { accessRepoKey, pullRequestKey, toEnrolment, watchedPullRequests } from "../pull-request/index.ts";
import { dispatchKey, type GrantDeps } from "./deps.ts";
import { openDispatches } from "./dispatch.ts";
import { expireGrants } from "./end-grants.ts";
import { inTurn } from "./in-turn.ts";

export { flushKey, type GrantDeps } from "./deps.ts";
export { dispatchRun } from "./dispatch.ts";

export { lookAtPush, pushed } from "./pushed.ts";
export { reconcileHead } from "./reconcile-head.ts";
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
  await attempt("ledger", () => deps.recorder.flushDue());
  for (const { repositoryId } of deps.accessRepos) {
    await attempt("access repo", () => deps.enqueue(accessRepoKey(repositoryId)));
  }
  const rows = await deps.db.selectFrom("enrolment").selectAll().where("state", "=", "active").execute();
  for (const enrolment of rows.map(toEnrolment)) {
    await attempt("pull requests", async () => {
      const open = await deps.github.openPullRequests(enrolment);
      const watched = await watchedPullRequests(deps.db, enrolment.id);
      for (const number of inTurn([...open, ...watched], deps.clock.now()))
        await deps.enqueue(pullRequestKey(enrolment.id, number));
    });
  }
}
