import type { AzurePlanData } from "./types.ts";

/** Where Entra is asked, the `aud` that its federated credentials take, and what Terraform's azurerm calls the cloud. */
export interface AzureCloud {
  readonly environment: "public" | "usgovernment" | "china";
  readonly authority: string;
  readonly audience: string;
}
const worldwide: AzureCloud = {
  environment: "public",
  authority: "https://login.microsoftonline.com",
  audience: "api://AzureADTokenExchange",
};
// By the hosts that only a sovereign cloud has; some, such as storage.azure.com, are the same in all. Authorities: Microsoft Learn,
// national clouds. Audiences: the same, "Configure an application to trust a managed identity".
const sovereign: readonly (AzureCloud & { readonly hosts: RegExp })[] = [
  {
    environment: "usgovernment",
    authority: "https://login.microsoftonline.us",
    audience: "api://AzureADTokenExchangeUSGov",
    hosts: /\.(?:usgovcloudapi\.net|azure\.us|microsoft\.us)$/,
  },
  {
    environment: "china",
    authority: "https://login.chinacloudapi.cn",
    audience: "api://AzureADTokenExchangeChina",
    hosts: /\.(?:chinacloudapi\.cn|azure\.cn)$/,
  },
];

/** The cloud that a role's resources are of. More than one is an error: a tenant, and so the assertion, is of one. */
export function azureClouds(resources: readonly string[]): readonly [AzureCloud, ...AzureCloud[]] {
  const hosts = resources.map((resource) => /^https:\/\/([^/]+)/.exec(resource.toLowerCase())?.[1] ?? "");
  const [first = worldwide, ...more] = sovereign.filter((each) => hosts.some((host) => each.hosts.test(host)));
  return [first, ...more];
}

/**
 * The resource that a job's `resource` stands for, exactly as the role writes it; undefined where it is none of the role's. Absent,
 * it is the role's only one: which of several is never chosen for the job (C50). With `delivery: assertion` the job's tools choose
 * themselves, and the first in the plan's order serves the server's own trial.
 */
export function azureResource(
  { delivery, resources }: Pick<AzurePlanData, "delivery" | "resources">,
  asked: string | undefined,
): string | undefined {
  if (asked !== undefined) return resources.includes(asked) ? asked : undefined;
  return delivery === "assertion" || resources.length === 1 ? resources[0] : undefined;
}

export const azureTokenUrl = ({ authority }: AzureCloud, tenant: string): string =>
  `${authority}/${tenant}/oauth2/v2.0/token`;

/**
 * Form of a token request: exactly one resource, as it is written. A trailing slash is part of its name and stays, so that
 * `//.default` comes out of it (Microsoft Learn, Scopes and permissions, trailing slash and .default). No `claims` are sent:
 * they would ask for the 24 hours of continuous access evaluation.
 */
export const azureTokenRequest = (data: Pick<AzurePlanData, "client_id">, resource: string, assertion: string) => ({
  client_id: data.client_id,
  scope: `${resource}/.default`,
  grant_type: "client_credentials",
  client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
  client_assertion: assertion,
});
