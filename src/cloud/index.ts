// One broker per kind of target: mints credentials for a plan (DESIGN.md section 5).
import { awsBroker } from "./aws/broker.ts";
import { azureBroker } from "./azure/broker.ts";
import { gcpBroker } from "./gcp/broker.ts";
import { githubBroker, type GithubTokens } from "./github/broker.ts";
import { oidcBroker } from "./oidc/broker.ts";
import type { Broker } from "./types.ts";

export { CloudError, type CloudErrorCode, UpstreamFailure } from "./errors.ts";
export { githubTokenError } from "./github/errors.ts";
export type * from "./types.ts";

export interface CloudConfig {
  /** The sandbox's STS, on loopback. Absent: the table of the code. */
  readonly awsStsEndpoint?: string;
  /** The sandbox's Entra, likewise. */
  readonly azureEndpoint?: string;
  /** The sandbox's STS and IAM Credentials of Google, on loopback. Absent: Google's own hosts. */
  readonly gcpEndpoint?: string;
  /** The second App. Absent: this server has no github targets. */
  readonly github?: GithubTokens;
}

/** The brokers by kind. @throws CloudError `cloud_misconfigured` for an override that is not on loopback */
export function brokers(config: CloudConfig): ReadonlyMap<Broker["kind"], Broker> {
  const all = [
    awsBroker(config.awsStsEndpoint),
    gcpBroker(config.gcpEndpoint),
    azureBroker(config.azureEndpoint),
    oidcBroker(),
    ...(config.github ? [githubBroker(config.github)] : []),
  ];
  return new Map(all.map((broker) => [broker.kind, broker]));
}
