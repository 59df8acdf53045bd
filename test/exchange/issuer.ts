import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { createHmac, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { SignJWT } from "jose";
import { payload } from "./fixtures.ts";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const other = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const publicPem = rsa.publicKey.export({ type: "spki", format: "pem" }).toString();

/** As a key set holds it: the issuer's own key, or another. */
export const jwkOf = (kid: string, which: "own" | "other" = "own") => ({
  ...(which === "own" ? rsa : other).publicKey.export({ format: "jwk" }),
  kid,
  alg: "RS256",
  use: "sig",
});

/** A local stand-in for GitHub's OIDC issuer whose key set may misbehave. */
export interface Issuer {
  readonly url: string;
  /** Requests for the key set so far. */
  hits(): number;
  paths(): readonly string[];
  /** null: the key set as it should be. */
  answer(listener: RequestListener | null): void;
  token(over?: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): Promise<string>;
  close(): Promise<void>;
}
export async function startIssuer(): Promise<Issuer> {
  const jwk = jwkOf("k1");
  const paths: string[] = [];
  let listener: RequestListener | null = null;
  const server = createServer((req, res) => {
    paths.push(req.url ?? "");
    if (req.url === "/elsewhere" || !listener) {
      res.setHeader("content-type", "application/json");
      res.end(JSON.stringify({ keys: req.url === "/.well-known/jwks" || req.url === "/elsewhere" ? [jwk] : [] }));
    } else listener(req, res);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    hits: () => paths.length,
    paths: () => paths,
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

/** With the issuer's own signature over exactly these two texts, whatever they are. */
export const signedAs = (header: string, body: string): string =>
  `${header}.${body}.${sign("sha256", Buffer.from(`${header}.${body}`), rsa.privateKey).toString("base64url")}`;

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
  otherKey: (claims: Record<string, unknown>, kid = "k1"): Promise<string> =>
    new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid }).sign(other.privateKey),
};
