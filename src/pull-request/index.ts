export { askedBranch, asRequested } from "./asked.ts";
export { decideLive } from "./decide-live.ts";
export { findDecision } from "./decisions.ts";
export { accessRepoKey, pullRequestKey, type ReconcileDeps } from "./deps.ts";
export { type Enrolment, readEnrolment, toEnrolment } from "./enrolment.ts";
export { evaluateFile, evaluateRequests, type EvaluatedRequest } from "./evaluate-request.ts";
export { watchedPullRequests } from "./pending.ts";
export { planPostedAt, readPosted, withoutEarlier } from "./posted-plan.ts";
export { reconcilePullRequest } from "./reconcile.ts";
