import { generateKeyPairSync, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { createRemoteJWKSet, jwtVerify, SignJWT } from "jose";
import { Pool } from "pg";
import { given, type Latency, serveUntilTold } from "./control.ts";
import { publicUrl } from "./world.ts";

// The least that any such server does, in the plainest way that one would write it: verify the job's token, store that it was
// seen, sign an assertion. No grant, no ledger, no limits, no log.

const { databaseUrl, issuer = "" } = given();
const pool = new Pool({ connectionString: databaseUrl, max: 10, application_name: "bare" });
const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks`));
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
let latency: Latency = { cloud: 0, github: 0 };
let released = 0;

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const form = new URLSearchParams(Buffer.concat(chunks).toString("utf8"));
  const { payload } = await jwtVerify(form.get("subject_token") ?? "", keys, {
    algorithms: ["RS256"],
    issuer,
    audience: publicUrl,
  });
  // One statement is one transaction; without a row of its own in the answer the token was seen before.
  const { rowCount } = await pool.query(
    "insert into bare_exchange (jti, repository_id, run_id, at) values ($1, $2, $3, $4) on conflict do nothing",
    [payload.jti, payload["repository_id"], payload["run_id"], new Date()],
  );
  if (rowCount !== 1) throw new Error("seen before");
  if (latency.cloud > 0) await delay(latency.cloud);
  const assertion = await new SignJWT({ repository_id: payload["repository_id"], jti: randomUUID() })
    .setProtectedHeader({ alg: "RS256", kid: "k", typ: "JWT" })
    .setIssuer(publicUrl)
    .setSubject("repository:100:oidc:vault:deployer")
    .setAudience("https://vault.acme.example")
    .setIssuedAt()
    .setExpirationTime("5m")
    .sign(privateKey);
  const body = JSON.stringify({ access_token: assertion, token_type: "N_A", expires_in: 300 });
  response.writeHead(200, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
  });
  response.end(body);
  released++;
}

await pool.query(
  "create table if not exists bare_exchange (jti text primary key, repository_id bigint not null, run_id bigint not null, at timestamptz not null)",
);
const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    response.writeHead(400).end(String(error));
  });
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
await serveUntilTold(`http://127.0.0.1:${(server.address() as AddressInfo).port}/token`, {
  set: (next) => void (latency = next),
  counts: () => ({ released, commits: 0, entries: 0 }),
});
server.closeAllConnections();
server.close();
await pool.end();
