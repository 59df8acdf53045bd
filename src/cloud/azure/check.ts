import { assertionLifetimes } from "../../issuer/index.ts";
import { azureClouds } from "../../plan/index.ts";
import { sorted } from "../../plan/normal.ts";
import { CloudError } from "../errors.ts";
import { signAssertion } from "../sign.ts";
import type { CheckInput } from "../types.ts";
import { tradeAssertion } from "./entra.ts";

/**
 * One trade for the first of the role's resources. Entra has no lesser token and none that can be called back: this one could do
 * what the application may do, for 60 to 90 minutes, so it goes no further than this function. Other resources are not tried.
 */
export async function checkAzure(input: CheckInput<"azure">, endpoint: string | undefined): Promise<void> {
  const { role, subject, signal } = input;
  const [resource] = sorted(role.resources);
  const [cloud, ...others] = azureClouds(role.resources);
  if (resource === undefined || others.length > 0)
    throw new CloudError(
      "cloud_misconfigured",
      "The role's resources are of different Azure clouds, or there are none: make a target for each cloud.",
    );
  const assertion = await signAssertion(input.sign, {
    subject,
    audience: cloud.audience,
    lifetime: assertionLifetimes.azure,
    extra: {},
  });
  const tenantId = role.tenant_id.toLowerCase();
  const clientId = role.client_id.toLowerCase();
  await tradeAssertion({ cloud, endpoint, tenantId, clientId, subject, resource, assertion, signal });
}
