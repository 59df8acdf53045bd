import type { IssuerKeys } from "./issuer-keys.ts";
import { oauthError, type Provider } from "./types.ts";

/** Seconds that STS forgives either way; observed at 60 and 61. */
const skew = 60;
const longest = 48 * 3600;

const grant = (description: string) => oauthError("invalid_grant", description);

export const poolOf = (provider: string): string => provider.replace(/\/providers\/[^/]*$/, "");

/**
 * Whom a provider takes the bearer of an assertion for, or why not. The order is the observed one: signature, issuer,
 * audience, times, condition, mapping.
 * @throws GoogleError
 */
export async function admit(
  provider: Provider,
  keys: IssuerKeys,
  token: string,
  now: Date,
): Promise<{ readonly subject: string; readonly member: string; readonly exp: number }> {
  const claims = await keys.verify(token);
  const { iss, aud, iat, exp } = claims;
  if (iss !== provider.issuer)
    throw grant(`The issuer in ID Token ${String(iss)} does not match the expected one in config: ${provider.issuer}.`);
  const allowed = provider.allowedAudiences ?? [
    `//iam.googleapis.com/${provider.name}`,
    `https://iam.googleapis.com/${provider.name}`,
  ];
  const audiences = [aud].flat().filter((one) => typeof one === "string");
  if (!audiences.some((one) => allowed.includes(one)))
    throw grant(`The audience in ID Token [${audiences.join(", ")}] does not match the expected audience.`);
  const seconds = now.getTime() / 1000;
  const stale = () => grant(`ID Token issued at ${String(iat)} is stale to sign-in.`);
  if (typeof iat !== "number" || typeof exp !== "number") throw stale();
  if (iat > seconds + skew || exp <= seconds - skew) throw stale();
  // Documented; observed is that a longer one passes. The harder reading for us.
  if (exp - iat >= longest) throw grant("The ID Token must expire less than 48 hours after it was issued.");
  if (!condition(provider.condition)(claims))
    throw oauthError("unauthorized_client", "The given credential is rejected by the attribute condition.");
  const subject = mapped(provider.mapping?.["google.subject"] ?? "assertion.sub", claims);
  return { subject, member: `principal://iam.googleapis.com/${poolOf(provider.name)}/subject/${subject}`, exp };
}

function mapped(expression: string, claims: Readonly<Record<string, unknown>>): string {
  const value = claims[claimOf(expression)];
  if (typeof value !== "string" || value === "")
    throw oauthError("invalid_request", "Could not find a value for the mapped attribute google.subject.");
  if (Buffer.byteLength(value) > 127)
    throw oauthError(
      "invalid_request",
      "The size of mapped attribute google.subject exceeds the 127 bytes limit. Either modify your attribute mapping or the incoming assertion to produce a mapped attribute that is less than 127 bytes.",
    );
  return value;
}

/** `assertion.<claim>`, and nothing else of CEL. */
function claimOf(expression: string): string {
  const claim = /^assertion\.([a-z_]+)$/.exec(expression)?.[1];
  if (claim === undefined) throw new Error(`this Google does not know the expression ${expression}`);
  return claim;
}

/** Reads a condition, so that one that it does not know fails when a provider is configured. */
export function condition(text: string | undefined): (claims: Readonly<Record<string, unknown>>) => boolean {
  const tests = (text === undefined ? [] : text.split("&&")).map((part) => {
    const [, claim, equal, start] =
      /^\s*(assertion\.[a-z_]+)(?:\s*==\s*["']([^"']*)["']|\.startsWith\(["']([^"']*)["']\))\s*$/.exec(part) ?? [];
    if (claim === undefined) throw new Error(`this Google does not know the condition ${part}`);
    const name = claimOf(claim);
    return (claims: Readonly<Record<string, unknown>>) => {
      const value = claims[name];
      return typeof value === "string" && (equal === undefined ? value.startsWith(start ?? "") : value === equal);
    };
  });
  return (claims) => tests.every((one) => one(claims));
}
