import { renderAws } from "./aws.ts";
import { failure, type Rendered } from "./rendered.ts";
import type { PlanInput } from "./types.ts";

/** What new plans are rendered with. */
const PLAN_VERSION = 1;

/** What exactly would be issued, with `input.plan_version` or the newest version. Pure: same input, same hash, at any time. */
export const renderPlan = (input: PlanInput): Rendered => renderPlanVersion(input.plan_version ?? PLAN_VERSION, input);

/** Renders with the version that a grant was made with (DESIGN.md section 4, The plan is frozen). */
export function renderPlanVersion(version: number, input: PlanInput): Rendered {
  if (version !== 1) {
    return failure(
      "plan_version_unknown",
      `This server does not know plan version ${version}: run a newer one, or ask again.`,
    );
  }
  const { request, access, workflow } = input;
  // Who holds another owner's repository holds its workflow's next version; no exception (C49).
  if (workflow.owner_id !== access.owner_id) {
    return failure(
      "workflow_of_another_owner",
      `Repository ${workflow.repository} is of another owner than the access repo: name a workflow of the same owner.`,
    );
  }
  const { role } = request;
  if (role.kind === "aws") return renderAws(input, role);
  return failure(
    "kind_not_supported",
    `This server cannot issue for ${role.kind} yet: target ${request.target.name} can be written and validated, but not asked for.`,
  );
}
