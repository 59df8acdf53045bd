import { checkRequest, parseRequest, parseRequestPath } from "../access-repo/index.ts";
import type { Policy, ResolvedRequest } from "../access-repo/types.ts";
import { type Digest, objectId, ownerId, type OwnerId, repositoryId, type RepositoryId } from "../base/ids.ts";
import { renderPlanVersion } from "./render.ts";
import type { PlanData, PlanInput } from "./types.ts";

/** A request of the access repo with the plan that it has had. */
export interface PlannedRequest {
  readonly access: { readonly id: RepositoryId; readonly ownerId: OwnerId };
  readonly path: string;
  readonly plan: PlanData;
  readonly planVersion: number;
}

/** The request as a policy resolves it, or undefined where the policy does not admit it. Pure. */
export function resolvedUnder(
  { access, path }: Pick<PlannedRequest, "access" | "path">,
  text: string,
  policy: Policy,
  now: Date,
): ResolvedRequest | undefined {
  const name = parseRequestPath(path);
  const parsed = parseRequest(text, path);
  if (!name || !parsed.ok) return undefined;
  // As on the default branch: a start that has come is no reason against it.
  const checked = checkRequest({ file: parsed.value, path: name, policy, now, merged: true, repositoryId: access.id });
  return checked.ok ? checked.value : undefined;
}

/**
 * The hash of the plan that a resolved request has now, with what GitHub said of its workflow when it was planned; undefined
 * where it has none (DESIGN.md section 4, The plan is frozen). Pure.
 */
export function planHashOf(
  { access, plan: { workflow }, planVersion }: PlannedRequest,
  request: ResolvedRequest,
  repositories?: PlanInput["repositories"],
): Digest | undefined {
  const rendered = renderPlanVersion(planVersion, {
    access: { repository_id: access.id, owner_id: access.ownerId },
    request,
    workflow: {
      repository_id: repositoryId(workflow.repository_id),
      owner_id: ownerId(workflow.owner_id),
      // Display only, not hashed; the ids above decide, and they stay after a rename.
      repository: request.workflow.repository,
      blob: objectId(workflow.blob),
    },
    repositories,
  });
  return rendered.ok ? rendered.plan.hash : undefined;
}
