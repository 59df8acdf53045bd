import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from "jose";
import type { AssertionRequest } from "../../src/cloud/index.ts";
import { assertionClaims } from "../../src/issuer/index.ts";

const pair = generateKeyPair("RS256", { modulusLength: 2048 });
const stranger = generateKeyPair("RS256", { modulusLength: 2048 });

/** Our issuer without its database: discovery and key set over HTTP, assertions with the claims that the server would sign. */
export async function startIssuer(now: () => Date) {
  const { privateKey, publicKey } = await pair;
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  let up = true;
  const server = createServer((request, response) => {
    if (!up) return void response.writeHead(503).end();
    const body = request.url?.endsWith("openid-configuration")
      ? { issuer: url, jwks_uri: `${url}/.well-known/jwks.json` }
      : { keys: [{ ...jwk, kid, alg: "RS256", use: "sig" }] };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const signed: { readonly request: AssertionRequest; readonly jwt: string }[] = [];
  const by = async (key: Awaited<typeof pair>["privateKey"], request: AssertionRequest): Promise<string> => {
    const claims = assertionClaims({ ...request, now: now() }, { issuer: url, jti: randomUUID() });
    const jwt = await new SignJWT({ ...claims }).setProtectedHeader({ alg: "RS256", kid, typ: "JWT" }).sign(key);
    signed.push({ request, jwt });
    return jwt;
  };
  return {
    url,
    /** Everything that was signed, in order. */
    signed,
    sign: (request: AssertionRequest) => by(privateKey, request),
    /** With a key that is not the published one. */
    forge: async (request: AssertionRequest) => by((await stranger).privateKey, request),
    goDown: () => void (up = false),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
