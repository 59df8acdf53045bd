import { isFrozen, loadPolicy, policyDigest } from "../access-repo/index.ts";
import type { Policy } from "../access-repo/types.ts";
import { barredPeople, decisionKey, ownerText, sameOutcome } from "../approval/index.ts";
import type { DecisionInput, DecisionKey, RequestRule, Snapshot } from "../approval/types.ts";
import { RetryLater } from "../base/errors.ts";
import type { BranchCommit } from "../github/types.ts";
import { decidePlanHash, planWindow } from "../plan/index.ts";
import type { Window } from "../plan/types.ts";
import {
  asRequested,
  decideLive,
  type Enrolment,
  evaluateRequests,
  type EvaluatedRequest,
  findDecision,
  planPostedAt,
  readPosted,
  withoutEarlier,
} from "../pull-request/index.ts";
import type { GrantDeps } from "./deps.ts";
import { rememberFrozen } from "./frozen.ts";
import { waitFor } from "./behind.ts";
import { afterMerge } from "./expected-merge.ts";
import { withoutLater } from "./without-later.ts";

/** What a request file that reached the default branch becomes. */
export type Judged =
  | {
      readonly kind: "grant";
      readonly request: EvaluatedRequest;
      readonly window: Window;
      readonly decisionKey: string;
      readonly rule: RequestRule;
      /** Owners whose approval the rule stood in for, as they are spelled. */
      readonly skipped: readonly string[];
      /** Who asked, wrote or pushed. */
      readonly barred: readonly { readonly id: number; readonly login: string }[];
      readonly policy: Policy;
      readonly requester: { readonly id: number; readonly login: string };
      readonly approvers: readonly { readonly id: number; readonly login: string }[];
      readonly pullRequest: { readonly number: number; readonly id: number };
    }
  | { readonly kind: "quarantine"; readonly path: string; readonly code: QuarantineCode };

/** Why a request on the default branch never grants. */
export type QuarantineCode =
  | "policy_quarantine"
  | "no_pull_request"
  | "mixed_commit"
  | "no_decision"
  | "decision_differs"
  | "name_used"
  | "slot_over"
  | "frozen"
  /** Automatic approval: another one of this moment used up what the role gives in a day. */
  | "per_day"
  | "revoked";

/**
 * A grant needs both: our stored approved decision for exactly this pull request, head, blobs, policy and plan, and a new
 * decision on live reviews and memberships under the policy at the merge commit's first parent (DESIGN.md section 4, One
 * authority). So a file on main is no grant: not by push, revert, cherry-pick, admin merge or auto-merge (C30, C32).
 * @throws RetryLater where something cannot be read: the head is then judged again from this commit.
 */
export async function judgeRequests(
  deps: GrantDeps,
  enrolment: Enrolment & { accepted: NonNullable<Enrolment["accepted"]> },
  commit: BranchCommit,
  paths: readonly string[],
  read?: Snapshot,
): Promise<readonly Judged[]> {
  const all = (code: QuarantineCode): readonly Judged[] => paths.map((path) => ({ kind: "quarantine", path, code }));
  if (enrolment.quarantined !== null) return all("policy_quarantine");
  if (commit.changes.length !== paths.length) return all("mixed_commit");
  const used = await deps.db
    .selectFrom("grant")
    .select("path")
    .where("repository_id", "=", String(enrolment.id))
    .where("path", "in", [...paths])
    .execute();
  if (used.length > 0) return all("name_used");
  if (!commit.pullRequest || commit.firstParent === null) {
    await waitForPullRequest(deps, enrolment, commit);
    return all("no_pull_request");
  }

  const parent = await deps.github.policyAt(enrolment, commit.firstParent);
  if (policyDigest(parent) !== enrolment.accepted.digest) return all("policy_quarantine");
  const loaded = loadPolicy(parent);
  if (!loaded.ok) return all("policy_quarantine");
  const { policy } = loaded;
  rememberFrozen(policy);
  return decideAgain(deps, enrolment, commit, commit.pullRequest, policy, paths, all, read);
}

