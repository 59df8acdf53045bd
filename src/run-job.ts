import { doctorKey } from "./doctor-at-start.ts";
import type { Asks, Exchange, RoleChecks } from "./exchange/index.ts";
import {
  cancelRevokedRun,
  dispatchRun,
  type GrantDeps,
  lookAtPush,
  reconcileAfterReview,
  reconcileComments,
  reconcileHead,
  reconcileIssue,
  reconcileNotices,
  sweepGrants,
} from "./grant/index.ts";
import { orSayWaiting, readEnrolment, reconcileComment, reconcilePullRequest } from "./pull-request/index.ts";
import { type Inbox, inboxKey, sweepKey } from "./queue/index.ts";

/** The parts of the server that have jobs. */
export interface JobParts {
  readonly grantDeps: GrantDeps;
  readonly exchange: Exchange;
  readonly roleChecks: RoleChecks;
  readonly asks: Asks;
  readonly inbox: Inbox;
  /** Writes what waits for the ledger of one access repo. */
  readonly flush: (accessRepo: number) => Promise<void>;
  /** Says what an access repo's settings lack; never throws. */
  readonly doctor: (fullName: string) => Promise<void>;
}

/**
 * One job; what the key names is read live (DESIGN.md section 4, Level-triggered). A key of no known kind is logged and dropped:
 * it may be left over from another version.
 * @throws RetryLater and others as the job does: the queue tries again
 */
export function jobRunner(parts: JobParts): (key: string) => Promise<void> {
  const { grantDeps, exchange, roleChecks, asks, inbox, flush, doctor } = parts;
  const { db, log, enqueue } = grantDeps;
  const named = new Set(grantDeps.accessRepos.map((repo) => repo.repositoryId));
  /** Taken out of ACCESS_REPOS, it is not: its jobs may be left over. */
  const isNamed = (id: string): boolean => named.has(Number(id));
  /** Access repos that doctor has looked at since the start. */
  const looked = new Set<number>();
  async function doctorOnce(id: number): Promise<void> {
    const enrolment = await readEnrolment(db, id);
    if (enrolment?.state !== "active" || looked.has(id)) return;
    looked.add(id);
    await doctor(enrolment.fullName);
  }

  return async (key) => {
    const [kind = "", first = "", second = ""] = key.split(":");
    switch (kind) {
      case inboxKey:
        return inbox.drain();
      case "access-repo":
        await reconcileHead(grantDeps, Number(first));
        // A job of its own, so that nothing waits for it.
        if (!looked.has(Number(first))) await enqueue(doctorKey(Number(first)));
        await exchange.refreshIndex();
        // What the head revoked or froze, or its policy no longer yields, ends now, not with the next sweep.
        await exchange.revokeEnded();
        return roleChecks.notice(Number(first));
      case "pull-request":
        await orSayWaiting(grantDeps, Number(first), Number(second), () =>
          reconcilePullRequest(grantDeps, Number(first), Number(second)),
        );
        return exchange.refreshIndex();
      case "comments":
        await reconcileComments(
          { ...grantDeps, endCredentials: () => exchange.revokeEnded() },
          Number(first),
          Number(second),
        );
        return exchange.refreshIndex();
      case "cancel":
        return cancelRevokedRun(grantDeps, first);
      case "notice":
        return reconcileNotices(grantDeps, Number(first));
      case "comment":
        return reconcileComment(grantDeps, Number(first), Number(second));
      case "issue":
        return reconcileIssue(grantDeps, Number(first), Number(second));
      case "after-review":
        return reconcileAfterReview(grantDeps, Number(first), Number(second));
      case "pushed":
        return lookAtPush(grantDeps, Number(first), second);
      case "dispatch":
        return dispatchRun(grantDeps, first);
      case "ask":
        return asks.open(first);
      case "check-roles":
        return isNamed(first) ? roleChecks.run(Number(first)) : undefined;
      case "check-roles-again":
        return isNamed(first) ? roleChecks.again(Number(first)) : undefined;
      case "flush":
        return flush(Number(first));
      case "doctor":
        return doctorOnce(Number(first));
      case sweepKey:
        await sweepGrants(grantDeps);
        await exchange.sweep();
        await inbox.prune();
        return;
      default:
        log.error({ key }, "a job of an unknown kind was dropped");
    }
  };
}
