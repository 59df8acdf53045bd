import { randomUUID } from "node:crypto";
import type { Insertable } from "kysely";
import type { Policy, TreeFile } from "../../src/access-repo/index.ts";
import { checkRequest, parseRequest, parseRequestPath } from "../../src/access-repo/index.ts";
import { sha256 } from "../../src/base/canonical-json.ts";
import { type ObjectId, ownerId, repositoryId } from "../../src/base/ids.ts";
import { renderPlan } from "../../src/plan/index.ts";
import type { DecisionTable, GrantTable } from "../../src/store/schema.ts";
import { access, sha } from "../recorder/world.ts";

/** Whose the access repo and the workflow repositories are. */
export const owner = ownerId(65);

export interface GrantOf {
  readonly policy: Policy;
  /** The request file. */
  readonly file: TreeFile;
  readonly now: Date;
  /** `repository_id`, and the blob of the workflow file there. */
  readonly workflow: { readonly id: number; readonly blob: ObjectId };
  /** The number of the pull request, and GitHub's id of it. */
  readonly pullRequest: { readonly number: number; readonly id: number };
  readonly notBefore: Date;
  readonly expiresAt: Date;
}

/** A grant of alice's that bob approved, with its decision, as the grant room writes it: its plan is rendered by the same functions. */
export function grantRows(of: GrantOf): {
  readonly decision: Insertable<DecisionTable>;
  readonly grant: Insertable<GrantTable>;
} {
  const { policy, file, now, workflow } = of;
  const text = file.text ?? "";
  const parsed = parseRequest(text, file.path);
  const path = parseRequestPath(file.path);
  if (!parsed.ok || !path) throw new Error(JSON.stringify(parsed));
  const checked = checkRequest({ file: parsed.value, path, policy, now, merged: true, repositoryId: access.id });
  if (!checked.ok) throw new Error(JSON.stringify(checked.diagnostics));
  const request = checked.value;
  const rendered = renderPlan({
    access: { repository_id: access.id, owner_id: owner },
    request,
    workflow: {
      repository_id: repositoryId(workflow.id),
      owner_id: owner,
      repository: request.workflow.repository,
      blob: workflow.blob,
    },
  });
  if (!rendered.ok) throw new Error(JSON.stringify(rendered));
  const id = randomUUID();
  const decision = sha256(id);
  const both = {
    repository_id: access.id,
    pull_request_id: of.pullRequest.id,
    pull_request: of.pullRequest.number,
    requester_id: 11,
    requester_login: "alice",
  };
  return {
    decision: {
      ...both,
      key_sha256: decision,
      head_sha: sha(8),
      kind: "request",
      key_text: "{}",
      resulting_digest: null,
      outcome: "approved",
      rule: "owners",
      approvers: JSON.stringify([{ id: 12, login: "bob" }]),
      decided_at: now,
    },
    grant: {
      ...both,
      id,
      path: file.path,
      blob: file.oid,
      blob_sha256: sha256(text),
      merge_commit: sha(9),
      decision_key: decision,
      policy_digest: policy.digest,
      target: request.target.name,
      role: request.roleName,
      plan_version: 1,
      plan: rendered.plan.text,
      plan_hash: rendered.plan.hash,
      workflow_repository_id: workflow.id,
      not_before: of.notBefore,
      expires_at: of.expiresAt,
      runs: request.runs,
      state: "active",
      state_reason: null,
      ended_at: null,
      dispatch_id: null,
      created_at: now,
    },
  };
}
