import { compactVerify, decodeProtectedHeader, importJWK, type JWK } from "jose";
import { oauthError } from "./types.ts";

const algorithms = ["RS256", "ES256"];

const unread = () => oauthError("invalid_grant", "Error connecting to the given credential's issuer.");

/** Keys of one issuer, found over HTTP as STS does: by discovery, again whenever a key id is unknown. */
export class IssuerKeys {
  readonly #issuer: string;
  #keys = new Map<string, JWK>();
  constructor(issuer: string) {
    this.#issuer = issuer;
  }

  /** The claims of a token with a good signature. @throws GoogleError */
  async verify(token: string): Promise<Readonly<Record<string, unknown>>> {
    const { alg, kid } = header(token);
    // sts:v1, subject_token: "The following headers are required: kid, alg (Must be RS256 or ES256)".
    if (alg === undefined || !algorithms.includes(alg) || kid === undefined)
      throw oauthError("invalid_request", "The subject token's header must have a kid, and alg RS256 or ES256.");
    if (!this.#keys.has(kid)) await this.#fetch();
    const jwk = this.#keys.get(kid);
    if (jwk === undefined) throw unread(); // observed: an unknown kid is told so as well
    try {
      const { payload } = await compactVerify(token, await importJWK(jwk, alg), { algorithms });
      const claims: unknown = JSON.parse(new TextDecoder().decode(payload));
      if (typeof claims !== "object" || claims === null) throw new Error("no object");
      return { ...claims };
    } catch {
      throw oauthError("invalid_grant", "Unable to verify the ID Token signature.");
    }
  }

  async #fetch(): Promise<void> {
    try {
      const discovery = await get(`${this.#issuer}/.well-known/openid-configuration`);
      if (discovery["issuer"] !== this.#issuer) throw new Error("another issuer");
      const { keys } = await get(String(discovery["jwks_uri"]));
      const usable = (Array.isArray(keys) ? (keys as JWK[]) : []).filter(
        ({ use }) => use === undefined || use === "sig",
      );
      this.#keys = new Map(usable.flatMap((key) => (key.kid === undefined ? [] : [[key.kid, key]])));
    } catch {
      throw unread();
    }
  }
}

function header(token: string): ReturnType<typeof decodeProtectedHeader> {
  try {
    return decodeProtectedHeader(token);
  } catch {
    throw oauthError("invalid_request", "Unable to parse the provided JWT.");
  }
}

async function get(url: string): Promise<Record<string, unknown>> {
  const response = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(5000) });
  if (response.status !== 200) throw new Error(`status ${response.status}`);
  return (await response.json()) as Record<string, unknown>;
}
