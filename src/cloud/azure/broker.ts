import { formatInstant } from "../../base/duration.ts";
import { assertionLifetimes } from "../../issuer/index.ts";
import { azureClouds, azureResource, azureTradedUntil, type AzureCloud, sessionSeconds } from "../../plan/index.ts";
import { loopbackEndpoint } from "../aws/endpoints.ts";
import { brokerOf } from "../broker.ts";
import { CloudError } from "../errors.ts";
import { signAssertion, windowEnded } from "../sign.ts";
import type { Broker, Minted, MintInput } from "../types.ts";
import { checkAzure } from "./check.ts";
import { type EntraToken, tradeAssertion } from "./entra.ts";

/** RFC 8693 section 3. */
const accessToken = "urn:ietf:params:oauth:token-type:access_token";
const jwt = "urn:ietf:params:oauth:token-type:jwt";

/**
 * `delivery: token`: one access token of the application, for the one resource that was asked for. `delivery: assertion`, which
 * the target's owner chose: a short assertion that the job's tools trade themselves. Azure narrows neither (CLOUDS.md sections
 * 3 and 8; the plan says so).
 * @param endpointOverride sandbox only; loopback, else this throws CloudError `cloud_misconfigured`
 */
export function azureBroker(endpointOverride?: string): Broker {
  const endpoint = endpointOverride === undefined ? undefined : loopbackEndpoint(endpointOverride).replace(/\/+$/, "");
  return brokerOf(
    "azure",
    (input) => mint(input, endpoint),
    (input) => checkAzure(input, endpoint),
  );
}

async function mint(input: MintInput<"azure">, endpoint: string | undefined): Promise<Minted> {
  const { plan, window, now, signal } = input;
  const lives = sessionSeconds(plan, window, now);
  if (window.expiresAt <= now || lives < 1) throw windowEnded();
  const resource = azureResource(plan, input.resource);
  if (resource === undefined)
    throw new CloudError("cloud_misconfigured", "The resource is not one of the role's, or none was named of several.");
  const [cloud] = azureClouds(plan.resources);
  const claims = { subject: plan.subject, audience: cloud.audience, extra: {} };
  const assertion = await signAssertion(input.sign, { ...claims, lifetime: assertionLifetimes.azure });
  const { tenant_id: tenantId, client_id: clientId, subject } = plan;
  // With `delivery: assertion` a trial: what is wrong with the trust is said here and now, in our words, and not by the job's tools.
  const got = await tradeAssertion({ cloud, endpoint, tenantId, clientId, subject, resource, assertion, signal });
  if (plan.delivery === "token") return tokenAnswer(input, resource, got, cloud);
  // Another than the one that was used, counted from now: the trial took its time.
  const handed = await signAssertion(input.sign, { ...claims, lifetime: lives, notAfter: window.expiresAt });
  const until = azureTradedUntil(handed.expiresAt);
  const tail = {
    tokens_until: formatInstant(until.ordinary),
    graph_tokens_until: formatInstant(until.graph),
  };
  const { correlation_id } = got.identifiers;
  return {
    response: {
      access_token: handed.jwt,
      issued_token_type: jwt,
      token_type: "N_A",
      expires_in: handed.lifetime,
      issued: "assertion",
      ...about(plan, cloud),
      azure_authority_host: cloud.authority,
      ...tail,
    },
    identifiers: {
      issued: "assertion",
      assertion_id: handed.id,
      tenant_id: tenantId,
      client_id: clientId,
      ...tail,
      ...(correlation_id !== undefined && { trial_correlation_id: correlation_id }),
    },
    expiresAt: handed.expiresAt,
  };
}

/** The token ends when Entra says, which is after the window's end as often as not: nothing can end it sooner. */
function tokenAnswer({ plan, now }: MintInput<"azure">, resource: string, got: EntraToken, cloud: AzureCloud): Minted {
  return {
    response: {
      access_token: got.token,
      issued_token_type: accessToken,
      token_type: "Bearer",
      expires_in: got.lifetime,
      issued: "token",
      azure_resource: resource,
      ...about(plan, cloud),
    },
    identifiers: {
      issued: "token",
      resource,
      tenant_id: plan.tenant_id,
      client_id: plan.client_id,
      ...got.identifiers,
    },
    expiresAt: new Date(now.getTime() + got.lifetime * 1000),
  };
}

/** What the job's tools ask for beside the token. */
const about = ({ tenant_id, client_id, subscription_id }: MintInput<"azure">["plan"], cloud: AzureCloud) => ({
  azure_tenant_id: tenant_id,
  azure_client_id: client_id,
  ...(subscription_id !== null && { azure_subscription_id: subscription_id }),
  azure_environment: cloud.environment,
});
