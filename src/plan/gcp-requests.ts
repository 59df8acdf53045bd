import type { GcpPlanData } from "./types.ts";

// The calls to Google as they are sent, so that what a plan shows and what a broker sends cannot differ. Hosts are Google's own
// and fixed here (DESIGN.md section 4, Text is data). Both references: https://cloud.google.com/iam/docs/reference.

export const GCP_STS = "https://sts.googleapis.com/v1/token";

/** Google: at most 10 rules, and 2048 characters (STS reference, Options.accessBoundary). */
const maxRules = 10;
const maxBoundary = 2048;

const tokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange";
const accessTokenType = "urn:ietf:params:oauth:token-type:access_token";
const cloudPlatform = "https://www.googleapis.com/auth/cloud-platform";

/** The `aud` of the assertion: what a provider admits without any setting of its own. */
export const gcpAssertionAudience = ({ workload_identity_provider }: Pick<GcpPlanData, "workload_identity_provider">) =>
  `https://iam.googleapis.com/${workload_identity_provider}`;

/**
 * Form of the first call: assertion for federated token. Where that is only the way to a service account its scope is the one
 * that generateAccessToken wants, and the role's scopes come there; it never leaves the server.
 */
export const gcpExchange = (
  data: Pick<GcpPlanData, "workload_identity_provider" | "service_account" | "scopes">,
  assertion: string,
) => ({
  grant_type: tokenExchange,
  audience: `//iam.googleapis.com/${data.workload_identity_provider}`,
  scope: data.service_account === null ? data.scopes.join(" ") : cloudPlatform,
  requested_token_type: accessTokenType,
  subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
  subject_token: assertion,
});

/** Address of the second call, with a service account only. The `-` stands for the project: another value is refused. */
export const gcpImpersonationUrl = (serviceAccount: string): string =>
  `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${serviceAccount}:generateAccessToken`;

/** Its body. `lifetime` is always sent: without it Google takes one hour, whatever is left of the grant. */
export const gcpImpersonation = (data: Pick<GcpPlanData, "scopes">, lifetime: string) => ({
  scope: data.scopes,
  lifetime,
});

/** What a boundary is for Google. */
export const gcpBoundaryOptions = (boundary: NonNullable<GcpPlanData["boundary"]>) => ({
  accessBoundary: {
    accessBoundaryRules: boundary.map(({ resource, permissions }) => ({
      availableResource: resource,
      availablePermissions: permissions,
    })),
  },
});

/** Form of the last call, with a boundary only: the token of the call before for one that is narrowed and ends with it. */
export const gcpNarrowing = (token: string, boundary: NonNullable<GcpPlanData["boundary"]>) => ({
  grant_type: tokenExchange,
  requested_token_type: accessTokenType,
  subject_token_type: accessTokenType,
  subject_token: token,
  options: JSON.stringify(gcpBoundaryOptions(boundary)),
});

/** By how much a boundary is too long, and the entry that costs most; undefined where there is none or it fits. */
export function boundaryOversize({ boundary }: Pick<GcpPlanData, "boundary">): string | undefined {
  if (boundary === null) return undefined;
  if (boundary.length > maxRules)
    return `The boundary has ${boundary.length} rules, ${boundary.length - maxRules} more than the ${maxRules} that Google takes.`;
  // Google counts the boundary; we count the whole parameter, which is a little more.
  const { length } = JSON.stringify(gcpBoundaryOptions(boundary));
  if (length <= maxBoundary) return undefined;
  const entries = boundary.flatMap((rule) => [rule.resource, ...rule.permissions]);
  const longest = entries.reduce((a, b) => (b.length > a.length ? b : a), "");
  return `The boundary is ${length - maxBoundary} characters over the ${maxBoundary} that Google takes; the longest entry is ${longest} (${longest.length} characters).`;
}
