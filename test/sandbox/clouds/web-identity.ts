import { AwsError } from "./types.ts";

export interface WebIdentity {
  readonly subject: string;
  readonly audience: string;
  readonly issuer: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly transitive: readonly string[];
  readonly sourceIdentity: string | undefined;
  /** Undefined: the token does not pin roles. */
  readonly roles: readonly string[] | undefined;
}

const skew = 300; // STS accepts five minutes either way, observed on iat, nbf and exp
const tagText = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
/** RoleSessionName and source identity. */
export const sessionNameShape = /^[\w+=,.@-]{2,64}$/;

const invalid = (message: string) => new AwsError(400, "InvalidIdentityToken", message);

/** The rules that STS applies to a token's claims before it looks at the role's trust (CLOUDS.md sections 0 and 1). */
export function webIdentity(claims: Readonly<Record<string, unknown>>, issuer: string, now: Date): WebIdentity {
  const { iss, sub, aud, azp, iat, exp, nbf } = claims;
  if (typeof iss !== "string" || typeof sub !== "string" || sub === "")
    throw invalid("Missing a required claim: iss, sub");
  if (typeof iat !== "number" || typeof exp !== "number") throw invalid("Missing a required claim: iat, exp");
  if (iss !== issuer) throw invalid(`No OpenIDConnect provider found in your account for ${iss}`);
  const seconds = now.getTime() / 1000;
  if (exp + skew <= seconds) {
    throw new AwsError(
      400,
      "ExpiredTokenException",
      "Token expired: current date/time must be before the expiration date/time",
    );
  }
  if (iat - skew > seconds || (typeof nbf === "number" && nbf - skew > seconds))
    throw invalid("Token is not yet valid");
  const audiences = [aud].flat().filter((one): one is string => typeof one === "string");
  if (audiences.length === 0) throw invalid("Missing a required claim: aud");
  if (audiences.length > 1 && azp === undefined)
    throw invalid("Token audience is ambiguous: several audiences need azp");
  return {
    subject: sub,
    audience: typeof azp === "string" ? azp : (audiences[0] ?? ""), // azp replaces aud in the check
    issuer: iss,
    ...sessionTags(claims["https://aws.amazon.com/tags"]),
    sourceIdentity: sourceIdentity(claims["https://aws.amazon.com/source_identity"]),
    roles: pinnedRoles(claims["https://aws.amazon.com/roles"]),
  };
}

function sessionTags(claim: unknown): Pick<WebIdentity, "tags" | "transitive"> {
  if (claim === undefined) return { tags: {}, transitive: [] };
  const { principal_tags = {}, transitive_tag_keys = [] } = claim as Record<string, unknown>;
  const entries = Object.entries(principal_tags as object);
  if (entries.length > 50) throw invalid("Too many session tags");
  const tags = entries.map(([key, values]): [string, string] => {
    const value: unknown = Array.isArray(values) && values.length === 1 ? values[0] : undefined;
    if (typeof value !== "string") throw invalid(`The tag ${key} must be an array of exactly one string`);
    if (key.length < 1 || key.length > 128 || value.length > 256) throw invalid(`The tag ${key} is too long`);
    if (!tagText.test(key) || !tagText.test(value))
      throw invalid(`The tag ${key} holds a character that is not allowed`);
    if (key.toLowerCase().startsWith("aws:")) throw invalid("Tag keys may not start with aws:");
    return [key, value];
  });
  const transitive = [transitive_tag_keys].flat().map(String);
  if (transitive.some((key) => !tags.some(([name]) => name === key)))
    throw invalid("A transitive tag key names no tag");
  return { tags: Object.fromEntries(tags), transitive };
}

function sourceIdentity(claim: unknown): string | undefined {
  if (claim === undefined) return undefined;
  if (typeof claim !== "string" || !sessionNameShape.test(claim) || claim.startsWith("aws:")) {
    throw invalid("The source identity has no valid form");
  }
  return claim;
}

/** An array, or one string with semicolons, of exact role ARNs. */
function pinnedRoles(claim: unknown): string[] | undefined {
  if (claim === undefined) return undefined;
  const texts = [claim].flat().map((one) => (typeof one === "string" ? one : ""));
  return texts.flatMap((text) => text.split(";")).map((arn) => arn.trim());
}
