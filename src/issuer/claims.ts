import { isAudienceAt, isReservedAudience, isReservedClaim } from "../access-repo/oidc-reserved.ts";
import { IssuerError } from "./errors.ts";
import { maxAssertionLifetime } from "./lifetimes.ts";
import type { AssertionRequest } from "./types.ts";

/** What we set, and nobody else (RFC 7519 section 4.1). */
export const registeredClaims = ["iss", "sub", "aud", "iat", "nbf", "exp", "jti"] as const;

/** Kept from brokers and target files alike: `azp` replaces `aud` in AWS's check as soon as it is there (CLOUDS.md section 0). */
const reserved: ReadonlySet<string> = new Set([...registeredClaims, "azp"]);
const awsNames = "https://aws.amazon.com/";

// Ids and names of DESIGN.md section 3; a role or target name with ":" would move the borders between the fields (C55).
const subjectForm =
  /^repository:[1-9][0-9]{0,15}:(aws|gcp|azure|github|oidc):[a-z0-9][a-z0-9-]{0,62}:[a-z0-9][a-z0-9-]{0,31}$/;

/** Seconds that `nbf` lies before `iat`, for clouds whose clock is a little behind ours. */
const backdate = 5;

/**
 * The claims of one assertion (DESIGN.md section 4, No cloud secrets). Pure.
 * @throws IssuerError `assertion_refused` where `extra` would speak for us, or a member is out of bounds (C55, C61);
 *   `assertion_too_late` where `notAfter` has come
 */
export function assertionClaims(
  request: AssertionRequest & { readonly now: Date },
  fixed: { readonly issuer: string; readonly jti: string; readonly ours?: readonly string[] },
): Readonly<Record<string, unknown>> {
  const { subject, audience, lifetime, notAfter, extra, now } = request;
  const kind = subjectForm.exec(subject)?.[1];
  if (!kind || subject.length > 126)
    refuse("the subject is not repository:<id>:<kind>:<target>:<role> of at most 126 bytes");
  if (typeof audience !== "string" || audience === "" || isAudienceAt(audience, [fixed.issuer, ...(fixed.ours ?? [])]))
    refuse("the audience is not one foreign name");
  // The parser of target files refuses it too; a plan that was stored before it did must not be signed for a cloud (C61).
  if (kind === "oidc" && isReservedAudience(audience)) refuse("the audience belongs to a cloud or to GitHub");
  if (!Number.isSafeInteger(lifetime) || lifetime < 1 || lifetime > maxAssertionLifetime) {
    refuse(`the lifetime is not 1 to ${maxAssertionLifetime} seconds`);
  }
  for (const name of Object.keys(extra)) {
    if (reserved.has(name)) refuse(`the claim ${name} is ours to set`);
    // An `oidc` target with AWS's tag claims would be a session tag forgery machine for whoever owns that target.
    if (name.toLowerCase().startsWith(awsNames) && kind !== "aws") refuse("AWS claims belong to aws targets only");
    if (kind === "oidc" && isReservedClaim(name)) refuse("a claim of the target is reserved");
  }
  const iat = Math.floor(now.getTime() / 1000);
  const exp = Math.min(iat + lifetime, notAfter === undefined ? Infinity : Math.floor(notAfter.getTime() / 1000));
  if (!(exp > iat))
    throw new IssuerError("assertion_too_late", "No assertion was signed: nothing is left of its time.");
  return {
    ...extra,
    iss: fixed.issuer,
    sub: subject,
    aud: audience,
    iat,
    nbf: iat - backdate,
    exp,
    jti: fixed.jti,
  };
}

function refuse(why: string): never {
  throw new IssuerError("assertion_refused", `No assertion was signed: ${why}.`);
}
