import { loadPolicy, policyDigest } from "../access-repo/index.ts";
import type { Policy } from "../access-repo/types.ts";
import { formatInstant } from "../base/duration.ts";
import { RetryLater } from "../base/errors.ts";
import { digest, type Digest } from "../base/ids.ts";
import type { BranchCommit } from "../github/types.ts";
import type { Entry } from "../ledger/types.ts";
import type { Enrolment } from "../pull-request/index.ts";
import type { GrantDeps } from "./deps.ts";
import { rememberFrozen } from "./frozen.ts";
import { policyStillApproved } from "./policy-again.ts";

/** What a commit of the default branch does to the policy in force. */
export interface PolicyStep {
  readonly accepted: { readonly digest: Digest; readonly commit: BranchCommit["sha"] };
  readonly quarantined: Digest | null;
  readonly entries: readonly Entry[];
  /** The policy that it puts in force; null: none. */
  readonly brought: Policy | null;
}

/**
 * Policy in force is the policy that we accepted (DESIGN.md section 4): by the merge of a policy pull request with our stored
 * approved decision for exactly this digest under exactly the accepted one. Every other way that a policy reaches the default
 * branch, by push, admin merge, revert or a new CODEOWNERS file at a place that wins, is quarantine (C53). And what was approved
 * when it was stored must be so now, since a person may merge it long after (C25, C30).
 * @throws RetryLater
 */
export async function judgePolicy(
  deps: Pick<GrantDeps, "db" | "clock" | "newId" | "github">,
  enrolment: Enrolment & { accepted: NonNullable<Enrolment["accepted"]> },
  commit: BranchCommit,
): Promise<PolicyStep> {
  const { accepted, quarantined } = enrolment;
  const found = policyDigest(commit.policy);
  const common = { v: 1, id: deps.newId(), at: formatInstant(deps.clock.now()), commit: commit.sha } as const;
  if (found === (quarantined ?? accepted.digest)) return { accepted, quarantined, entries: [], brought: null };
  if (found === accepted.digest) {
    const entry: Entry = { ...common, type: "policy_restored", policy_digest: found, accepted_digest: accepted.digest };
    return { accepted, quarantined: null, entries: [entry], brought: null };
  }
  const decision = await approvedPolicy(deps, enrolment, commit, found);
  const brought = loadPolicy(commit.policy);
  const confirmed = decision && brought.ok ? await confirm(deps, enrolment, commit, brought.policy, decision) : null;
  if (!decision || !brought.ok || !confirmed) {
    const entry: Entry = {
      ...common,
      type: "policy_quarantined",
      policy_digest: found,
      accepted_digest: accepted.digest,
    };
    return { accepted, quarantined: found, entries: [entry], brought: null };
  }
  const entry: Entry = {
    ...common,
    type: "policy_accepted",
    policy_digest: found,
    previous_digest: accepted.digest,
    pull_request: decision.pull_request,
    decision_key: decision.key_sha256,
    approved_by: confirmed.approvers,
    // Nobody approved: one person may stop (DESIGN.md section 4, Freeze).
    reason:
      decision.rule === "freeze" ? `Freeze by ${decision.requester_login}: it only adds to what is frozen.` : null,
  };
  rememberFrozen(brought.policy);
  const becomes = { digest: digest(found), commit: commit.sha };
  return { accepted: becomes, quarantined: null, entries: [entry], brought: brought.policy };
}

/** The stored decision once more, on what is live. null: it would not be approved now. */
const confirm = (
  deps: Pick<GrantDeps, "db" | "clock" | "github">,
  enrolment: Enrolment & { accepted: NonNullable<Enrolment["accepted"]> },
  commit: BranchCommit,
  brought: Policy,
  { rule }: Pick<NonNullable<Awaited<ReturnType<typeof approvedPolicy>>>, "rule">,
) => (commit.pullRequest ? policyStillApproved(deps, enrolment, commit, commit.pullRequest, brought, rule) : null);

/** How long after our decision GitHub may take to say which pull request a commit merged. */
const associationMs = 60_000;

async function approvedPolicy(
  deps: Pick<GrantDeps, "db" | "clock">,
  enrolment: Enrolment & { accepted: NonNullable<Enrolment["accepted"]> },
  commit: BranchCommit,
  found: Digest,
) {
  const decided = await deps.db
    .selectFrom("decision")
    .selectAll()
    .where("repository_id", "=", String(enrolment.id))
    .where("kind", "=", "policy")
    .where("resulting_digest", "=", found)
    .execute();
  const { pullRequest } = commit;
  const fresh = deps.clock.now().getTime() - associationMs;
  if (!pullRequest && decided.some((row) => row.decided_at.getTime() > fresh)) {
    // GitHub shows the pull request of a fresh merge a moment later. Nothing is decided or granted meanwhile.
    throw new RetryLater("github_behind", `GitHub does not show yet which pull request ${commit.sha} merged.`, {
      after: 2,
    });
  }
  const rows = decided.filter(
    (row) => pullRequest && Number(row.pull_request_id) === pullRequest.id && row.head_sha === pullRequest.headSha,
  );
  // Decided under another policy than the accepted one: its owners are not today's owners.
  return rows.find(
    (row) => (JSON.parse(row.key_text) as { policy_digest: string }).policy_digest === enrolment.accepted.digest,
  );
}
