import { classifyChanges, isFrozen, loadPolicy, policyDigest, settingsPath } from "../access-repo/index.ts";
import type { Policy } from "../access-repo/types.ts";
import { noStanding } from "../approval/index.ts";
import type { Decision, DecisionInput, Snapshot } from "../approval/types.ts";
import { RetryLater } from "../base/errors.ts";
import type { Digest } from "../base/ids.ts";
import { oneLine } from "../base/text.ts";
import type { CheckContent, ReviewTime } from "../github/types.ts";
import { decidePlanHash, describePlan } from "../plan/index.ts";
import { asRequested, noteAskedState } from "./asked.ts";
import { askReviewers } from "./ask-reviewers.ts";
import { diagnosticsCheck, plainCheck } from "./check-text.ts";
import { waitingText, worthAComment } from "./comment-text.ts";
import { decideLive } from "./decide-live.ts";
import { storeDecision } from "./decisions.ts";
import { accessRepoKey, commentKey, pullRequestKey, type ReconcileDeps } from "./deps.ts";
import { type Ended, endedByGrant } from "./ended.ts";
import { type Enrolment, readEnrolment } from "./enrolment.ts";
import { closeOverdue, forgetShown, recordClosing, rememberShown } from "./endings.ts";
import { evaluatePolicy, policyShown } from "./evaluate-policy.ts";
import { type Freeze, freezeCheck, freezeMessage, freezeOf } from "./freeze.ts";
import { type MergeMessage, policyMessage, requestMessage } from "./merge-message.ts";
import { forgetRefusal, rememberRefusal, withRefusal } from "./merge-refusal.ts";
import { forgetPending, rememberPending } from "./pending.ts";
import { judgeRevocation } from "./revocation.ts";
import { revokedCheck, revokedRequests } from "./revoked.ts";
import { type EvaluatedRequest, evaluateRequests } from "./evaluate-request.ts";
import { keepComment, readComment } from "./one-comment.ts";
import { policyEffects } from "./policy-effects.ts";
import { loosened } from "./policy-loosened.ts";
import { policyPage } from "./policy-page.ts";
import { planPostedAt, post, type Posted, readPosted, withoutEarlier } from "./posted-plan.ts";
import { requestPage } from "./request-page.ts";
import { compareOnce, noLongerOpen } from "./shown-requests.ts";

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

interface Context {
  readonly deps: ReconcileDeps;
  readonly enrolment: Enrolment;
  readonly accepted: NonNullable<Enrolment["accepted"]>;
  readonly snapshot: Snapshot;
  /** Who may not approve beside those that the snapshot shows. */
  readonly excluded: DecisionInput["excluded"];
  /** A job asked for it. */
  readonly byJob: boolean;
  readonly posted: Posted | null;
}

async function judge(context: Context): Promise<void> {
  const { deps, snapshot, posted, enrolment, accepted } = context;
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
      return judgeRevocation(context, kind.paths, {
        merge: async (message) => merge(context, message(await ledgerHead(context))),
        askReviewers: (decision) => bestEffort(deps, [() => askReviewers(deps, snapshot, decision)]),
      });
    case "policy":
      return judgePolicy(context);
    case "request":
      return judgeRequest(context, accepted.digest, kind.paths);
  }
}

