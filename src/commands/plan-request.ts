import type { CatalogueSource } from "../action-catalogue/index.ts";
import {
  actionsOfRequest,
  checkActions,
  checkRequest,
  eachSlipOnce,
  hasErrors,
  servicesOf,
} from "../access-repo/index.ts";
import type {
  Diagnostic,
  Locate,
  Policy,
  PolicyFiles,
  RequestFile,
  RequestPath,
  ResolvedRequest,
} from "../access-repo/types.ts";
import {
  type Plan,
  planFinding,
  type PlanInput,
  type PlanReview,
  renderPlan,
  reviewPlan,
  servicesOfPlan,
} from "../plan/index.ts";
import { previewFacts } from "./plan-preview.ts";

/** The policy that judges, the files that it was loaded from, and AWS's list of actions. */
export interface Basis {
  readonly policy: Policy;
  readonly files: PolicyFiles;
  readonly actions: CatalogueSource;
}

/** A request as a file or a policy test has it. */
export interface Asked {
  readonly file: RequestFile;
  readonly at: Locate;
  readonly path: RequestPath;
  readonly now: Date;
  /** True where it is on the default branch already. */
  readonly merged: boolean;
}

export type Planned =
  | {
      readonly ok: true;
      readonly request: ResolvedRequest;
      readonly plan: Plan;
      readonly review: PlanReview;
      /** Warnings. */
      readonly diagnostics: readonly Diagnostic[];
    }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** What only GitHub knows of a plan: ids, and the workflow file's version. */
export type PlanFacts = Omit<PlanInput, "request" | "plan_version">;

/**
 * Checks and plans a request by the functions that the server uses, in its order. What only GitHub knows is given by `facts`;
 * without them the plan is a preview: all of it but ids and the workflow file's version, which stand in its hash as well.
 */
export async function planRequest(basis: Basis, asked: Asked, facts?: PlanFacts): Promise<Planned> {
  const { file, at, path, now, merged } = asked;
  const repository = facts === undefined ? {} : { repositoryId: facts.access.repository_id };
  const checked = checkRequest({ file, at, path, policy: basis.policy, now, merged, ...repository });
  const unknown = merged ? [] : await unknownActions(basis, asked);
  const diagnostics = eachSlipOnce([...checked.diagnostics, ...unknown]);
  if (!checked.ok || hasErrors(unknown)) return { ok: false, diagnostics };
  const request = checked.value;
  const rendered = renderPlan({ ...(facts ?? previewFacts(request)), request });
  if (!rendered.ok) return { ok: false, diagnostics: [...diagnostics, planFinding(rendered, path.path, at)] };
  const { plan } = rendered;
  const review = reviewPlan(plan, await basis.actions.load(servicesOfPlan(plan)));
  return { ok: true, request, plan, review, diagnostics };
}

async function unknownActions({ policy, actions }: Basis, { file, at, path }: Asked): Promise<readonly Diagnostic[]> {
  const named = actionsOfRequest(file, policy.targets.get(path.target));
  const catalogue = await actions.load(servicesOf([{ actions: named.map((use) => use.action) }]));
  return checkActions({ named, file: path.path, at, catalogue });
}
