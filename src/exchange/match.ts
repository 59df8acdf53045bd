import type { OwnerId, RepositoryId, RunId, UserId } from "../base/ids.ts";
import { azureResource } from "../plan/index.ts";
import type { PlanData } from "../plan/types.ts";
import type { Claims } from "./claims.ts";
import type { Code } from "./codes.ts";
import type { TokenParams } from "./params.ts";

/** What the claims of a job are compared with: the plan of a grant, or of a request that nobody has approved yet. */
export interface Binding {
  readonly access: { readonly id: RepositoryId; readonly ownerId: OwnerId; readonly fullName: string };
  readonly path: string;
  readonly target: string;
  readonly role: string;
  readonly plan: PlanData;
  /** Who may have started the run: the requester, or our bot for a dispatched grant; null: anybody who may. */
  readonly actorId: UserId | null;
}

/** A grant as the matcher sees it: frozen plan, window, and what the database says of its uses now. */
export interface Candidate extends Binding {
  readonly id: string;
  readonly notBefore: Date;
  readonly expiresAt: Date;
  readonly state: "active" | "revoked" | "expired" | "quarantined";
  /** null: not dispatched by us. */
  readonly dispatch: { readonly state: "pending" | "sent" | "bound" | "failed"; readonly runId: RunId | null } | null;
  readonly runs: number;
  /** Run attempts that exchanged, and whether this token's is one of them. */
  readonly uses: { readonly count: number; readonly thisAttempt: boolean };
}
export interface Mismatch<G extends Candidate = Candidate> {
  readonly grant: G;
  readonly code: Code;
  /** How many rules held before this one; says which candidate was nearest. */
  readonly depth: number;
}
export type Match<G extends Candidate = Candidate> =
  | { readonly kind: "match"; readonly grant: G }
  | { readonly kind: "none"; readonly reasons: readonly Mismatch<G>[] }
  | { readonly kind: "ambiguous"; readonly grants: readonly G[] };

interface Asked {
  readonly claims: Claims;
  readonly params: Omit<TokenParams, "subjectToken">;
  /** Seconds since 1970, our clock. */
  readonly now: number;
}
/** One line of the table in DESIGN.md section 6: the code of what does not hold, or undefined. */
type Rule<B extends Binding = Candidate> = (grant: B, asked: Asked) => Code | undefined;
/** One that looks at the job and the plan alone. */
type JobRule = Rule<Binding>;

/** Which grant a job may use. Pure; the one place where claims are compared with a plan. */
export function matchGrants<G extends Candidate>(
  claims: Claims,
  params: Omit<TokenParams, "subjectToken">,
  grants: readonly G[],
  now: Date,
): Match<G> {
  const asked = { claims, params, now: now.getTime() / 1000 };
  const fitting: G[] = [];
  const reasons: Mismatch<G>[] = [];
  for (const grant of grants) {
    const depth = rules.findIndex((rule) => rule(grant, asked) !== undefined);
    const code = rules[depth]?.(grant, asked);
    if (code === undefined) fitting.push(grant);
    else reasons.push({ grant, code, depth });
  }
  const [grant, ...more] = fitting;
  if (!grant) return { kind: "none", reasons };
  // Never a silent choice: which credentials a job gets may not hang on the order of rows (C50).
  return more.length > 0 ? { kind: "ambiguous", grants: fitting } : { kind: "match", grant };
}

/**
 * What the caller is told of mismatches: the nearest live grant's reason, but only to a job of exactly its repository and
 * workflow file; any other is a stranger and learns nothing (C44).
 */
export function tellable<G extends Candidate>(reasons: readonly Mismatch<G>[]): Mismatch<G> | undefined {
  const nearest = reasons
    .filter((reason) => reason.depth >= firstTold)
    .sort(
      (a, b) =>
        // What the caller named comes first: another grant's "not that one" says nothing about it.
        Number(a.code === "invalid_target") - Number(b.code === "invalid_target") ||
        Number(b.grant.state === "active") - Number(a.grant.state === "active") ||
        b.depth - a.depth,
    );
  return nearest[0];
}

const repository: JobRule = ({ plan }, { claims }) =>
  claims.repositoryId === plan.workflow.repository_id && claims.repositoryOwnerId === plan.workflow.owner_id
    ? undefined
    : "workflow_mismatch";

// The name is the token's own claim, so that a renamed repository keeps its grants; its id was compared above.
const workflowFile: JobRule = ({ plan }, { claims }) =>
  claims.workflowRef.startsWith(`${claims.repository}/${plan.workflow.file}@`) ? undefined : "workflow_mismatch";