async function judgeRequest(context: Context, accepted: Digest, paths: readonly string[]): Promise<void> {
  const { deps, snapshot, posted, excluded, byJob } = context;
  const { id } = snapshot.repository;
  const { number } = snapshot.pullRequest;
  const policy = acceptedPolicy(snapshot, accepted);
  const invalid = async (content: CheckContent): Promise<void> => {
    await forgetPending(deps.db, id, number);
    await noLongerOpen(deps.db, id, number);
    await post(deps, snapshot, posted, content, null);
    if (policy) await closeOverdue(deps, snapshot, policy.settings);
  };
  if (!policy) {
    const way =
      "Somebody changed who may grant what without Countersign's decision. Nothing is granted until the policy is restored or accepted by a policy pull request.";
    return invalid(plainCheck("failure", "Policy quarantine", [way]));
  }
  const revoked = await revokedRequests(deps.db, id, number);
  if (revoked.length > 0) return invalid(revokedCheck(revoked));
  const used = await usedPaths(deps, snapshot, paths);
  if (used.length > 0) {
    const way = "A request is used once. Give the file a new name.";
    return invalid(plainCheck("failure", "Name was used before", [way, ...used]));
  }
  const evaluation = await evaluateRequests(deps, snapshot, policy, paths, false);
  if (!evaluation.ok) return invalid(diagnosticsCheck(evaluation.diagnostics, "This request is not valid yet."));
  const { requests, warnings } = evaluation;
  const subject: DecisionInput["subject"] = { kind: "request", requests: requests.map((r) => r.subject) };
  const plans = decidePlanHash(new Map(requests.map((r) => [r.request.path.path, r.plan])));
  const input = { snapshot, policy, subject, planPostedAt: planPostedAt(posted, plans) ?? notYet, excluded, byJob };
  const decision = await decideLive(deps, input);
  if (decision.outcome === "retry") throw new RetryLater("github_behind", decision.tree.text);
  const compared = await compareOnce(deps, snapshot, requests);
  const page = requestPage({ snapshot, policy, requests, decision, warnings, compared });
  // Before anything else is done about it: what an approver is not shown whole is not approved.
  if (!page.ok) return invalid(page.content);
  const [first, ...more] = requests;
  const title = first ? describePlan(first.plan, first.request).title : snapshot.pullRequest.title;
  const retitle = once(() => setTitle(context, more.length === 0 ? title : `${title} and ${more.length} more`));
  await post(deps, snapshot, posted, await shownAs(context, decision, page.content), plans, retitle);
  await rememberShown(deps, snapshot, paths);
  // Denied is what no review can mend: a job must not wait for it.
  if (decision.outcome === "denied") await forgetPending(deps.db, id, number);
  else await rememberPending(deps.db, snapshot, policy.digest, requests, decision);
  if (decision.outcome !== "approved" && (await closeOverdue(deps, snapshot, policy.settings))) return;
  // Neither may keep a merge waiting.
  await bestEffort(deps, [
    retitle,
    () => askReviewers(deps, snapshot, decision),
    () => comment(context, requests, decision),
  ]);
  if (decision.outcome !== "approved" || snapshot.pullRequest.draft) return;
  const freeze = requests.some(({ request }) =>
    isFrozen(deps.config.frozen, {
      target: request.target.name,
      requester: snapshot.pullRequest.author?.login ?? "",
      approvers: decision.approvers.map((a) => a.login),
    }),
  );
  if (freeze)
    return post(
      deps,
      snapshot,
      posted,
      plainCheck("action_required", "Frozen by the operator", ["Nothing is merged while COUNTERSIGN_FROZEN is set."]),
      plans,
    );
  const sha256 = new Map(requests.map((r) => [r.request.path.path, r.sha256]));
  await storeDecision(deps, { snapshot, policy, subject, sha256, resultingDigest: null }, decision);
  await merge(context, requestMessage(snapshot, requests, decision, await ledgerHead(context)));
}

async function judgePolicy(context: Context): Promise<void> {
  const { deps, snapshot, posted, accepted, excluded, byJob } = context;
  const evaluation = await evaluatePolicy(deps, snapshot, accepted);
  if (!evaluation.ok) {
    return post(
      deps,
      snapshot,
      posted,
      diagnosticsCheck(evaluation.diagnostics, "This policy is not valid yet."),
      null,
    );
  }
  const { accepted: policy, paths, resulting, after, warnings } = evaluation;
  if (paths.length === 0) {
    const what =
      "The merge yields the policy that is in force: no approval is needed, and Countersign does not merge it.";
    return post(deps, snapshot, posted, plainCheck("success", "Restores the accepted policy", [what]), null);
  }
  const subject: DecisionInput["subject"] = { kind: "policy", paths };
  const shown = policyShown(policy.digest, resulting);
  const input = { snapshot, policy, subject, planPostedAt: planPostedAt(posted, shown) ?? notYet, excluded, byJob };
  const decision = await decideLive(deps, input);
  if (decision.outcome === "retry") throw new RetryLater("github_behind", decision.tree.text);
  const freeze = await freezeOf(deps, { ...input, standing: noStanding }, after);
  if (freeze) return mergeFreeze(context, { ...freeze, policy, subject, resulting, shown });
  const effects = await policyEffects(deps, snapshot, policy, after);
  const page = policyPage({ snapshot, paths, decision, warnings, loosened: loosened(policy, after), effects });
  if (!page.ok) return post(deps, snapshot, posted, page.content, null);
  await post(deps, snapshot, posted, await shownAs(context, decision, page.content), shown);
  await bestEffort(deps, [() => askReviewers(deps, snapshot, decision)]);
  if (decision.outcome !== "approved" || snapshot.pullRequest.draft) return;
  if (deps.config.frozen.some((entry) => entry.kind === "all")) return;
  await storeDecision(deps, { snapshot, policy, subject, sha256: new Map(), resultingDigest: resulting }, decision);
  await merge(context, policyMessage(snapshot, paths, decision, await ledgerHead(context)));
}

