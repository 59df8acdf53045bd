// Verifies the ledger from a clone alone: no store, no GitHub, no trust in whoever runs the server (DESIGN.md section 2, Audit).

export type { AcceptedProblem, AuditResult, Problem, ProblemCode, VerifyOptions } from "./types.ts";
export { verifyClone } from "./verify-clone.ts";
