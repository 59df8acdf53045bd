import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { S3Client } from "@aws-sdk/client-s3";
import {
  AssumeRoleWithWebIdentityCommand,
  STSClient,
  type AssumeRoleWithWebIdentityCommandInput,
} from "@aws-sdk/client-sts";
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT, type JWK } from "jose";
import { startLocalAws, type LocalAws, type Role } from "../sandbox/clouds/index.ts";

export const roleArn = "arn:aws:iam::123456789012:role/countersign-operator";
export const audience = "sts.amazonaws.com";
export const subject = "repository:1:aws:aws-prod:operator";
/** Whole seconds, so that what comes back over the wire can be compared. */
export const start = new Date("2026-11-23T09:00:00Z");

interface MintOptions {
  readonly alg?: string;
  readonly header?: Record<string, unknown>;
  readonly claims?: Record<string, unknown>;
  readonly jwk?: Record<string, unknown>;
}

/** Making an RSA key takes long, and no test needs one that no other has. */
const pairs = new Map<string, ReturnType<typeof generateKeyPair>>();
function pairOf(name: string, alg: string): ReturnType<typeof generateKeyPair> {
  const known = pairs.get(name) ?? generateKeyPair(alg, { extractable: true });
  pairs.set(name, known);
  return known;
}

/** An issuer with one key per algorithm, published when first asked for, and an AWS that trusts it. */
export async function startWorld() {
  let now = start;
  const keys = new Map<string, { privateKey: Awaited<ReturnType<typeof generateKeyPair>>["privateKey"]; jwk: JWK }>();
  let hits = 0;
  const server = createServer((request, response) => {
    hits++;
    const body = request.url?.endsWith("openid-configuration")
      ? { issuer: url, jwks_uri: `${url}/.well-known/jwks.json` }
      : { keys: [...keys.values()].map(({ jwk }) => jwk) };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const aws: LocalAws = await startLocalAws({ now: () => now, issuerUrl: url });

  const trust = { issuer: url, audience, subject };
  const role = (changes: Partial<Role> = {}): Role => ({
    roleArn,
    trust,
    maxSession: 3600,
    permissions: [{ Effect: "Allow", Action: "s3:*", Resource: "*" }],
    ...changes,
  });
  aws.roles.configure(role());

  async function mint({ alg = "RS256", header, claims, jwk }: MintOptions = {}): Promise<string> {
    const name = `${alg} ${JSON.stringify(jwk ?? {})}`;
    let key = keys.get(name);
    if (!key) {
      const pair = await pairOf(name, alg);
      const exported = await exportJWK(pair.publicKey);
      key = {
        privateKey: pair.privateKey,
        jwk: { ...exported, kid: await calculateJwkThumbprint(exported), alg, use: "sig", ...jwk },
      };
      keys.set(name, key);
    }
    const seconds = now.getTime() / 1000;
    const all = {
      iss: url,
      sub: subject,
      aud: audience,
      iat: seconds,
      exp: seconds + 60,
      jti: crypto.randomUUID(),
      ...claims,
    };
    return new SignJWT(all)
      .setProtectedHeader({ alg, kid: key.jwk.kid ?? "", typ: "JWT", ...header })
      .sign(key.privateKey);
  }

  const sts = new STSClient({ region: "eu-west-1", endpoint: aws.url, maxAttempts: 1 });
  const assume = async (input: Partial<AssumeRoleWithWebIdentityCommandInput> = {}, token?: MintOptions) =>
    sts.send(
      new AssumeRoleWithWebIdentityCommand({
        RoleArn: roleArn,
        RoleSessionName: "countersign-42",
        WebIdentityToken: await mint(token),
        DurationSeconds: 900,
        ...input,
      }),
    );

  /** Clients that hold the credentials of a new session. */
  async function session(policy?: object, durationSeconds = 900) {
    const { Credentials: c } = await assume({
      DurationSeconds: durationSeconds,
      Policy: policy && JSON.stringify(policy),
    });
    const credentials = {
      accessKeyId: c?.AccessKeyId ?? "",
      secretAccessKey: c?.SecretAccessKey ?? "",
      sessionToken: c?.SessionToken ?? "",
    };
    return { credentials, ...clients(credentials) };
  }
  const clients = (credentials: { accessKeyId: string; secretAccessKey: string; sessionToken: string }) => {
    const options = { region: "eu-west-1", endpoint: aws.url, credentials, maxAttempts: 1 };
    return { s3: new S3Client({ ...options, forcePathStyle: true }), sts: new STSClient(options) };
  };

  return {
    aws,
    url,
    role,
    trust,
    mint,
    assume,
    session,
    clients,
    hits: () => hits,
    advance: (seconds: number) => void (now = new Date(now.getTime() + seconds * 1000)),
    now: () => now,
    close: async () => {
      await aws.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
export type World = Awaited<ReturnType<typeof startWorld>>;

/** `Allow` these, as our own session policies are written. */
export const policy = (action: string | string[], resource: string | string[], ...more: object[]) => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: action, Resource: resource }, ...more],
});

/** The error's name and status, or "ok". */
export async function outcome(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "ok";
  } catch (error) {
    const { name, $metadata } = error as { name: string; $metadata?: { httpStatusCode?: number } };
    return `${name} ${$metadata?.httpStatusCode ?? "?"}`;
  }
}
