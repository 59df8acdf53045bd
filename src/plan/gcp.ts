import type { GcpRole } from "../access-repo/types.ts";
import { finish, planCommon } from "./common.ts";
import { boundaryOversize } from "./gcp-requests.ts";
import { byCodeUnit, sorted } from "./normal.ts";
import { gcpNotLimited, gcpRisks } from "./notes-gcp.ts";
import { failure, type Rendered } from "./rendered.ts";
import type { GcpPlanData, PlanInput } from "./types.ts";

/** Version 1 of the gcp plan: through a service account, or by direct federation where the role names none. */
export function renderGcp(input: PlanInput, role: GcpRole): Rendered {
  const { request } = input;
  const shared = planCommon(input, "gcp");
  if (!shared.ok) return shared;
  if (role.scopes.length === 0) {
    return failure(
      "nothing_allowed",
      "The role has no scopes, so its tokens could do nothing: name one in the target file.",
    );
  }
  // Whatever was asked, the role's own boundary is the ceiling; no request is unbounded where the role is not.
  const asked = request.boundary ?? role.boundary;
  const boundary = asked === undefined ? null : normalBoundary(asked);
  // An empty boundary must not become none: none is everything.
  if (boundary !== null && (boundary.length === 0 || boundary.some((rule) => rule.permissions.length === 0))) {
    return failure("nothing_allowed", "The boundary allows nothing: name buckets and roles, or leave it out.");
  }
  const data: GcpPlanData = {
    ...shared.common,
    kind: "gcp",
    workload_identity_provider: role.workload_identity_provider,
    service_account: role.service_account ?? null,
    scopes: sorted(role.scopes),
    boundary,
    max_session: role.max_session,
  };
  const problem = boundaryOversize(data);
  if (problem !== undefined) return failure("boundary_too_long", problem);
  const { narrowed } = request;
  const notes = { risks: gcpRisks(data, narrowed), notLimited: gcpNotLimited(data) };
  return finish(data, { narrowed, ...notes, repositories: new Map() });
}

type Boundary = NonNullable<GcpPlanData["boundary"]>;

/** Rules are a union (STS reference, AccessBoundary), so that neither their order nor a second copy means anything. */
function normalBoundary(rules: Boundary): Boundary {
  const spelled = rules.map(({ resource, permissions }) => {
    const rule = { resource, permissions: sorted(permissions) };
    return [JSON.stringify([rule.resource, rule.permissions]), rule] as const;
  });
  return [...new Map(spelled)].sort(([a], [b]) => byCodeUnit(a, b)).map(([, rule]) => rule);
}
