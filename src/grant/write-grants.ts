import { sameDispatch } from "../access-repo/index.ts";
import { formatInstant } from "../base/duration.ts";
import type { BranchCommit } from "../github/types.ts";
import type { Entry, GrantedEntry } from "../ledger/types.ts";
import type { Enrolment } from "../pull-request/index.ts";
import type { Db } from "../store/index.ts";
import type { GrantDeps } from "./deps.ts";
import { oweReview } from "./after-review/owe.ts";
import type { Judged } from "./judge-requests.ts";

/** A request that becomes a grant. */
export type NewGrant = Extract<Judged, { kind: "grant" }>;

/**
 * Inserts grants and their dispatches inside the caller's transaction. Files that start one workflow with equal inputs share
 * one dispatch and so one run (DESIGN.md section 4, Dispatch). A path that has a grant already fails the whole transaction.
 * @returns entries for the ledger and the ids of dispatches to be started.
 */
export async function writeGrants(
  deps: GrantDeps,
  trx: Db,
  enrolment: Enrolment,
  commit: BranchCommit,
  grants: readonly NewGrant[],
): Promise<{ entries: readonly Entry[]; dispatches: readonly string[] }> {
  const dispatches: { id: string; grant: NewGrant }[] = [];
  const entries: Entry[] = [];
  for (const grant of grants) {
    let dispatchId: string | null = null;
    if (grant.request.request.dispatch) {
      const known = dispatches.find((d) => sameDispatch(d.grant.request.request, grant.request.request));
      dispatchId = known?.id ?? (await insertDispatch(deps, trx, enrolment, grant));
      if (!known) dispatches.push({ id: dispatchId, grant });
    }
    const granted = await insertGrant(deps, trx, enrolment, commit, grant, dispatchId);
    entries.push(granted);
    if (grant.rule === "break_glass") entries.push(await oweReview(deps, trx, enrolment.id, grant, granted));
  }
  return { entries, dispatches: dispatches.map((d) => d.id) };
}

async function insertDispatch(
  deps: GrantDeps,
  trx: Db,
  enrolment: Enrolment,
  { request: { request, plan } }: NewGrant,
): Promise<string> {
  const id = deps.newId();
  await trx
    .insertInto("dispatch")
    .values({
      id,
      repository_id: enrolment.id,
      workflow_repository_id: plan.data.workflow.repository_id,
      workflow_repository: request.workflow.repository,
      file: request.workflow.file,
      ref: request.workflow.ref,
      inputs: JSON.stringify(request.dispatch?.inputs ?? {}),
      state: "pending",
      sent_at: null,
      run_id: null,
      reason: null,
      attempts: 0,
      created_at: deps.clock.now(),
    })
    .execute();
  return id;
}

async function insertGrant(
  deps: GrantDeps,
  trx: Db,
  enrolment: Enrolment,
  commit: BranchCommit,
  grant: NewGrant,
  dispatchId: string | null,
): Promise<GrantedEntry> {
  const { request, plan, subject, sha256 } = grant.request;
  const id = deps.newId();
  await trx
    .insertInto("grant")
    .values({
      id,
      repository_id: enrolment.id,
      path: request.path.path,
      blob: subject.blob,
      blob_sha256: sha256,
      pull_request: grant.pullRequest.number,
      pull_request_id: grant.pullRequest.id,
      merge_commit: commit.sha,
      decision_key: grant.decisionKey,
      policy_digest: grant.policy.digest,
      requester_id: grant.requester.id,
      requester_login: grant.requester.login,
      target: request.target.name,
      role: request.roleName,
      plan_version: plan.data.plan_version,
      plan: plan.text,
      plan_hash: plan.hash,
      workflow_repository_id: plan.data.workflow.repository_id,
      not_before: grant.window.notBefore,
      expires_at: grant.window.expiresAt,
      runs: request.runs,
      state: "active",
      state_reason: null,
      ended_at: null,
      dispatch_id: dispatchId,
      created_at: deps.clock.now(),
      rule: grant.rule,
    })
    .execute();
  return {
    v: 1,
    id: deps.newId(),
    at: formatInstant(deps.clock.now()),
    type: "granted",
    grant: id,
    path: request.path.path,
    repository_id: enrolment.id,
    pull_request: grant.pullRequest.number,
    pull_request_id: grant.pullRequest.id,
    merge_commit: commit.sha,
    blob: subject.blob,
    blob_sha256: sha256,
    decision_key: grant.decisionKey,
    policy_digest: grant.policy.digest,
    plan_version: plan.data.plan_version,
    plan_hash: plan.hash,
    plan: plan.text,
    requested_by: grant.requester,
    approved_by: grant.approvers,
    rule: grant.rule,
    reason: request.reason,
    ticket: request.ticket ?? null,
    not_before: formatInstant(grant.window.notBefore),
    expires_at: formatInstant(grant.window.expiresAt),
  };
}
