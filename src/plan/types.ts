import type { Digest, ObjectId, OwnerId, RepositoryId } from "../base/ids.ts";
import type { Seconds } from "../base/duration.ts";
import type { ResolvedRequest } from "../access-repo/types.ts";

/** The workflow as GitHub had it when the plan was rendered. */
export interface WorkflowFacts {
  readonly repository_id: RepositoryId;
  readonly owner_id: OwnerId;
  /** As GitHub spells it now; display only, ids decide. */
  readonly repository: string;
  /** Blob id of the workflow file at the ref. */
  readonly blob: ObjectId;
}

export interface PlanInput {
  readonly access: { readonly repository_id: RepositoryId; readonly owner_id: OwnerId };
  readonly request: ResolvedRequest;
  readonly workflow: WorkflowFacts;
  /** Absent: the newest. An exchange passes the grant's, so that an upgrade ends no grant. */
  readonly plan_version?: 1;
}

export interface PlanWorkflow {
  readonly repository_id: number;
  readonly owner_id: number;
  readonly file: string;
  readonly ref: string;
  readonly environment: string | null;
  readonly sha: string | null;
  readonly reusable: string | null;
  readonly actor: "requester" | "any";
  readonly blob: string;
  readonly events: readonly string[];
  readonly runners: readonly string[];
}

interface PlanCommon {
  readonly plan_version: 1;
  /** `repository:<access repo id>:<kind>:<target>:<role>` */
  readonly subject: string;
  readonly target: string;
  readonly role: string;
  readonly duration: Seconds;
  /** RFC 3339 or null. */
  readonly start: string | null;
  readonly runs: number;
  readonly last_issue_before_end: Seconds;
  readonly workflow: PlanWorkflow;
  /** null: not dispatched by us. */
  readonly dispatch: { readonly inputs: Readonly<Record<string, string>> } | null;
}
/** Session policy without the end, which is not known before the merge; `sessionPolicy()` adds the Deny. */
export interface AwsPlanData extends PlanCommon {
  readonly kind: "aws";
  readonly role_arn: string;
  readonly region: string;
  readonly max_session: Seconds;
  readonly statements: readonly { readonly actions: readonly string[]; readonly resources: readonly string[] }[];
}
/** Resolved data only: no clock, prose, notes or slots. `plan.hash` is the digest of its canonical JSON. */
export type PlanData = AwsPlanData;

export interface RiskNote {
  readonly code: string;
  readonly text: string;
}
export interface Plan {
  readonly data: PlanData;
  /** Canonical JSON of `data`: what is hashed and what a grant stores. */
  readonly text: string;
  readonly hash: Digest;
  readonly narrowed: boolean;
  readonly risks: readonly RiskNote[];
  /** What the cloud does not let us limit, each a sentence. */
  readonly notLimited: readonly string[];
}

/** [notBefore, expiresAt), GitHub's clock. */
export interface Window {
  readonly notBefore: Date;
  readonly expiresAt: Date;
}