/** One person may stop (DESIGN.md section 4, Freeze). */
async function mergeFreeze(
  context: Context,
  freeze: Freeze & {
    readonly policy: Policy;
    readonly subject: DecisionInput["subject"];
    readonly resulting: Digest;
    readonly shown: Digest;
  },
): Promise<void> {
  const { deps, snapshot, posted } = context;
  const { decision, added, policy, subject, resulting, shown } = freeze;
  const { draft, number } = snapshot.pullRequest;
  // The operator's word stops merges, this one too: it would add nothing.
  const held = deps.config.frozen.some((entry) => entry.kind === "all");
  const way = ["Nothing is merged while COUNTERSIGN_FROZEN=all is set."];
  const content = held ? plainCheck("action_required", "Frozen by the operator", way) : freezeCheck(freeze, draft);
  await post(deps, snapshot, posted, await shownAs(context, decision, content), shown);
  if (draft || held) return;
  const key = { snapshot, policy, subject, sha256: new Map(), resultingDigest: resulting };
  await storeDecision(deps, key, decision);
  const { message } = policyMessage(snapshot, [settingsPath], decision, await ledgerHead(context));
  await merge(context, freezeMessage(added, number, message));
}

/** What is approved and still open, though GitHub was asked to merge it, says why. */
const shownAs = async (
  { deps, snapshot }: Context,
  decision: Decision,
  content: CheckContent,
): Promise<CheckContent> =>
  decision.outcome === "approved" && !snapshot.pullRequest.draft ? withRefusal(deps, snapshot, content) : content;

/** Does each as far as GitHub lets us now; the sweep does the rest. What is not "later" is an error like any other. */
async function bestEffort(deps: ReconcileDeps, works: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (const work of works) {
    await work().catch((error: unknown) => {
      if (!(error instanceof RetryLater)) throw error;
      deps.log.info({ code: error.code }, "title, reviewers or comment have to wait");
    });
  }
}

/**
 * Before a plan is posted no review counts. A time that no review can reach says that, and in the words that the check run
 * will need once it is posted, which is by this very call: it is not written twice.
 */
const notYet = new Date(8.64e15);

/** The policy at the live tip, where it is the accepted one and nothing stands in quarantine. */
function acceptedPolicy(snapshot: Snapshot, accepted: Digest): Policy | null {
  if (policyDigest(snapshot.tip.policy) !== accepted) return null;
  const loaded = loadPolicy(snapshot.tip.policy);
  return loaded.ok ? loaded.policy : null;
}

/** Paths that a grant had before: the name is the identity, also after the file was deleted (C33). */
async function usedPaths(
  deps: ReconcileDeps,
  snapshot: Snapshot,
  paths: readonly string[],
): Promise<readonly string[]> {
  const rows = await deps.db
    .selectFrom("grant")
    .select("path")
    .where("repository_id", "=", String(snapshot.repository.id))
    .where("path", "in", [...paths])
    .execute();
  return rows.map((r) => r.path);
}

/** Does it once, whoever asks first, and gives all of them the same end of it. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let done: Promise<T> | undefined;
  return () => (done ??= work());
}

/** The app owns the title: it says what is really asked. */
async function setTitle({ deps, snapshot }: Context, text: string): Promise<readonly ReviewTime[] | null> {
  const title = oneLine(text, 240);
  if (snapshot.pullRequest.title === title) return null;
  return deps.github.setTitle(snapshot.repository, snapshot.pullRequest.number, title);
}

/**
 * Our one comment, where two or more must approve or something has to be looked at twice. Drafts are quiet; what is approved is
 * merged, and then the comment says what came of it.
 */
async function comment(
  { deps, snapshot }: Context,
  requests: readonly EvaluatedRequest[],
  decision: Decision,
): Promise<void> {
  const { repository, pullRequest } = snapshot;
  if (pullRequest.draft || (decision.outcome !== "pending" && decision.outcome !== "blocked")) return;
  if (!worthAComment(requests, decision) && !(await readComment(deps.db, repository.id, pullRequest.number))) return;
  const checks = `${deps.config.webUrl}/${repository.fullName}/pull/${pullRequest.number}/checks`;
  const text = waitingText(requests, decision, checks);
  await keepComment(deps, repository, pullRequest.number, text, pullRequestKey(repository.id, pullRequest.number));
}

async function ledgerHead({ deps, snapshot }: Context): Promise<string | null> {
  const row = await deps.db
    .selectFrom("enrolment")
    .select("ledger_commit")
    .where("repository_id", "=", String(snapshot.repository.id))
    .executeTakeFirst();
  return row?.ledger_commit ?? null;
}

/**
 * Squash-merges exactly the head that was decided on. Whatever GitHub refuses leads to a new reading, never to the same call
 * again (C28); the check says so where it stays.
 */
async function merge({ deps, snapshot }: Context, { title, message }: MergeMessage): Promise<void> {
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