const asTold: JobRule = (grant, { params }) =>
  (params.target ?? grant.target) === grant.target &&
  (params.accessRepository ?? grant.access.fullName.toLowerCase()) === grant.access.fullName.toLowerCase() &&
  (params.request ?? grant.path) === grant.path &&
  (params.role ?? grant.role) === grant.role &&
  fitsResource(grant.plan, params.resource)
    ? undefined
    : "invalid_target";

/** Only azure has resources: asking another kind for one is asking for what it is not. Absent narrows nothing, as with the others. */
const fitsResource = (plan: PlanData, resource: string | undefined): boolean =>
  resource === undefined || (plan.kind === "azure" && azureResource(plan, resource) !== undefined);

/** What clients of Google say; of a grant of another kind it would be another question than the one that is answered. */
const ofKind: JobRule = ({ plan }, { params }) => {
  if (plan.kind === "gcp") return undefined;
  if (params.scopes !== undefined) return "invalid_scope";
  return params.accessToken ? "invalid_request" : undefined;
};

const ref: JobRule = ({ plan }, { claims }) =>
  claims.ref === plan.workflow.ref &&
  claims.workflowRef === `${claims.repository}/${plan.workflow.file}@${plan.workflow.ref}`
    ? undefined
    : "ref_mismatch";

/** `workflow_ref` is the caller, `job_workflow_ref` the file that the job is in (C40). Without the claim nothing is known. */
const reusable: JobRule = ({ plan }, { claims }) => {
  const named = plan.workflow.reusable;
  if (claims.jobWorkflowRef !== (named ?? claims.workflowRef)) return "reusable_mismatch";
  if (named === null || claims.jobWorkflowSha === undefined) return undefined;
  return named.endsWith(`@${claims.jobWorkflowSha}`) ? undefined : "reusable_mismatch";
};

/** Absent equals absent only: a job without environment is not a job with any. */
const environment: JobRule = ({ plan }, { claims }) =>
  (claims.environment ?? null) === plan.workflow.environment ? undefined : "environment_mismatch";

const event: JobRule = ({ plan }, { claims }) =>
  plan.workflow.events.includes(claims.eventName) &&
  (plan.dispatch === null || claims.eventName === "workflow_dispatch")
    ? undefined
    : "event_not_allowed";

const runner: JobRule = ({ plan }, { claims }) =>
  plan.workflow.runners.includes(claims.runnerEnvironment) ? undefined : "runner_not_allowed";

const sha: JobRule = ({ plan }, { claims }) =>
  plan.workflow.sha === null || plan.workflow.sha === claims.sha ? undefined : "sha_mismatch";

const actor: JobRule = ({ actorId }, { claims }) =>
  actorId === null || actorId === claims.actorId ? undefined : "actor_mismatch";

const state: Rule = ({ state }) =>
  (
    ({
      active: undefined,
      revoked: "grant_revoked",
      expired: "grant_expired",
      quarantined: "grant_quarantined",
    }) as const
  )[state];

/** The plan and the row must agree that it was dispatched: a grant that says so and has no run yet is not anybody's. */
const boundRun: Rule = ({ plan, dispatch }, { claims }) => {
  if (plan.dispatch === null && dispatch === null) return undefined;
  if (dispatch?.state === "failed") return "dispatch_failed";
  if (dispatch?.state !== "bound" || dispatch.runId === null) return "not_ready";
  return dispatch.runId === claims.runId ? undefined : "run_not_bound";
};

/** Half open: [not_before, expires_at). */
const window: Rule = ({ notBefore, expiresAt, plan }, { now }) => {
  if (now < notBefore.getTime() / 1000) return "grant_not_started";
  const end = expiresAt.getTime() / 1000;
  if (now >= end) return "grant_expired";
  return now >= end - plan.last_issue_before_end ? "grant_ending" : undefined;
};

/** Claims have whole seconds; a run that waited for the approval is fine with a new token (C42). */
const issued: Rule = ({ notBefore }, { claims }) =>
  claims.iat >= Math.floor(notBefore.getTime() / 1000) ? undefined : "issued_before_grant";

const runs: Rule = ({ runs, uses }) => (uses.thisAttempt || uses.count < runs ? undefined : "runs_exhausted");

const jobRules: readonly JobRule[] = [
  repository,
  workflowFile,
  asTold,
  ofKind,
  ref,
  reusable,
  environment,
  event,
  runner,
  sha,
  actor,
];

/** Whether a plan is for exactly this job, by the same rules as a grant's. Pure; says nothing of approval, time or uses. */
export const bindsJob = (claims: Claims, params: Asked["params"], binding: Binding): boolean =>
  jobRules.every((rule) => rule(binding, { claims, params, now: 0 }) === undefined);

/** Order matters for what is told: first who asks, then how the job ran, then what has become of the grant. */
const rules: readonly Rule[] = [...jobRules, state, boundRun, window, issued, runs];
const firstTold = rules.indexOf(asTold);
