import { azureTokenRequest, azureTokenUrl, type AzureCloud } from "../../plan/index.ts";
import { claimsIn } from "../jwt.ts";
import type { SignedAssertion } from "../sign.ts";
import { entraError } from "./errors.ts";
import { pinnedClient, type Trace } from "./http-client.ts";

/** One token request at Entra. */
export interface Trade {
  readonly cloud: AzureCloud;
  /** Stands in for `cloud.authority`: the sandbox, on loopback. */
  readonly endpoint: string | undefined;
  readonly tenantId: string;
  readonly clientId: string;
  readonly subject: string;
  readonly resource: string;
  readonly assertion: SignedAssertion;
  readonly signal: AbortSignal;
}
/** What Entra answered, complete. */
export interface EntraToken {
  readonly token: string;
  /** Seconds from the request. */
  readonly lifetime: number;
  /** What the tenant's sign-in log and the resource's own log show of it. */
  readonly identifiers: Readonly<Record<string, string>>;
}

/** Milliseconds that Entra has to answer; the caller's deadline may be sooner. */
const patience = 10_000;

/** Trades an assertion for one access token, with one request. @throws CloudError */
export async function tradeAssertion(trade: Trade): Promise<EntraToken> {
  const { cloud, tenantId, clientId, subject, resource, assertion } = trade;
  const trace: Trace = {};
  try {
    return await once(trade, trace);
  } catch (error) {
    const asked = { tenantId, clientId, resource, subject, issuer: assertion.issuer, audience: cloud.audience };
    throw entraError(error, asked, trace.requestId ?? trace.correlationId);
  }
}

async function once({ cloud, endpoint, tenantId, clientId, resource, assertion, signal }: Trade, trace: Trace) {
  signal.throwIfAborted();
  const { ClientAssertionCredential } = await loadSdk();
  const form = azureTokenRequest({ client_id: clientId }, resource, assertion.jwt);
  const request = {
    url: azureTokenUrl({ ...cloud, authority: endpoint ?? cloud.authority }, tenantId),
    form,
    signal: AbortSignal.any([signal, AbortSignal.timeout(patience)]),
  };
  // New for every trade: a credential keeps tokens by scope, and would hand one grant's token to another. The assertion is
  // made before, since the SDK asks for it twice.
  const credential = new ClientAssertionCredential(tenantId, clientId, () => Promise.resolve(assertion.jwt), {
    authorityHost: cloud.authority, // else AZURE_AUTHORITY_HOST
    additionallyAllowedTenants: [],
    httpClient: pinnedClient(request, trace),
    // Never used, since the client opens its own connection; without it the SDK reads HTTPS_PROXY, and fails at one that is no URL.
    proxyOptions: { host: "http://127.0.0.1", port: 9 },
    // The SDK's retries know no deadline of ours.
    retryOptions: { maxRetries: 0 },
    redirectOptions: { maxRetries: 0 },
    loggingOptions: { allowLoggingAccountIdentifiers: false, enableUnsafeSupportLogging: false },
  });
  const { token, tokenType } = await credential.getToken(form.scope, { enableCae: false });
  // Not the SDK's time of the end, which is by its own clock, rounded to a second.
  const { lifetime = 0 } = trace;
  if (!/^[!-~]+$/.test(token) || !(lifetime > 0) || (tokenType ?? "Bearer") !== "Bearer")
    throw new Error("the answer of Entra is incomplete"); // read as unavailable: nothing half is handed out
  return { token, lifetime, identifiers: identifiersOf(trace, token) };
}

/**
 * When the first azure target is minted: 150 ms and 40 MB that other servers do without (CLOUDS.md section 6). Against these two
 * variables the SDK has no option: one that is no region would fail every mint, and one that is would be another host.
 */
async function loadSdk() {
  for (const ambient of ["AZURE_REGIONAL_AUTHORITY_NAME", "MSAL_FORCE_REGION"]) delete process.env[ambient];
  return await import("@azure/identity");
}

/**
 * `uti` is the token's own id: `UniqueTokenIdentifier` of the sign-in log, and in the logs of Azure and Microsoft Graph (Microsoft
 * Learn, "Track and investigate identity activities with linkable identifiers"). The token is the resource's to read, not ours:
 * where it is not there, nothing depends on it.
 */
function identifiersOf({ correlationId, requestId }: Trace, token: string): Readonly<Record<string, string>> {
  const { uti } = claimsIn(token);
  return {
    ...(correlationId !== undefined && { correlation_id: correlationId }),
    ...(requestId !== undefined && { request_id: requestId }),
    ...(typeof uti === "string" && /^[\w-]{8,64}$/.test(uti) && { unique_token_id: uti }),
  };
}
