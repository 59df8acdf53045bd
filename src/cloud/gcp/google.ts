import type { gaxios } from "google-auth-library";
import { setTimeout as delay } from "node:timers/promises";
import type { Seconds } from "../../base/duration.ts";
import { gcpExchange, gcpNarrowing } from "../../plan/gcp-requests.ts";
import type { GcpPlanData } from "../../plan/types.ts";
import { type GcpEndpoints, universeDomain } from "./endpoints.ts";
import { passes } from "./errors.ts";

type GaxiosOptions = gaxios.GaxiosOptions;

/** What every call has beside what it sends. */
export interface Wire {
  readonly endpoints: GcpEndpoints;
  readonly signal: AbortSignal;
  /** Goes to Google's log as `callerSuppliedUserAgent`; ASCII. */
  readonly userAgent: string;
}
/** A token, and when it ends as Google said it: seconds from its answer, or an instant, or nothing. */
export interface GoogleToken {
  readonly token: string;
  readonly ends: { readonly in: Seconds } | { readonly at: Date } | undefined;
}

/** Milliseconds for one try; the caller's signal ends all of them. */
const tryTimeout = 10_000;
const maxTries = 3;

/**
 * Assertion for federated token at STS and, where the plan names a service account, that token for one of the account at IAM
 * Credentials. A client per call: it caches its token, and no token of one grant may ever be another's.
 * Throws the library's error; `googleError` reads it.
 * @param lifetime seconds for the service account's token, 1 or more: the library sends 3600 for 0
 */
export async function exchangeAssertion(
  plan: Pick<GcpPlanData, "workload_identity_provider" | "service_account" | "scopes">,
  assertion: string,
  lifetime: Seconds,
  wire: Wire,
): Promise<GoogleToken> {
  wire.signal.throwIfAborted();
  // Loaded when the first gcp target is minted: 45 ms and 22 MB that other servers do without (CLOUDS.md section 6).
  const { IdentityPoolClient } = await import("google-auth-library");
  const form = gcpExchange(plan, assertion);
  const transport = transportOptions(wire);
  const client = new IdentityPoolClient({
    type: "external_account",
    universe_domain: universeDomain,
    token_url: wire.endpoints.sts,
    audience: form.audience,
    subject_token_type: form.subject_token_type,
    subject_token_supplier: { getSubjectToken: () => Promise.resolve(form.subject_token) },
    scopes: [...plan.scopes],
    ...(plan.service_account !== null && {
      service_account_impersonation_url: wire.endpoints.impersonation(plan.service_account),
      service_account_impersonation: { token_lifetime_seconds: lifetime },
    }),
    transporterOptions: transport,
    // Else, with GOOGLE_SDK_NODE_LOGGING in the environment, the library prints every answer, and with it the token.
    useAuthRequestParameters: false,
  });
  // The call to STS has a transporter of its own, which no option reaches.
  client["stsCredential"]["transporter"].defaults = transport;
  // Once: for a token that lives 5 minutes or less a second call would mint a second one.
  const { res } = await client.getAccessToken();
  return plan.service_account === null ? federated(res?.data) : impersonated(res?.data);
}

/**
 * A token for the same, narrowed by the boundary (Credential Access Boundaries overview). By the library's transporter alone:
 * its `DownscopedClient` has Google's host in it and can be given no other.
 */
export async function narrow(
  token: string,
  boundary: NonNullable<GcpPlanData["boundary"]>,
  wire: Wire,
): Promise<GoogleToken> {
  wire.signal.throwIfAborted();
  const { gaxios } = await import("google-auth-library");
  const { data } = await new gaxios.Gaxios(transportOptions(wire)).request({
    url: wire.endpoints.sts,
    method: "POST",
    data: new URLSearchParams(gcpNarrowing(token, boundary)),
    responseType: "json",
  });
  return federated(data);
}

/**
 * How a request is made, nothing of it from the environment. The fetch of Node instead of the library's: no proxy that
 * HTTPS_PROXY names (a server behind one sets NODE_USE_ENV_PROXY, which is for all of Node), connections that are kept, and a
 * redirect is an error, so that neither assertion nor token goes where the table does not say.
 */
function transportOptions({ signal, userAgent }: Wire): GaxiosOptions {
  return {
    fetchImplementation: fetch,
    noProxy: [/^/], // any URL: a proxy would not be used, but a malformed HTTPS_PROXY would throw
    redirect: "error",
    signal,
    timeout: tryTimeout,
    headers: { "user-agent": userAgent },
    retryConfig: {
      // The library's own rule takes the end of our deadline for a timeout of one try, and starts again.
      shouldRetry: (error) =>
        !signal.aborted && (error.config.retryConfig?.currentRetryAttempt ?? 0) < maxTries - 1 && passes(error),
      retryBackoff: (_, milliseconds) => delay(milliseconds, undefined, { signal }),
    },
  };
}

const members = (data: unknown): Readonly<Record<string, unknown>> =>
  typeof data === "object" && data !== null ? { ...data } : {};

/** sts:v1 ExchangeTokenResponse. `expires_in` is absent for a token that ends within seconds, and may be after narrowing. */
function federated(data: unknown): GoogleToken {
  const { access_token: token, expires_in: seconds } = members(data);
  if (typeof token !== "string" || token === "") throw incomplete();
  if (seconds !== undefined && !(Number.isSafeInteger(seconds) && Number(seconds) >= 0)) throw incomplete();
  return { token, ends: seconds === undefined ? undefined : { in: Number(seconds) } };
}

/** iamcredentials:v1 GenerateAccessTokenResponse. */
function impersonated(data: unknown): GoogleToken {
  const { accessToken: token, expireTime } = members(data);
  const at = new Date(typeof expireTime === "string" ? expireTime : Number.NaN);
  if (typeof token !== "string" || token === "" || Number.isNaN(at.getTime())) throw incomplete();
  return { token, ends: { at } };
}

/** Read as unavailable: nothing half is handed out. */
const incomplete = (): Error => new Error("the answer is incomplete");
