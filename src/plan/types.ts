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

/** A repository that a github request names, as GitHub had it when the plan was rendered. */
export interface RepositoryFacts {
  readonly repository_id: RepositoryId;
  readonly owner_id: OwnerId;
  /** As GitHub spells it now; display only, ids decide. */
  readonly repository: string;
  /** Whether it is an access repo of this server, this one or another: those are never granted on (C51). */
  readonly access_repo: boolean;
}

export interface PlanInput {
  readonly access: { readonly repository_id: RepositoryId; readonly owner_id: OwnerId };
  readonly request: ResolvedRequest;
  readonly workflow: WorkflowFacts;
  /** github kind: by name as in the file, in lower case. What is absent here is not granted. */
  readonly repositories?: ReadonlyMap<string, RepositoryFacts> | undefined;
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

export interface PlanCommon {
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
export interface GcpPlanData extends PlanCommon {
  readonly kind: "gcp";
  /** `projects/<number>/locations/global/workloadIdentityPools/<pool>/providers/<provider>` */
  readonly workload_identity_provider: string;
  /** null: direct federation, the subject itself is the principal. */
  readonly service_account: string | null;
  /** Sorted. */
  readonly scopes: readonly string[];
  /** Credential Access Boundary, 1 to 10 rules, sorted; null: none. */
  readonly boundary: readonly { readonly resource: string; readonly permissions: readonly string[] }[] | null;
  readonly max_session: Seconds;
}
export interface AzurePlanData extends PlanCommon {
  readonly kind: "azure";
  /** Lower case, as are the other ids. */
  readonly tenant_id: string;
  readonly client_id: string;
  /** Tells tools where to work; limits nothing. */
  readonly subscription_id: string | null;
  readonly delivery: "token" | "assertion";
  /** Sorted; one token is for one of them. */
  readonly resources: readonly string[];
}
export interface GithubPlanData extends PlanCommon {
  readonly kind: "github";
  readonly permissions: Readonly<Record<string, "read" | "write">>;
  /** Sorted. Ids, not names: a name can be registered again by somebody else (C07). */
  readonly repository_ids: readonly number[];
}
export interface OidcPlanData extends PlanCommon {
  readonly kind: "oidc";
  readonly audience: string;
  readonly claims: Readonly<Record<string, string>>;
}
/** Resolved data only: no clock, prose, notes or slots. `plan.hash` is the digest of its canonical JSON. */
export type PlanData = AwsPlanData | GcpPlanData | AzurePlanData | GithubPlanData | OidcPlanData;
/** The plan data of one kind. */
export type PlanDataOf<K extends PlanData["kind"]> = Extract<PlanData, { readonly kind: K }>;

export interface RiskNote {
  readonly code: string;
  readonly text: string;
}

/**
 * How long what one exchange yields lives. Seconds, counted from the cloud's answer: those that the call itself takes, at most
 * the 45 of an exchange, come on top where the cloud is told a length and no instant.
 */
export interface SessionLength {
  /** At most. */
  readonly max: Seconds;
  /** The least that the cloud gives, however little is left; 0: any length. */
  readonly floor: Seconds;
  /** At most this long past the end of the grant; 0: never. */
  readonly outlives: Seconds;
  /** The same as one plain sentence or two. */
  readonly words: string;
}

export interface Plan {
  readonly data: PlanData;
  /** Canonical JSON of `data`: what is hashed and what a grant stores. */
  readonly text: string;
  readonly hash: Digest;
  readonly narrowed: boolean;
  readonly session: SessionLength;
  readonly risks: readonly RiskNote[];
  /** What the cloud does not let us limit, each a sentence. */
  readonly notLimited: readonly string[];
  /** github kind: what the ids are called now, by id. For readers only, in no hash. */
  readonly repositories: ReadonlyMap<number, string>;
}

/** [notBefore, expiresAt), GitHub's clock. */
export interface Window {
  readonly notBefore: Date;
  readonly expiresAt: Date;
}
