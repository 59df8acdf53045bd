import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT, type JWK } from "jose";
import { type AssertionRequest, brokers, type Minted, type MintInput } from "../../src/cloud/index.ts";
import { assertionClaims } from "../../src/issuer/index.ts";
import type { GcpPlanData } from "../../src/plan/types.ts";
import { planOf } from "../plan/kinds.ts";
import { accountResource, bucketResource, startLocalGoogle } from "../sandbox/clouds/google/index.ts";

export const provider = "projects/123/locations/global/workloadIdentityPools/countersign/providers/countersign";
export const pool = "projects/123/locations/global/workloadIdentityPools/countersign";
export const account = "deployer@acme-prod.iam.gserviceaccount.com";
export const subject = "repository:10:gcp:gcp-prod:deployer";
export const principal = `principal://iam.googleapis.com/${pool}/subject/${subject}`;
const start = new Date("2026-11-23T09:00:00Z");
export const scope = "https://www.googleapis.com/auth/cloud-platform";

/** `subject` is what the plans of test/plan/kinds.ts have. */
export const plan: GcpPlanData = planOf("gcp", { target: "gcp-prod" }).data;
export const direct: GcpPlanData = { ...plan, service_account: null };
export const boundary = [{ resource: bucketResource("acme-logs"), permissions: ["inRole:roles/storage.objectViewer"] }];

interface TokenOptions {
  readonly alg?: string;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Sign with a key that the issuer does not publish, under the published key id. */
  readonly forged?: boolean;
}

const pairs = new Map<string, ReturnType<typeof generateKeyPair>>();
const pairOf = (name: string, alg: string) => {
  const known = pairs.get(name) ?? generateKeyPair(alg, { extractable: true });
  pairs.set(name, known);
  return known;
};

/** An issuer, a Google that trusts it, and our broker between them, all on one clock. */
export async function startGoogleWorld(options: { readonly boundaryOnFederated?: boolean } = {}) {
  let now = start;
  const published: JWK[] = [];
  const server = createServer((request, response) => {
    const body = request.url?.endsWith("openid-configuration")
      ? { issuer, jwks_uri: `${issuer}/.well-known/jwks.json` }
      : { keys: published };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const alg of ["RS256", "ES256"])
    published.push({ ...(await exportJWK((await pairOf(alg, alg)).publicKey)), kid: `kid-${alg}`, alg, use: "sig" });

  const google = await startLocalGoogle({ now: () => now, ...options });
  google.configure.provider({ name: provider, issuer });
  google.configure.serviceAccount({ email: account });
  google.bindings.push({
    resource: accountResource(account),
    role: "roles/iam.workloadIdentityUser",
    member: principal,
  });

  /** Any JWT of the issuer; by default a good one of five minutes. */
  async function token({ alg = "RS256", header, claims, forged }: TokenOptions = {}): Promise<string> {
    const { privateKey } = await pairOf(forged ? `forged ${alg}` : alg, alg);
    const iat = Math.floor(now.getTime() / 1000);
    const all = { iss: issuer, sub: subject, aud: `https://iam.googleapis.com/${provider}`, iat, exp: iat + 300 };
    return new SignJWT({ ...all, jti: crypto.randomUUID(), ...claims })
      .setProtectedHeader({ alg, kid: `kid-${alg}`, typ: "JWT", ...header })
      .sign(privateKey);
  }

  const signed: AssertionRequest[] = [];
  const assertions: string[] = [];
  /** As the issuer room signs: its claims, its checks. */
  async function sign(request: AssertionRequest): Promise<string> {
    signed.push(request);
    const claims = assertionClaims({ ...request, now }, { issuer, jti: crypto.randomUUID() });
    const text = await token({ claims });
    assertions.push(text);
    return text;
  }
  const broker = brokers({ gcpEndpoint: google.url }).get("gcp");
  if (!broker) throw new Error("no broker");
  const window = { notBefore: new Date("2026-11-23T08:30:00Z"), expiresAt: new Date("2026-11-23T09:30:00Z") };
  const mint = (change: Partial<MintInput> = {}): Promise<Minted> =>
    broker.mint({
      plan,
      window,
      now,
      context: {
        grant: "0f8fad5b-d9cb-469f-a165-70867728950e",
        exchange: "7c9e6679-7425-40de-944b-e07fc1f90ae7",
        accessRepositoryId: 10,
        pullRequest: 17,
        requesterId: 11,
        runId: 16_000_000_001,
        runAttempt: 2,
      },
      sign,
      signal: AbortSignal.timeout(10_000),
      ...change,
    });

  /** A call of one of Google's APIs with a token. */
  async function call(method: string, path: string, bearer: string, body?: unknown) {
    const headers = { authorization: `Bearer ${bearer}`, "content-type": "application/json" };
    const answer = await fetch(google.url + path, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === "" ? undefined : (JSON.parse(text) as unknown) };
  }
  /** A raw call of STS. */
  async function exchange(over: Readonly<Record<string, string>> = {}, headers: Readonly<Record<string, string>> = {}) {
    const body = new URLSearchParams({
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      audience: `//iam.googleapis.com/${provider}`,
      scope,
      requested_token_type: "urn:ietf:params:oauth:token-type:access_token",
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      ...over,
    });
    if (!body.has("subject_token")) body.set("subject_token", await token());
    const answer = await fetch(`${google.url}/v1/token`, { method: "POST", body, headers });
    return { status: answer.status, body: (await answer.json()) as Readonly<Record<string, unknown>> };
  }

  return {
    google,
    issuer,
    window,
    token,
    signed,
    assertions,
    mint,
    call,
    exchange,
    now: () => now,
    advance: (seconds: number) => void (now = new Date(now.getTime() + seconds * 1000)),
    close: async () => {
      await google.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
export type GoogleWorld = Awaited<ReturnType<typeof startGoogleWorld>>;