async function decideAgain(
  deps: GrantDeps,
  enrolment: Enrolment,
  commit: BranchCommit,
  merged: NonNullable<BranchCommit["pullRequest"]>,
  policy: Policy,
  paths: readonly string[],
  all: (code: QuarantineCode) => readonly Judged[],
  read: Snapshot | undefined,
): Promise<readonly Judged[]> {
  const live = await afterMerge(deps, enrolment, commit, merged, read);
  if (!live) return all("decision_differs");
  const { pullRequest, repository } = live;
  if (repository.ownerId !== enrolment.ownerId) return all("decision_differs"); // transferred meanwhile (C48)
  if (pullRequest.state !== "merged" || pullRequest.mergeCommit !== commit.sha) {
    throw new RetryLater("github_behind", "GitHub does not show the pull request as merged yet.");
  }
  // What is on main must be what was judged: the same blobs at the merge commit as at the head.
  const [onMain, atHead] = await Promise.all([
    deps.github.files(enrolment, commit.sha, paths),
    deps.github.files(enrolment, pullRequest.headSha, paths),
  ]);
  if (paths.some((_, i) => !onMain[i] || onMain[i].oid !== atHead[i]?.oid || onMain[i].mode !== atHead[i].mode)) {
    return all("decision_differs");
  }
  const posted = await readPosted(deps, live);
  const own = await asRequested(deps, withoutEarlier(live, posted));
  if (!own.ok) return all("decision_differs");
  const snapshot = withoutLater(own.snapshot, commit.committedAt);
  const { excluded, byJob } = own;
  const evaluation = await evaluateRequests(deps, snapshot, policy, paths, true);
  if (!evaluation.ok) return all("decision_differs");
  const { requests } = evaluation;
  const subject: DecisionInput["subject"] = { kind: "request", requests: requests.map((r) => r.subject) };
  const sha256 = new Map(requests.map((r) => [r.request.path.path, r.sha256]));
  const stored = await findDecision(deps, decisionKey({ snapshot, policy, subject, sha256, resultingDigest: null }));
  if (!stored) return all("no_decision");
  const plans = decidePlanHash(new Map(requests.map((r) => [r.request.path.path, r.plan])));
  const decision = await decideLive(deps, {
    snapshot,
    policy,
    subject,
    planPostedAt: planPostedAt(posted, plans),
    excluded,
    byJob,
    decidedBy: stored.rule,
  });
  if (decision.outcome === "retry") waitFor(deps, commit, decision.tree.text);
  const requester = snapshot.pullRequest.author;
  if (!sameOutcome({ outcome: "approved", rule: stored.rule }, decision) || !requester) return all("decision_differs");
  const approvers = decision.approvers.map(({ id, login }) => ({ id, login }));
  const barred = [...barredPeople({ snapshot, excluded }).values()].map(({ actor: { id, login } }) => ({ id, login }));
  return requests.map((request): Judged => {
    const { target, path, start, duration } = request.request;
    if (isFrozen(deps.config.frozen, { target: target.name, requester, approvers }))
      return { kind: "quarantine", path: path.path, code: "frozen" };
    const window = planWindow({ start, duration }, commit.committedAt);
    // A wall-clock slot never slides: approved after its end, there is nothing left of it.
    if (window.notBefore >= window.expiresAt) return { kind: "quarantine", path: path.path, code: "slot_over" };
    return {
      kind: "grant",
      request,
      window,
      decisionKey: stored.key_sha256,
      rule: stored.rule,
      skipped: decision.skipped.map(ownerText),
      barred,
      policy,
      requester: { id: requester.id, login: requester.login },
      approvers,
      pullRequest: { number: pullRequest.number, id: pullRequest.id },
    };
  });
}

/** How long after our decision GitHub may take to say which pull request a commit merged. */
const associationMs = 60_000;

/**
 * GitHub shows the pull request of a fresh merge a moment later, and quarantine is for ever. Where we decided a moment ago
 * about exactly these files, look again instead. Short, and for those blobs only: while we wait, the commits after this one
 * wait too, revocations among them.
 * @throws RetryLater
 */
async function waitForPullRequest(deps: GrantDeps, enrolment: Enrolment, commit: BranchCommit): Promise<void> {
  const recent = await deps.db
    .selectFrom("decision")
    .select("key_text")
    .where("repository_id", "=", String(enrolment.id))
    .where("kind", "=", "request")
    .where("decided_at", ">", new Date(deps.clock.now().getTime() - associationMs))
    .execute();
  const decided = recent.map((row) => (JSON.parse(row.key_text) as DecisionKey).requests);
  const same = decided.some(
    (requests) =>
      requests.length === commit.changes.length &&
      requests.every((r) => commit.changes.some((c) => c.path === r.path && c.blob === r.blob)),
  );
  if (same)
    throw new RetryLater("github_behind", `GitHub does not show yet which pull request ${commit.sha} merged.`, {
      after: 2,
    });
}
