import { loadPolicy } from "../access-repo/index.ts";
import type { Policy } from "../access-repo/types.ts";
import { noStanding, type Rule } from "../approval/index.ts";
import type { DecisionInput } from "../approval/types.ts";
import { RetryLater } from "../base/errors.ts";
import type { BranchCommit } from "../github/types.ts";
import type { LedgerActor } from "../ledger/types.ts";
import {
  asRequested,
  decideLive,
  differing,
  type Enrolment,
  freezeOf,
  planPostedAt,
  policyShown,
  readPosted,
  withoutEarlier,
} from "../pull-request/index.ts";
import { waitFor } from "./behind.ts";
import type { GrantDeps } from "./deps.ts";
import { afterMerge } from "./expected-merge.ts";
import { withoutLater } from "./without-later.ts";

/**
 * Decides about a merged policy pull request once more, on live reviews and memberships, under the policy in force and by the
 * rule that decided before (C25, C30): a decision is stored when GitHub is asked to merge, and where GitHub refused that, a
 * person may merge it after the approval was taken back. null: it is not approved now.
 * @throws RetryLater where it cannot be read
 */
export async function policyStillApproved(
  deps: Pick<GrantDeps, "db" | "clock" | "github">,
  enrolment: Enrolment & { accepted: NonNullable<Enrolment["accepted"]> },
  commit: BranchCommit,
  merged: NonNullable<BranchCommit["pullRequest"]>,
  brought: Policy,
  rule: Rule,
): Promise<{ readonly approvers: readonly LedgerActor[] } | null> {
  const live = await afterMerge(deps, enrolment, commit, merged, undefined);
  if (!live || live.repository.ownerId !== enrolment.ownerId) return null; // transferred meanwhile (C48)
  if (live.pullRequest.state !== "merged" || live.pullRequest.mergeCommit !== commit.sha)
    throw new RetryLater("github_behind", "GitHub does not show the pull request as merged yet.");
  const before = await deps.github.policyAt(enrolment, enrolment.accepted.commit);
  const inForce = loadPolicy(before);
  if (!inForce.ok || inForce.policy.digest !== enrolment.accepted.digest) return null;
  const { policy } = inForce;
  const posted = await readPosted(deps, live);
  const own = await asRequested(deps, withoutEarlier(live, posted));
  if (!own.ok) return null;
  const { excluded, byJob } = own;
  const snapshot = withoutLater(own.snapshot, commit.committedAt);
  const subject: DecisionInput["subject"] = { kind: "policy", paths: differing(before, commit.policy) };
  const shown = policyShown(policy.digest, brought.digest);
  const input = { snapshot, policy, subject, planPostedAt: planPostedAt(posted, shown), excluded };
  const decision = await decideLive(deps, { ...input, byJob, decidedBy: rule });
  if (decision.outcome === "retry") return waitFor(deps, commit, decision.tree.text);
  if (rule === "freeze") {
    const freeze = await freezeOf(deps, { ...input, standing: noStanding }, brought);
    return freeze && { approvers: [] };
  }
  if (decision.outcome !== "approved") return null;
  return { approvers: decision.approvers.map(({ id, login }) => ({ id, login })) };
}
