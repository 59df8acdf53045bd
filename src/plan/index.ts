export { actionRisks } from "./action-risks.ts";
export { type ActionWords, actionWords } from "./action-words.ts";
export {
  type AzureCloud,
  azureClouds,
  azureResource,
  azureTokenRequest,
  azureTokenUrl,
} from "./azure-requests.ts";
export { type Asked, describePlan, type PlanDescription } from "./describe.ts";
export { decidePlanHash } from "./digest.ts";
export { githubTokenBody } from "./github-requests.ts";
export { issueText } from "./issue.ts";
export { AWS_MIN_SESSION, azureTradedUntil, sessionSeconds } from "./lifetimes.ts";
export { renderPlan, renderPlanVersion } from "./render.ts";
export { type Compared, compareWithPast, type Past, type PastGrant, type ToCompare } from "./past.ts";
export { type PlannedRequest, planHashOf, resolvedUnder } from "./plan-under.ts";
export { planFinding, type PlanReview, reviewPlan, servicesOfPlan } from "./review.ts";
export type { PlanErrorCode, Rendered } from "./rendered.ts";
export { MAX_SESSION_POLICY, requestOversize, sessionPolicy } from "./session-policy.ts";
export { MAX_SUBJECT_BYTES, subjectOf } from "./subject.ts";
export { sixSentences, sixSentencesOfAll, type SixSentences, type ToSay } from "./sentences.ts";
export type * from "./types.ts";
export { planWindow } from "./window.ts";
