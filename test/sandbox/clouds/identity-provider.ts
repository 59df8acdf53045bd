import { compactVerify, decodeProtectedHeader, importJWK, type JWK } from "jose";
import { AwsError } from "./types.ts";

const algorithms = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"];

const invalid = (message: string) => new AwsError(400, "InvalidIdentityToken", message);

/** The IAM OIDC provider: finds keys over HTTP as STS does, again whenever a key id is unknown, and checks the signature. */
export class IdentityProvider {
  readonly #issuerUrl: string;
  #keys = new Map<string, JWK>();
  #issuer = "";
  constructor(issuerUrl: string) {
    this.#issuerUrl = issuerUrl.replace(/\/$/, "");
  }

  /** @returns the token's claims and the issuer that the discovery document names. */
  async verify(
    token: string,
  ): Promise<{ readonly claims: Readonly<Record<string, unknown>>; readonly issuer: string }> {
    const header = decode(token);
    if (header.alg === undefined || !algorithms.includes(header.alg)) throw invalid("Unsupported signature algorithm");
    if (header.kid === undefined) throw invalid("No kid in the token's header");
    if (!this.#keys.has(header.kid)) await this.#fetchKeys();
    const jwk = this.#keys.get(header.kid);
    if (!jwk)
      throw invalid(
        "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements",
      );
    try {
      const { payload } = await compactVerify(token, await importJWK(jwk, header.alg), { algorithms });
      const claims: unknown = JSON.parse(new TextDecoder().decode(payload));
      if (typeof claims !== "object" || claims === null) throw new Error("no object");
      return { claims: { ...claims }, issuer: this.#issuer };
    } catch {
      throw invalid("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)");
    }
  }

  async #fetchKeys(): Promise<void> {
    try {
      const discovery = await get(`${this.#issuerUrl}/.well-known/openid-configuration`);
      this.#issuer = String(discovery["issuer"]);
      const keys = (await get(String(discovery["jwks_uri"])))["keys"];
      // Observed: a key with `key_ops` is not used, even ["verify"]; of two keys with one kid the later wins.
      const usable = (Array.isArray(keys) ? (keys as JWK[]) : []).filter(
        (key) => !("key_ops" in key) && key.use !== "enc",
      );
      this.#keys = new Map(usable.flatMap((key) => (key.kid === undefined ? [] : [[key.kid, key]])));
    } catch {
      throw new AwsError(400, "IDPCommunicationError", "Provider did not respond or did not give a usable answer");
    }
  }
}

function decode(token: string) {
  try {
    return decodeProtectedHeader(token);
  } catch {
    throw invalid("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)");
  }
}

async function get(url: string): Promise<Record<string, unknown>> {
  const response = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(5000) });
  if (response.status !== 200) throw new Error(`status ${response.status}`);
  return (await response.json()) as Record<string, unknown>;
}
