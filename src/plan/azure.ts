import type { AzureRole } from "../access-repo/types.ts";
import { azureClouds } from "./azure-requests.ts";
import { finish, planCommon } from "./common.ts";
import { sorted } from "./normal.ts";
import { azureNotLimited, azureRisks } from "./notes-azure.ts";
import { failure, type Rendered } from "./rendered.ts";
import type { AzurePlanData, PlanInput } from "./types.ts";

/** Version 1 of the azure plan. Nothing of a request narrows it: Azure has no way to. */
export function renderAzure(input: PlanInput, role: AzureRole): Rendered {
  const shared = planCommon(input, "azure");
  if (!shared.ok) return shared;
  if (role.resources.length === 0) {
    return failure(
      "nothing_allowed",
      "The role has no resources, so there is no token to ask for: name one in the target file.",
    );
  }
  if (azureClouds(role.resources).length > 1) {
    return failure(
      "resources_of_two_clouds",
      "The role's resources are of different Azure clouds, and one tenant is of one: make a target for each cloud.",
    );
  }
  const data: AzurePlanData = {
    ...shared.common,
    kind: "azure",
    // Two spellings of one id are one id.
    tenant_id: role.tenant_id.toLowerCase(),
    client_id: role.client_id.toLowerCase(),
    subscription_id: role.subscription_id?.toLowerCase() ?? null,
    delivery: role.delivery,
    resources: sorted(role.resources),
  };
  const notes = { risks: azureRisks(data), notLimited: azureNotLimited(data) };
  return finish(data, { narrowed: false, ...notes, repositories: new Map() });
}
