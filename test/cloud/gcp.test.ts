import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { brokers, CloudError, type MintInput } from "../../src/cloud/index.ts";
import { gcpExchange, gcpImpersonation, gcpNarrowing } from "../../src/plan/gcp-requests.ts";
import { sessionSeconds } from "../../src/plan/index.ts";
import { oauthError, tokenCanary } from "../sandbox/clouds/google/index.ts";
import {
  account,
  boundary,
  direct,
  type GoogleWorld,
  plan,
  principal,
  provider,
  startGoogleWorld,
  subject,
} from "../sandbox-clouds/google-world.ts";

let world: GoogleWorld;
beforeEach(async () => {
  world = await startGoogleWorld();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await world.close();
});

const accessTokenType = "urn:ietf:params:oauth:token-type:access_token";
const failure = async (change?: Partial<MintInput>): Promise<CloudError> => {
  const caught: unknown = await world.mint(change).catch((thrown: unknown) => thrown);
  if (!(caught instanceof CloudError)) throw new Error(`not a CloudError: ${String(caught)}`);
  return caught;
};
const calls = () => world.google.log.map(({ call }) => call);

describe("a token of a service account", () => {
  it("comes as RFC 8693 says, and ends with the window", async () => {
    const minted = await world.mint();
    expect(minted.response).toEqual({
      access_token: expect.stringContaining(tokenCanary) as string,
      issued_token_type: accessTokenType,
      token_type: "Bearer",
      expires_in: 1800,
      scope: "https://www.googleapis.com/auth/cloud-platform",
      gcp_expiration: "2026-11-23T09:30:00Z",
      gcp_service_account: account,
      gcp_project: "acme-prod",
    });
    expect(minted.expiresAt).toEqual(world.window.expiresAt);
    expect(minted.identifiers).toEqual({
      principal,
      service_account: account,
      user_agent:
        "countersign grant/0f8fad5b-d9cb-469f-a165-70867728950e exchange/7c9e6679-7425-40de-944b-e07fc1f90ae7",
    });
  });

  it("C47 is asked for exactly as the plan shows it, with the seconds that are left", async () => {
    await world.mint();
    const [exchange, impersonation] = world.google.log;
    const { subject_token: _, ...form } = gcpExchange(plan, "");
    expect(exchange).toMatchObject({ call: "sts.token", status: 200, parameters: form });
    const lifetime = `${sessionSeconds(plan, world.window, world.now())}s`;
    expect(impersonation).toMatchObject({
      call: "iamcredentials.generateAccessToken",
      resource: account,
      principal,
      parameters: gcpImpersonation(plan, lifetime),
    });
    expect(lifetime).toBe("1800s");
    expect(calls()).toHaveLength(2);
  });

  it("C55 is bought with a short assertion for this one provider and subject", async () => {
    await world.mint();
    expect(world.signed).toEqual([
      { subject, audience: `https://iam.googleapis.com/${provider}`, lifetime: 300, extra: {} },
    ]);
  });

  it("says in Google's own log which grant and exchange it is, and nothing that could be another header", async () => {
    await world.mint();
    for (const { userAgent } of world.google.log)
      expect(userAgent).toBe(
        "countersign grant/0f8fad5b-d9cb-469f-a165-70867728950e exchange/7c9e6679-7425-40de-944b-e07fc1f90ae7",
      );
    const hostile = `x\r\nauthorization: Bearer \u00e9 ${"y".repeat(200)}`;
    const context = {
      grant: hostile,
      exchange: hostile,
      accessRepositoryId: 1,
      pullRequest: 1,
      requesterId: 1,
      runId: 1,
      runAttempt: 1,
    };
    const { identifiers } = await world.mint({ context });
    expect(identifiers["user_agent"]).toMatch(/^countersign grant\/[\w.-]{64} exchange\/[\w.-]{64}$/);
  });
});

