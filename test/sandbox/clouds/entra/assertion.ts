import { compactVerify, decodeJwt, decodeProtectedHeader, importJWK, type JWK } from "jose";
import { type Application, EntraError } from "./types.ts";

const client = (number: number, message: string) => new EntraError(401, "invalid_client", number, message);
const unmatched = (number: number, what: string, value: unknown) =>
  client(
    number,
    `No matching federated identity record found for presented assertion ${what} '${String(value)}'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion.`,
  );

/**
 * The rules of workload identity federation (CLOUDS.md sections 0 and 3): a federated credential matches exactly, the issuer's
 * key set is fetched over HTTP, RS256 only, inside its time. Where Microsoft documents no tolerance for clocks, none is given.
 */
export async function verifyAssertion(
  assertion: string,
  { federatedCredentials }: Application,
  now: Date,
): Promise<Readonly<Record<string, unknown>>> {
  const { claims, header } = decode(assertion);
  const { iss, sub, aud } = claims;
  if (iss?.startsWith("https://login.microsoftonline.com/") || iss?.startsWith("https://sts.windows.net/"))
    throw client(700222, "AAD-issued tokens may not be used for federated identity flows.");
  const ofIssuer = federatedCredentials.filter(({ issuer }) => issuer === iss);
  if (ofIssuer.length === 0) throw unmatched(700211, "issuer", iss);
  const ofSubject = ofIssuer.filter(({ subject }) => subject === sub);
  if (ofSubject.length === 0) throw unmatched(700213, "subject", sub);
  // One audience, as one string.
  if (!ofSubject.some(({ audience }) => audience === aud)) throw unmatched(700212, "audience", aud);
  if (header.alg !== "RS256" || header.kid === undefined)
    throw client(50013, "Assertion failed signature validation. [Reason - Only RS256 with a kid is supported.]");
  const key = (await keysOf(iss ?? "")).find(({ kid }) => kid === header.kid);
  if (!key) throw client(50013, "Assertion failed signature validation. [Reason - The key was not found.]");
  try {
    await compactVerify(assertion, await importJWK(key, "RS256"), { algorithms: ["RS256"] });
  } catch {
    throw client(
      50013,
      "Assertion failed signature validation. [Reason - The provided signature value did not match.]",
    );
  }
  const { iat, nbf, exp } = claims;
  const seconds = now.getTime() / 1000;
  if (typeof exp !== "number" || typeof iat !== "number" || exp <= seconds || (nbf ?? iat) > seconds)
    throw client(700024, "Client assertion is not within its valid time range.");
  return claims;
}

function decode(assertion: string) {
  try {
    return { claims: decodeJwt(assertion), header: decodeProtectedHeader(assertion) };
  } catch {
    throw client(50027, "JWT token is invalid or malformed.");
  }
}

/** The first 100 keys only (Microsoft Learn, considerations for federated identity credentials). Never kept: the harder reading. */
async function keysOf(issuer: string): Promise<readonly JWK[]> {
  try {
    const discovery = await get(`${issuer}/.well-known/openid-configuration`);
    if (discovery["issuer"] !== issuer) throw new Error("another issuer");
    const { keys } = await get(String(discovery["jwks_uri"]));
    return (Array.isArray(keys) ? (keys as JWK[]) : []).slice(0, 100).filter(({ use }) => use !== "enc");
  } catch {
    throw new EntraError(400, "invalid_request", 501661, "Request to External OIDC endpoint failed.");
  }
}

async function get(url: string): Promise<Record<string, unknown>> {
  const response = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(5000) });
  if (response.status !== 200) throw new Error(`status ${response.status}`);
  return (await response.json()) as Record<string, unknown>;
}
