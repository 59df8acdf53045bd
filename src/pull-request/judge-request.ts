import { isFrozen, loadPolicy, policyDigest } from "../access-repo/index.ts";
import type { Policy } from "../access-repo/types.ts";
import type { Decision, DecisionInput, Snapshot } from "../approval/types.ts";
import { RetryLater } from "../base/errors.ts";
import type { Digest } from "../base/ids.ts";
import { oneLine } from "../base/text.ts";
import type { CheckContent, ReviewTime } from "../github/types.ts";
import { decidePlanHash, describePlan } from "../plan/index.ts";
import { askReviewers } from "./ask-reviewers.ts";
import { bestEffort } from "./best-effort.ts";
import { diagnosticsCheck, plainCheck } from "./check-text.ts";
import { waitingText, worthAComment } from "./comment-text.ts";
import { decideLive } from "./decide-live.ts";
import { storeDecision } from "./decisions.ts";
import { pullRequestKey, type ReconcileDeps } from "./deps.ts";
import { closeOverdue, rememberShown } from "./endings.ts";
import { type EvaluatedRequest, evaluateRequests } from "./evaluate-request.ts";
import type { Judgement } from "./judgement.ts";
import { ledgerHead, merge, shownAs } from "./merge.ts";
import { requestMessage } from "./merge-message.ts";
import { keepComment, readComment } from "./one-comment.ts";
import { forgetPending, rememberPending } from "./pending.ts";
import { notYet, planPostedAt, post } from "./posted-plan.ts";
import { requestPage } from "./request-page.ts";
import { revokedCheck, revokedRequests } from "./revoked.ts";
import { compareOnce, noLongerOpen } from "./shown-requests.ts";

/**
 * A pull request that adds requests and nothing else: validated, planned, decided on, and merged once it is approved (DESIGN.md
 * section 2). Nothing of it goes on while the policy at the tip is another than the accepted one.
 * @throws RetryLater where GitHub does not show or do something
 */
export async function judgeRequest(context: Judgement, paths: readonly string[]): Promise<void> {
  const { deps, snapshot, posted, excluded, byJob, accepted } = context;
  const { id } = snapshot.repository;
  const { number } = snapshot.pullRequest;
  const policy = acceptedPolicy(snapshot, accepted.digest);
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
  if (isFrozenByOperator(context, requests, decision)) {
    const way = ["Nothing is merged while COUNTERSIGN_FROZEN is set."];
    return post(deps, snapshot, posted, plainCheck("action_required", "Frozen by the operator", way), plans);
  }
  const sha256 = new Map(requests.map((r) => [r.request.path.path, r.sha256]));
  await storeDecision(deps, { snapshot, policy, subject, sha256, resultingDigest: null }, decision);
  await merge(context, requestMessage(snapshot, requests, decision, await ledgerHead(context)));
}

/** What COUNTERSIGN_FROZEN stops. A freeze of the settings is a gate of the decision itself. */
const isFrozenByOperator = (
  { deps, snapshot }: Judgement,
  requests: readonly EvaluatedRequest[],
  decision: Decision,
): boolean =>
  requests.some(({ request }) =>
    isFrozen(deps.config.frozen, {
      target: request.target.name,
      requester: snapshot.pullRequest.author,
      approvers: decision.approvers,
    }),
  );

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
async function setTitle({ deps, snapshot }: Judgement, text: string): Promise<readonly ReviewTime[] | null> {
  const title = oneLine(text, 240);
  if (snapshot.pullRequest.title === title) return null;
  return deps.github.setTitle(snapshot.repository, snapshot.pullRequest.number, title);
}

/**
 * Our one comment, where two or more must approve or something has to be looked at twice. Drafts are quiet; what is approved is
 * merged, and then the comment says what came of it.
 */
async function comment(
  { deps, snapshot }: Judgement,
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
