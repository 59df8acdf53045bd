import type { Plan } from "./types.ts";

/** A plan, or why there is none. `code` is stable; `message` is one sentence or two that say what to do. */
export type Rendered =
  | { readonly ok: true; readonly plan: Plan }
  | { readonly ok: false; readonly code: PlanErrorCode; readonly message: string };

export type PlanErrorCode =
  | "kind_not_supported"
  | "plan_version_unknown"
  | "workflow_of_another_owner"
  | "subject_too_long"
  | "region_not_of_partition"
  | "nothing_allowed"
  | "policy_too_long"
  | "not_canonical";

export const failure = (code: PlanErrorCode, message: string): Rendered => ({ ok: false, code, message });
