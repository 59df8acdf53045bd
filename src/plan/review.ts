import type { ActionCatalogue } from "../access-repo/action-catalogue.ts";
import { finding, servicesOf } from "../access-repo/index.ts";
import type { Diagnostic, Locate } from "../access-repo/types.ts";
import { actionRisks } from "./action-risks.ts";
import { type ActionWords, actionWords } from "./action-words.ts";
import type { Failure } from "./rendered.ts";
import type { Plan, RiskNote } from "./types.ts";

/** What a reviewer is told beside the plan itself. Prose: in no hash, and never part of a decision. */
export interface PlanReview {
  readonly risks: readonly RiskNote[];
  /** aws: what each action means. Empty for other kinds. */
  readonly actions: readonly ActionWords[];
}

/** The services whose actions `reviewPlan` has to know. */
export const servicesOfPlan = ({ data }: Plan): ReadonlySet<string> =>
  data.kind === "aws" ? servicesOf(data.statements) : new Set();

/** @param catalogue with `servicesOfPlan` loaded. @throws RangeError otherwise */
export function reviewPlan(plan: Plan, catalogue: ActionCatalogue): PlanReview {
  const { data, risks } = plan;
  if (data.kind !== "aws") return { risks, actions: [] };
  return {
    risks: [...risks, ...actionRisks(data.statements, catalogue)],
    actions: actionWords(data.statements, catalogue),
  };
}

/** Why there is no plan, as a finding of the request's file. */
export function planFinding(failure: Failure, file: string, at: Locate): Diagnostic {
  const tooLong = failure.code === "policy_too_long" || failure.code === "boundary_too_long";
  return finding(tooLong ? "CS2030" : "CS2031", file, at(["role"]), failure.message);
}
