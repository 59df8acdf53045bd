import { classifyChanges } from "../access-repo/index.ts";
import { asRequested, noteAskedState } from "./asked.ts";
import { diagnosticsCheck, plainCheck } from "./check-text.ts";
import { accessRepoKey, commentKey, type ReconcileDeps } from "./deps.ts";
import { type Ended, endedByGrant } from "./ended.ts";
import { type Enrolment, readEnrolment } from "./enrolment.ts";
import { forgetShown, recordClosing } from "./endings.ts";
import { judgePolicy } from "./judge-policy.ts";
import { judgeRequest } from "./judge-request.ts";
import type { Judgement } from "./judgement.ts";
import { forgetRefusal } from "./merge-refusal.ts";
import { forgetPending } from "./pending.ts";
import { post, readPosted, withoutEarlier } from "./posted-plan.ts";
import { judgeRevocation } from "./judge-revocation.ts";
import { noLongerOpen } from "./shown-requests.ts";

/**
 * Makes one pull request of one access repo look and be as its live state says: check run, title, reviewers, merge. Twice, out
 * of order or without a cause it changes nothing (DESIGN.md section 4, Level-triggered).
 * @throws RetryLater where GitHub does not show or do something; the queue tries again.
 */
export async function reconcilePullRequest(deps: ReconcileDeps, repositoryId: number, number: number): Promise<void> {
  const enrolment = await readEnrolment(deps.db, repositoryId);
  if (!enrolment?.accepted || enrolment.state === "pending") return; // enrolling asks for every open pull request again
  const ended = await endedByGrant(deps.db, enrolment, number);
  if (ended) return over(deps, enrolment, ended);
  const answer = await deps.github.snapshot(enrolment, number, { whenOver: "state" });
  if (answer?.kind !== "snapshot") await forgetPending(deps.db, repositoryId, number);
  // Neither is a request now, as far as anybody can see: nobody counts it among what is open.
  if (answer?.kind !== "snapshot") await noLongerOpen(deps.db, repositoryId, number);
  if (answer === null) return forgetShown(deps, repositoryId, number);
  if (answer.kind === "too_long") {
    const way = "Split it: at most 100 files, 100 commits and 100 reviewers can be judged whole.";
    const shown = { repository: enrolment, pullRequest: { number, headSha: answer.headSha }, reviews: [] };
    const content = plainCheck("failure", `Refused: ${answer.what}`, [way]);
    await post(deps, shown, await readPosted(deps, shown), content, null);
    // What was shown is not what it is now, and whether it is open is not known: nobody watches it for ever.
    return forgetShown(deps, repositoryId, number);
  }
  const read = answer.snapshot;
  // Transferred: another owner's people would decide (C48). Enrolment says so to the operator.
  if (read.repository.ownerId !== enrolment.ownerId) return forgetPending(deps.db, repositoryId, number);
  if (read.pullRequest.state === "merged" && enrolment.head !== read.tip.sha)
    await deps.enqueue(accessRepoKey(repositoryId));
  if (read.pullRequest.state === "closed") await recordClosing(deps, enrolment, read);
  if (read.pullRequest.state !== "open") return over(deps, enrolment, read); // C06: nothing is posted on what is over
  await forgetPending(deps.db, repositoryId, number, { except: read.pullRequest.headSha });
  await noteAskedState(deps.db, read);
  const posted = await readPosted(deps, read);
  const own = await asRequested(deps, withoutEarlier(read, posted));
  if (!own.ok) {
    await forgetPending(deps.db, repositoryId, number);
    return post(deps, read, posted, plainCheck("failure", "Not what the job asked for", [own.why]), null);
  }
  const { snapshot, excluded, byJob } = own;
  await judge({ deps, enrolment, snapshot, excluded, byJob, posted, accepted: enrolment.accepted });
}

/**
 * What was merged waits until the default branch has been judged up to here: a job that polls between merge and grant is still
 * told to wait. The sweep comes again for what waits in a pull request that is not open.
 */
async function over(deps: ReconcileDeps, enrolment: Enrolment, snapshot: Ended): Promise<void> {
  const { pullRequest, tip } = snapshot;
  const { db } = deps;
  await noLongerOpen(db, enrolment.id, pullRequest.number);
  if (pullRequest.state === "merged") await deps.enqueue(commentKey(enrolment.id, pullRequest.number));
  await noteAskedState(db, snapshot);
  await forgetRefusal(deps, enrolment.id, pullRequest.number);
  if (pullRequest.state === "merged") await forgetShown(deps, enrolment.id, pullRequest.number);
  if (pullRequest.state === "merged" && enrolment.state === "active" && enrolment.head !== tip.sha) return;
  await forgetPending(db, enrolment.id, pullRequest.number);
}

async function judge(context: Judgement): Promise<void> {
  const { deps, snapshot, posted, enrolment } = context;
  const say = (...args: Parameters<typeof plainCheck>) => post(deps, snapshot, posted, plainCheck(...args), null);
  const kind = classifyChanges(snapshot.changes);
  if (kind.kind !== "request" || enrolment.state === "stopped") {
    await forgetPending(deps.db, enrolment.id, snapshot.pullRequest.number);
    await noLongerOpen(deps.db, enrolment.id, snapshot.pullRequest.number);
  }
  if (kind.kind === "other") {
    return say("success", "Not an access request", [
      "This pull request touches neither requests nor policy. Countersign never merges it.",
    ]);
  }
  if (enrolment.state === "stopped") {
    return say("failure", "Stopped", [
      `Countersign stopped for this repository: ${enrolment.stateReason ?? "see the server's log"}.`,
    ]);
  }
  switch (kind.kind) {
    case "refused":
      return post(
        deps,
        snapshot,
        posted,
        diagnosticsCheck(kind.diagnostics, "This pull request cannot be judged as it is."),
        null,
      );
    case "revocation":
      return judgeRevocation(context, kind.paths);
    case "policy":
      return judgePolicy(context);
    case "request":
      return judgeRequest(context, kind.paths);
  }
}
