import { renderAws } from "./aws.ts";
import { renderAzure } from "./azure.ts";
import { renderGcp } from "./gcp.ts";
import { renderGithub } from "./github.ts";
import { renderOidc } from "./oidc.ts";
import { failure, type Rendered } from "./rendered.ts";
import type { PlanInput } from "./types.ts";

/** What new plans are rendered with. */
const PLAN_VERSION = 1;

/** What exactly would be issued, with `input.plan_version` or the newest version. Pure: same input, same hash, at any time. */
export const renderPlan = (input: PlanInput): Rendered => renderPlanVersion(input.plan_version ?? PLAN_VERSION, input);

/**
 * Renders with the version that a grant was made with (DESIGN.md section 4, The plan is frozen). Every kind has a plan; whether
 * a server can issue for it is for the caller to know, who has the brokers.
 */
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
  switch (role.kind) {
    case "aws":
      return renderAws(input, role);
    case "gcp":
      return renderGcp(input, role);
    case "azure":
      return renderAzure(input, role);
    case "github":
      return renderGithub(input);
    case "oidc":
      return renderOidc(input, role);
  }
}
