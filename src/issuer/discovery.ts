import { registeredClaims } from "./claims.ts";

/** OpenID Connect Discovery 1.0 section 3, as far as AWS, GCP and Entra ask for it (CLOUDS.md section 0). */
export interface Discovery {
  readonly issuer: string;
  readonly jwks_uri: string;
  readonly response_types_supported: readonly string[];
  readonly subject_types_supported: readonly string[];
  readonly id_token_signing_alg_values_supported: readonly string[];
  readonly claims_supported: readonly string[];
}

/**
 * The document at `<issuer>/.well-known/openid-configuration`.
 * @param issuerUrl exactly as it stands in `iss`: the clouds compare it byte for byte, so a trailing slash is refused.
 * @throws TypeError on a slash at the end, a query or a fragment
 */
export function discovery(issuerUrl: string): Discovery {
  if (/[/?#]$|[?#]/.test(issuerUrl))
    throw new TypeError("the issuer URL has no slash at its end, no query, no fragment");
  return {
    issuer: issuerUrl,
    jwks_uri: `${issuerUrl}/.well-known/jwks.json`,
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
    claims_supported: [...registeredClaims],
  };
}
