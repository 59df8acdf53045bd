import type { Plan } from "./types.ts";

/** A plan, or why there is none. `code` is stable; `message` is one sentence or two that say what to do. */
export type Rendered = { readonly ok: true; readonly plan: Plan } | Failure;
export interface Failure {
  readonly ok: false;
  readonly code: PlanErrorCode;
  readonly message: string;
}

export type PlanErrorCode =
  | "plan_version_unknown"
  | "workflow_of_another_owner"
  | "subject_too_long"
  | "region_not_of_partition"
  | "nothing_allowed"
  | "policy_too_long"
  | "boundary_too_long"
  | "resources_of_two_clouds"
  | "permission_not_grantable"
  | "repository_unknown"
  | "repository_of_another_owner"
  | "access_repository"
  | "audience_reserved"
  | "claim_reserved"
  | "not_canonical";

export const failure = (code: PlanErrorCode, message: string): Failure => ({ ok: false, code, message });
