import { formatInstant, type Seconds } from "../../base/duration.ts";
import { assertionLifetimes } from "../../issuer/index.ts";
import { gcpAssertionAudience } from "../../plan/gcp-requests.ts";
import { sessionSeconds } from "../../plan/index.ts";
import type { GcpPlanData } from "../../plan/types.ts";
import { brokerOf } from "../broker.ts";
import { CloudError } from "../errors.ts";
import type { Broker, Minted, MintInput } from "../types.ts";
import { checkGcp } from "./check.ts";
import { type GcpEndpoints, gcpEndpoints } from "./endpoints.ts";
import { googleError } from "./errors.ts";
import { exchangeAssertion, type GoogleToken, narrow, type Wire } from "./google.ts";
import { principalOf, projectOf, userAgent } from "./names.ts";

/** RFC 8693 section 3. */
const accessTokenType = "urn:ietf:params:oauth:token-type:access_token";

/**
 * How far past the grant a token may end. Through a service account its life is counted from Google's answer, which comes
 * within the 45 s of an exchange, on a clock that may differ from ours by 30 s.
 */
const tolerance: Seconds = 75;

/**
 * An access token of Google: a federated one that lives as long as its assertion, or one of the role's service account;
 * narrowed by the plan's boundary (CLOUDS.md sections 2 and 8). The assertion stays here: a job that had it could ask for a
 * token without the boundary and with another lifetime.
 * @param endpointOverride sandbox only; loopback, else this throws CloudError `cloud_misconfigured`
 */
export function gcpBroker(endpointOverride?: string): Broker {
  const endpoints = gcpEndpoints(endpointOverride);
  return brokerOf(
    "gcp",
    (input) => mint(input, endpoints),
    (input) => checkGcp(input, endpoints),
  );
}

async function mint(input: MintInput<"gcp">, endpoints: GcpEndpoints): Promise<Minted> {
  const { plan, window, now, context, signal } = input;
  const lifetime = sessionSeconds(plan, window, now);
  // Under a second is nothing that could be asked for.
  if (lifetime < 1) throw new CloudError("cloud_denied", "The grant's window has ended.");
  const direct = plan.service_account === null;
  const assertion = await input.sign({
    subject: plan.subject,
    audience: gcpAssertionAudience(plan),
    lifetime: direct ? lifetime : assertionLifetimes.gcp,
    extra: {},
  });
  const wire: Wire = { endpoints, signal, userAgent: userAgent(context) };
  const source = await exchangeAssertion(plan, assertion, lifetime, wire).catch((error: unknown) => {
    throw googleError(error, plan, "exchange");
  });
  const token = plan.boundary === null ? source : await narrowed(source, plan.boundary, plan, wire);
  const expiresAt = endOf(token, now) ?? endOf(source, now) ?? later(now, lifetime);
  if (expiresAt > later(window.expiresAt, tolerance)) throw outlives(plan);
  const project = projectOf(plan);
  return {
    response: {
      access_token: token.token,
      issued_token_type: accessTokenType,
      token_type: "Bearer",
      expires_in: Math.min(lifetime, Math.max(0, Math.floor((expiresAt.getTime() - now.getTime()) / 1000))),
      // Required where it is not what was asked, and never wrong (RFC 8693 section 2.2.1).
      scope: plan.scopes.join(" "),
      gcp_expiration: formatInstant(expiresAt),
      ...(plan.service_account !== null && { gcp_service_account: plan.service_account }),
      ...(project !== undefined && { gcp_project: project }),
    },
    identifiers: {
      principal: principalOf(plan),
      ...(plan.service_account !== null && { service_account: plan.service_account }),
      user_agent: wire.userAgent,
    },
    expiresAt,
  };
}

async function narrowed(
  source: GoogleToken,
  boundary: NonNullable<GcpPlanData["boundary"]>,
  plan: GcpPlanData,
  wire: Wire,
): Promise<GoogleToken> {
  try {
    return await narrow(source.token, boundary, wire);
  } catch (error) {
    throw googleError(error, plan, "boundary");
  }
}

const later = (date: Date, seconds: Seconds): Date => new Date(date.getTime() + seconds * 1000);

/** Seconds are counted from before the call, so that we never say later than it is. */
function endOf({ ends }: GoogleToken, now: Date): Date | undefined {
  if (ends === undefined) return undefined;
  return "at" in ends ? ends.at : later(now, ends.in);
}

/**
 * That a federated token ends with its assertion was observed, not promised. A token that outlives what was approved is not
 * handed out, whatever the reason.
 */
const outlives = (plan: GcpPlanData): CloudError =>
  new CloudError(
    "cloud_misconfigured",
    "Google gave a token that outlives the grant, so it was not released. " +
      (plan.service_account === null
        ? "Name a service_account in the role: then the lifetime is asked for."
        : "Compare the clocks of this server and of Google."),
  );
