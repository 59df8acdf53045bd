import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { createHmac, generateKeyPairSync, randomUUID } from "node:crypto";
import { exportJWK, SignJWT, type JWK } from "jose";
import { payload } from "./fixtures.ts";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const other = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const publicPem = rsa.publicKey.export({ type: "spki", format: "pem" }).toString();

/** A local stand-in for GitHub's OIDC issuer whose key set may misbehave. */
export interface Issuer {
  readonly url: string;
  /** Requests for the key set so far. */
  hits(): number;
  /** null: the key set as it should be. */
  answer(listener: RequestListener | null): void;
  token(over?: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): Promise<string>;
  close(): Promise<void>;
}
export async function startIssuer(): Promise<Issuer> {
  const jwk: JWK = { ...(await exportJWK(rsa.publicKey)), kid: "k1", alg: "RS256", use: "sig" };
  let hits = 0;
  let listener: RequestListener | null = null;
  const server = createServer((req, res) => {
    hits++;
    if (req.url === "/elsewhere" || !listener) {
      res.setHeader("content-type", "application/json");
      res.end(JSON.stringify({ keys: req.url === "/.well-known/jwks" || req.url === "/elsewhere" ? [jwk] : [] }));
    } else listener(req, res);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    hits: () => hits,
    answer: (next) => (listener = next),
    token: (over = {}, header = {}) => {
      const claims = { ...payload(), iss: url, jti: randomUUID(), ...over };
      return new SignJWT(claims)
        .setProtectedHeader({ alg: "RS256", kid: "k1", typ: "JWT", ...header })
        .sign(rsa.privateKey);
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
/** Tokens that no honest issuer makes. */
export const forged = {
  none: (claims: unknown): string => `${part({ alg: "none", kid: "k1" })}.${part(claims)}.`,
  /** HS256 with the public key as secret (CVE-2015-9235). */
  confused: (claims: unknown): string => {
    const body = `${part({ alg: "HS256", kid: "k1" })}.${part(claims)}`;
    return `${body}.${createHmac("sha256", publicPem).update(body).digest("base64url")}`;
  },
  ec: (claims: Record<string, unknown>): Promise<string> =>
    new SignJWT(claims).setProtectedHeader({ alg: "ES256", kid: "k1" }).sign(ec.privateKey),
  otherKey: (claims: Record<string, unknown>): Promise<string> =>
    new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: "k1" }).sign(other.privateKey),
};