describe("a federated token", () => {
  it("lives as long as the assertion, which lives as long as the grant", async () => {
    const minted = await world.mint({ plan: direct });
    expect(world.signed).toMatchObject([{ lifetime: 1800 }]);
    expect(world.google.log).toMatchObject([{ claims: { exp: world.window.expiresAt.getTime() / 1000 } }]);
    // Google's own count is two seconds short.
    expect(minted.response).toMatchObject({
      token_type: "Bearer",
      expires_in: 1798,
      gcp_expiration: "2026-11-23T09:29:58Z",
    });
    expect(minted.response).not.toHaveProperty("gcp_project");
    expect(minted.identifiers).toEqual({ principal, user_agent: expect.any(String) as string });
    const { subject_token: _, ...form } = gcpExchange(direct, "");
    expect(world.google.log).toMatchObject([{ call: "sts.token", parameters: form }]);
  });

  it("is not released where it outlives the grant, whatever the assertion said", async () => {
    const body = { access_token: "ya29.x", issued_token_type: accessTokenType, token_type: "Bearer", expires_in: 3599 };
    world.google.failNext("sts.token", { status: 200, body });
    expect(await failure({ plan: direct })).toMatchObject({
      code: "cloud_misconfigured",
      message: expect.stringContaining("outlives the grant") as string,
    });
  });
});

describe("a boundary", () => {
  it.each([
    ["a token of a service account", plan],
    ["a federated token", direct],
  ])("is laid on %s by a second call to STS, and the token keeps its end", async (_, of) => {
    const bounded = { ...of, boundary };
    const minted = await world.mint({ plan: bounded });
    const last = world.google.log.at(-1);
    const { subject_token: __, ...form } = gcpNarrowing("", boundary);
    expect(last).toMatchObject({ call: "sts.token", status: 200, parameters: form });
    expect(minted.response.expires_in).toBe(of === plan ? 1800 : 1798);
    expect(calls().filter((call) => call === "sts.token")).toHaveLength(2);
  });

  it("that STS does not take is told so, and the wider token is not released", async () => {
    world.google.failNext("sts.token", {
      status: 200,
      body: { access_token: "ya29.source", token_type: "Bearer", expires_in: 300 },
    });
    world.google.failNext("sts.token", oauthError("invalid_request", "no"));
    const caught = await failure({ plan: { ...direct, boundary } });
    expect(caught).toMatchObject({ code: "cloud_rejected_policy", retryable: false });
    expect(caught.message).toMatch(/boundary.*fewer buckets.*service_account/);
  });
});

describe("lifetimes at the edges", () => {
  const left = (seconds: number): Partial<MintInput> => ({
    window: { ...world.window, expiresAt: new Date(world.now().getTime() + seconds * 1000) },
  });
  const most = { ...plan, duration: 14_400, max_session: 14_400 };

  it.each([1, 2, 299, 300, 301, 599, 600, 899, 900, 901, 3599, 3600])(
    "%i s through a service account are asked for and given",
    async (seconds) => {
      const minted = await world.mint(left(seconds));
      expect(world.google.log.at(-1)).toMatchObject({ parameters: { lifetime: `${seconds}s` } });
      expect(minted.response.expires_in).toBe(seconds);
      expect(minted.expiresAt).toEqual(new Date(world.now().getTime() + seconds * 1000));
      expect(calls()).toHaveLength(2);
    },
  );

  it.each([2, 299, 300, 301, 599, 600, 899, 900, 901, 3600])(
    "%i s of a federated token end with the grant",
    async (seconds) => {
      const minted = await world.mint({ plan: direct, ...left(seconds) });
      expect(world.signed).toMatchObject([{ lifetime: seconds }]);
      // For two seconds Google says no end: then it is the assertion's.
      expect(minted.response.expires_in).toBe(seconds === 2 ? 2 : seconds - 2);
      expect(minted.expiresAt.getTime()).toBeLessThanOrEqual(world.now().getTime() + seconds * 1000);
    },
  );

  it("one second of a federated token is too little for Google", async () => {
    expect(await failure({ plan: direct, ...left(1) })).toMatchObject({ code: "cloud_unavailable" });
  });

  it.each([0, 0.4, -1])("%d s are nothing, and nothing is signed or asked for", async (seconds) => {
    expect((await failure(left(seconds))).code).toBe("cloud_denied");
    expect([world.signed.length, calls().length]).toEqual([0, 0]);
  });

  it("never more than the role's max_session, and of a federated token never more than an hour", async () => {
    await world.mint({ ...left(14_400), plan: { ...most, max_session: 1200 } });
    expect(world.google.log.at(-1)).toMatchObject({ parameters: { lifetime: "1200s" } });
    await world.mint({ ...left(14_400), plan: { ...most, service_account: null } });
    expect(world.signed.at(-1)).toMatchObject({ lifetime: 3600 });
  });

  it("more than an hour needs the organization policy, and the error says so", async () => {
    const caught = await failure({ ...left(14_400), plan: most });
    expect(caught).toMatchObject({ code: "cloud_misconfigured", retryable: false });
    expect(caught.message).toMatch(/max_session.*allowServiceAccountCredentialLifetimeExtension/);
    world.google.configure.serviceAccount({ email: account, extendedLifetime: true });
    expect((await world.mint({ ...left(14_400), plan: most })).response.expires_in).toBe(14_400);
  });

  it("a grant that ends between two seconds is never rounded up", async () => {
    const minted = await world.mint(left(1200.9));
    expect(world.google.log.at(-1)).toMatchObject({ parameters: { lifetime: "1200s" } });
    expect(minted.response.expires_in).toBe(1200);
  });
});

