import { GCP_STS, gcpImpersonationUrl } from "../../plan/gcp-requests.ts";
import { loopbackEndpoint } from "../aws/endpoints.ts";

/** Where STS and IAM Credentials answer. */
export interface GcpEndpoints {
  readonly sts: string;
  readonly impersonation: (serviceAccount: string) => string;
}

/**
 * The universe that target files can name: their service accounts and scopes are Google's own. Given to the library, which
 * would make hosts from it; every URL is given as well.
 */
export const universeDomain = "googleapis.com";

/**
 * Google's hosts, as the plan shows them; never from the environment, a well-known file or a metadata server. Or, for the
 * sandbox, the same paths on loopback. @throws CloudError `cloud_misconfigured` for any other override
 */
export function gcpEndpoints(override?: string): GcpEndpoints {
  if (override === undefined) return { sts: GCP_STS, impersonation: gcpImpersonationUrl };
  const base = loopbackEndpoint(override).replace(/\/$/, "");
  const local = (url: string): string => base + new URL(url).pathname;
  return { sts: local(GCP_STS), impersonation: (serviceAccount) => local(gcpImpersonationUrl(serviceAccount)) };
}
