export { describePlan, type PlanDescription } from "./describe.ts";
export { decidePlanHash } from "./digest.ts";
export { renderPlan, renderPlanVersion } from "./render.ts";
export type { PlanErrorCode, Rendered } from "./rendered.ts";
export { MAX_SESSION_POLICY, sessionPolicy } from "./session-policy.ts";
export { MAX_SUBJECT_BYTES, subjectOf } from "./subject.ts";
export type * from "./types.ts";
export { AWS_MIN_SESSION, awsDurationSeconds, planWindow } from "./window.ts";