describe("a hundred grants at once", () => {
  it("get a hundred tokens, each of its own grant", async () => {
    const grants = Array.from({ length: 100 }, (_, n) => {
      const name = `sa-${n}@acme-prod.iam.gserviceaccount.com`;
      const sub = `repository:10:gcp:gcp-${n}:deployer`;
      const member = principal.replace(subject, sub);
      world.google.configure.serviceAccount({ email: name });
      world.google.bindings.push({
        resource: `//iam.googleapis.com/projects/-/serviceAccounts/${name}`,
        role: "roles/iam.workloadIdentityUser",
        member,
      });
      world.google.bindings.push({
        resource: `//cloudresourcemanager.googleapis.com/projects/p-${n}`,
        role: "roles/browser",
        member: n % 2 === 0 ? `serviceAccount:${name}` : member,
      });
      return { ...plan, subject: sub, service_account: n % 2 === 0 ? name : null };
    });
    const minted = await Promise.all(grants.map((of) => world.mint({ plan: of, signal: AbortSignal.timeout(60_000) })));
    expect(new Set(minted.map(({ response }) => response.access_token)).size).toBe(100);
    // Each opens its own door, and its neighbour's stays shut.
    const open = (n: number, door: number) =>
      world.call("GET", `/v3/projects/p-${door}`, minted[n]?.response.access_token ?? "");
    const own = await Promise.all(grants.map((_, n) => open(n, n)));
    const next = await Promise.all(grants.map((_, n) => open(n, (n + 1) % 100)));
    expect(new Set(own.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(next.map(({ status }) => status))).toEqual(new Set([403]));
  });
});

describe("the machine's own Google settings", () => {
  it("are ignored: credentials, project, universe, configuration, proxies", async () => {
    const ambient = {
      GOOGLE_APPLICATION_CREDENTIALS: "/nowhere/credentials.json",
      GOOGLE_CLOUD_PROJECT: "ambient",
      GCLOUD_PROJECT: "ambient",
      GOOGLE_CLOUD_QUOTA_PROJECT: "ambient",
      GOOGLE_CLOUD_UNIVERSE_DOMAIN: "evil.example",
      GOOGLE_API_USE_CLIENT_CERTIFICATE: "true",
      GOOGLE_API_CERTIFICATE_CONFIG: "/nowhere/certificate.json",
      CLOUDSDK_CONFIG: "/nowhere",
      CLOUDSDK_AUTH_ACCESS_TOKEN: "ambient",
      GCE_METADATA_HOST: "127.0.0.1:9",
      HTTPS_PROXY: "no URL at all",
      HTTP_PROXY: "http://127.0.0.1:9",
      https_proxy: "http://127.0.0.1:9",
      http_proxy: "http://127.0.0.1:9",
      NO_PROXY: "",
    };
    for (const [name, value] of Object.entries(ambient)) vi.stubEnv(name, value);
    const minted = await world.mint({ plan: { ...plan, boundary } });
    expect(minted.response.gcp_project).toBe("acme-prod");
    expect(calls()).toEqual(["sts.token", "iamcredentials.generateAccessToken", "sts.token"]);
  });

  it("an override of the endpoints is taken on loopback only", () => {
    expect(() => brokers({ gcpEndpoint: "https://sts.evil.example" })).toThrow(
      expect.objectContaining({ code: "cloud_misconfigured" }) as Error,
    );
  });
});
