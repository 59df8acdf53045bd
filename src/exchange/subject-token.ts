import { decodeJwt, decodeProtectedHeader, errors, jwtVerify } from "jose";
import type { Clock } from "../base/clock.ts";
import { parseClaims, type Claims } from "./claims.ts";
import type { KeySet } from "./key-set.ts";
import { Refused } from "./refused.ts";

export interface SubjectTokenRules {
  /** The one issuer, exactly (C34). */
  readonly issuer: string;
  /** The one audience, exactly: our own public URL (C36). */
  readonly audience: string;
}

/** GitHub's tokens have about 2 kB; custom properties add some. */
const maxBytes = 16_384;
/** Clock skew that we forgive, in seconds (C37). */
const skew = 60;
/** GitHub gives five minutes and no way to ask for more; a token that lives much longer is not one of its. */
const maxLifetime = 900;

/** What a well-formed token says of itself; nobody has vouched for it. */
export interface Unverified {
  /** The one that says it: they are never apart, so that the claims cannot come to another's signature. */
  readonly token: string;
  readonly claims: Claims;
  readonly kid: string;
}

/**
 * What can be said without a signature, a key or a database, in the order of DESIGN.md section 4, Fail closed: strangers
 * cost nothing. All of it depends on the token alone, so a precise answer tells them nothing of ours.
 * @throws Refused `token_*`
 */
export function readUnverified(token: string, rules: SubjectTokenRules, clock: Clock): Unverified {
  if (token.length > maxBytes) throw new Refused("token_too_large");
  let payload: ReturnType<typeof decodeJwt>;
  let header: ReturnType<typeof decodeProtectedHeader>;
  try {
    header = decodeProtectedHeader(token);
    payload = decodeJwt(token);
  } catch (cause) {
    throw new Refused("token_malformed", {}, { cause });
  }
  if (header.alg !== "RS256") throw new Refused("token_malformed", { why: "alg" });
  // Without kid a key set would have to guess; GitHub always names one (C35).
  if (typeof header.kid !== "string" || header.kid === "") throw new Refused("token_malformed", { why: "kid" });
  if (payload.iss !== rules.issuer) throw new Refused("token_issuer");
  // jose would accept an array that overlaps; one token for us and for a cloud is not for us.
  if (payload.aud !== rules.audience) throw new Refused("token_audience");
  const claims = parseClaims(payload);
  if (!claims) throw new Refused("token_malformed", { why: "claims" });
  checkTimes(claims, clock.now().getTime() / 1000);
  return { token, claims, kid: header.kid };
}

function checkTimes(claims: Claims, now: number): void {
  const lifetime = claims.exp - claims.iat;
  if (lifetime <= 0 || lifetime > maxLifetime) throw new Refused("token_malformed", { why: "lifetime" });
  if (claims.exp <= now - skew) throw new Refused("token_expired");
  if (claims.iat > now + skew || (claims.nbf ?? 0) > now + skew) throw new Refused("token_not_yet_valid");
}

/**
 * The signature. What `readUnverified` read of this very token is then what its issuer said: jose verifies the bytes that its
 * `decodeJwt` reads, by the same steps. A wrong one gets the same answer as a repository without grants: else unsigned tokens
 * would show which repositories have some (C44).
 * @throws Refused `access_denied`; `temporarily_unavailable` where the issuer's keys cannot be read.
 */
export async function verifySubjectToken(
  { token, claims }: Unverified,
  rules: SubjectTokenRules,
  keys: KeySet,
  clock: Clock,
): Promise<Claims> {
  try {
    await jwtVerify(token, keys.get, {
      algorithms: ["RS256"],
      issuer: rules.issuer,
      audience: rules.audience,
      clockTolerance: skew,
      currentDate: clock.now(),
    });
  } catch (cause) {
    if (wrongToken(cause)) throw new Refused("access_denied", { why: cause.code }, { cause });
    throw new Refused("temporarily_unavailable", { why: "jwks" }, { cause });
  }
  return claims;
}

/** Errors that speak about the token; any other is about the key set, which is not the caller's fault. */
const wrongToken = (error: unknown): error is errors.JOSEError =>
  error instanceof errors.JWSSignatureVerificationFailed ||
  error instanceof errors.JWKSNoMatchingKey ||
  error instanceof errors.JWKSMultipleMatchingKeys ||
  error instanceof errors.JWSInvalid ||
  error instanceof errors.JWTInvalid ||
  error instanceof errors.JWTClaimValidationFailed ||
  error instanceof errors.JWTExpired ||
  error instanceof errors.JOSENotSupported || // a `crit` that we do not know
  error instanceof errors.JOSEAlgNotAllowed;
