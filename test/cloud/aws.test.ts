import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { brokers, CloudError, type AssertionRequest, type Minted, type MintInput } from "../../src/cloud/index.ts";
import { sessionPolicy, sessionSeconds } from "../../src/plan/index.ts";
import type { AwsPlanData } from "../../src/plan/types.ts";
import { stsStub, type Answer } from "./sts-stub.ts";

const now = new Date("2026-11-23T09:00:00Z");
const roleArn = "arn:aws:iam::123456789012:role/countersign-operator";
const assertion = `eyJhbGciOiJSUzI1NiJ9.${"a".repeat(60)}.${"b".repeat(60)}`;
const plan: AwsPlanData = {
  plan_version: 1,
  kind: "aws",
  subject: "repository:4242:aws:aws-prod:operator",
  target: "aws-prod",
  role: "operator",
  role_arn: roleArn,
  region: "eu-west-1",
  max_session: 3600,
  statements: [{ actions: ["s3:deletebucket"], resources: ["arn:aws:s3:::acme-stale-logs"] }],
  duration: 3600,
  start: null,
  runs: 1,
  last_issue_before_end: 0,
  workflow: {
    repository_id: 5,
    owner_id: 7,
    file: ".github/workflows/x.yml",
    ref: "refs/heads/main",
    environment: null,
    sha: null,
    reusable: null,
    actor: "requester",
    blob: "c".repeat(40),
    events: ["workflow_dispatch"],
    runners: ["github-hosted"],
  },
  dispatch: null,
};
const window = { notBefore: new Date("2026-11-23T08:30:00Z"), expiresAt: new Date("2026-11-23T09:30:00Z") };
const late: Answer = { expiration: "2026-11-23T10:00:00Z" };
const error = (status: number, code: string, message = "no"): Answer => ({ status, code, message });

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const close of closing.splice(0)) await close();
});

type Mint = (change?: Partial<MintInput>) => Promise<Minted>;
async function world(
  ...answers: readonly Answer[]
): Promise<{ stub: Awaited<ReturnType<typeof stsStub>>; signed: AssertionRequest[]; mint: Mint }> {
  const stub = await stsStub(...answers);
  closing.push(stub.close);
  const signed: AssertionRequest[] = [];
  const broker = brokers({ awsStsEndpoint: stub.url }).get("aws");
  if (!broker) throw new Error("no broker");
  const mint: Mint = (change) =>
    broker.mint({
      plan,
      window,
      now,
      context: {
        grant: "0f8fad5b-d9cb-469f-a165-70867728950e",
        exchange: "7c9e6679-7425-40de-944b-e07fc1f90ae7",
        accessRepositoryId: 4242,
        pullRequest: 17,
        requesterId: 11,
        runId: 16_000_000_001,
        runAttempt: 2,
      },
      sign: (request) => {
        signed.push(request);
        return Promise.resolve(assertion);
      },
      signal: AbortSignal.timeout(10_000),
      ...change,
    });
  return { stub, signed, mint };
}
const failure = async (mint: Mint, change?: Partial<MintInput>): Promise<CloudError> => {
  const caught: unknown = await mint(change).catch((thrown: unknown) => thrown);
  if (!(caught instanceof CloudError)) throw new Error(`not a CloudError: ${String(caught)}`);
  return caught;
};

describe("AWS credentials", () => {
  it("come as a credential_process document that ends with the window", async () => {
    const { mint } = await world(late);
    const minted = await mint();
    expect(minted.response).toEqual({
      access_token: expect.any(String) as string,
      issued_token_type: "urn:countersign:params:oauth:token-type:aws-credentials",
      token_type: "N_A",
      expires_in: 1800,
      aws_region: "eu-west-1",
      aws_account_id: "123456789012",
    });
    expect(JSON.parse(minted.response.access_token)).toEqual({
      Version: 1,
      AccessKeyId: "ASIAEXAMPLE",
      SecretAccessKey: "s3cret",
      SessionToken: "session-token",
      Expiration: "2026-11-23T09:30:00Z",
    });
    expect(minted.expiresAt).toEqual(window.expiresAt);
  });

  it("end earlier where the cloud says so", async () => {
    const { mint } = await world({ expiration: "2026-11-23T09:15:00Z" });
    const minted = await mint();
    expect(minted.response.expires_in).toBe(900);
    expect(minted.expiresAt).toEqual(new Date("2026-11-23T09:15:00Z"));
  });

  it("C47 are asked for with the session policy always, the formula's duration, and a deterministic name", async () => {
    const { stub, mint } = await world(late);
    await mint();
    await mint();
    const [first, second] = stub.seen;
    expect(Object.fromEntries(first?.form ?? [])).toEqual({
      Action: "AssumeRoleWithWebIdentity",
      Version: "2011-06-15",
      RoleArn: roleArn,
      RoleSessionName: "cs-0f8fad5bd9cb-pr17-16000000001-2",
      WebIdentityToken: assertion,
      Policy: sessionPolicy(plan, window.expiresAt),
      DurationSeconds: String(sessionSeconds(plan, window, now)),
    });
    expect(second?.form.get("RoleSessionName")).toBe(first?.form.get("RoleSessionName"));
    expect(first?.form.get("Policy")).toContain("2026-11-23T09:30:00Z");
  });

  it("C47 carry grant, pull request, run, requester and access repo, and are pinned to the one role", async () => {
    const { signed, mint } = await world(late);
    const { identifiers } = await mint();
    expect(signed).toEqual([
      {
        subject: "repository:4242:aws:aws-prod:operator",
        audience: "sts.amazonaws.com",
        lifetime: 300,
        extra: {
          "https://aws.amazon.com/tags": {
            principal_tags: {
              CountersignGrant: ["0f8fad5b-d9cb-469f-a165-70867728950e"],
              CountersignPullRequest: ["17"],
              CountersignRun: ["16000000001.2"],
              CountersignRequester: ["11"],
              CountersignAccessRepository: ["4242"],
            },
          },
          "https://aws.amazon.com/source_identity": "cs-0f8fad5b-d9cb-469f-a165-70867728950e",
          "https://aws.amazon.com/roles": [roleArn],
        },
      },
    ]);
    expect(identifiers).toEqual({
      access_key_id: "ASIAEXAMPLE",
      role_session_name: "cs-0f8fad5bd9cb-pr17-16000000001-2",
      assumed_role_arn:
        "arn:aws:sts::123456789012:assumed-role/countersign-operator/cs-0f8fad5bd9cb-pr17-16000000001-2",
      source_identity: "cs-0f8fad5b-d9cb-469f-a165-70867728950e",
    });
  });

  it("keep names and tags within what STS takes, whatever the context holds", async () => {
    const { stub, signed, mint } = await world(late);
    const hostile = {
      grant: `aws:#${"\u00e9 x".repeat(200)}`,
      exchange: "x",
      accessRepositoryId: 1,
      pullRequest: 1,
      requesterId: 1,
      runId: 1,
      runAttempt: 1,
    };
    await mint({ context: hostile });
    expect(stub.seen[0]?.form.get("RoleSessionName")).toMatch(/^cs-[\w+=,.@-]{1,61}$/);
    expect(signed[0]?.extra["https://aws.amazon.com/source_identity"]).toMatch(/^cs-[\w+=,.@-]{1,61}$/);
    const tags = signed[0]?.extra["https://aws.amazon.com/tags"] as { principal_tags: Record<string, string[]> };
    expect(tags.principal_tags["CountersignGrant"]?.[0]).toMatch(/^[\w.:/=+@-]{1,256}$/);
  });

  it("are not asked for after the window's end", async () => {
    const { stub, signed, mint } = await world(late);
    expect((await failure(mint, { now: window.expiresAt })).code).toBe("cloud_denied");
    expect([stub.seen.length, signed.length]).toEqual([0, 0]);
  });
});

describe("the machine's own AWS settings", () => {
  it("are ignored: endpoint, region, profile, config file, credentials, attempts", async () => {
    const decoy = await stsStub(late);
    closing.push(decoy.close);
    const folder = mkdtempSync(join(tmpdir(), "countersign-aws-"));
    closing.push(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "config");
    const profile = `endpoint_url = ${decoy.url}\nregion = us-west-2\naws_access_key_id = AKIAAMBIENT\naws_secret_access_key = ambient\nuse_fips_endpoint = true\n`;
    writeFileSync(
      file,
      `[default]\n${profile}[profile evil]\n${profile}services = s\n[services s]\nsts =\n  endpoint_url = ${decoy.url}\n`,
    );
    const ambient = {
      AWS_ENDPOINT_URL: decoy.url,
      AWS_ENDPOINT_URL_STS: decoy.url,
      AWS_PROFILE: "evil",
      AWS_CONFIG_FILE: file,
      AWS_SHARED_CREDENTIALS_FILE: file,
      AWS_ACCESS_KEY_ID: "AKIAAMBIENT",
      AWS_SECRET_ACCESS_KEY: "ambient",
      AWS_SESSION_TOKEN: "ambient",
      AWS_REGION: "us-west-2",
      AWS_DEFAULT_REGION: "us-west-2",
      AWS_MAX_ATTEMPTS: "7",
      AWS_RETRY_MODE: "adaptive",
      AWS_DEFAULTS_MODE: "legacy",
      AWS_USE_FIPS_ENDPOINT: "true",
      AWS_USE_DUALSTACK_ENDPOINT: "true",
      AWS_STS_REGIONAL_ENDPOINTS: "legacy",
      AWS_SDK_UA_APP_ID: "ambient-app",
      AWS_AUTH_SCHEME_PREFERENCE: "sigv4",
    };
    for (const [name, value] of Object.entries(ambient)) vi.stubEnv(name, value);

    const { stub, mint } = await world(error(500, "InternalFailure"));
    expect((await failure(mint)).code).toBe("cloud_unavailable");
    expect(decoy.seen).toHaveLength(0);
    expect(stub.seen).toHaveLength(1);
    const headers = JSON.stringify(stub.seen[0]?.headers);
    expect(headers).not.toMatch(/authorization|AKIAAMBIENT|x-amz-security-token|ambient-app/i);
  });
});

describe("what STS refuses", () => {
  it.each<[string, Answer, CloudError["code"], RegExp]>([
    [
      "AccessDenied",
      error(403, "AccessDenied"),
      "cloud_denied",
      /OIDC provider.*StringEquals.*:sub.*:aud.*sts:TagSession.*sts:SetSourceIdentity/,
    ],
    [
      "AccessDenied for the tags alone",
      error(403, "AccessDenied", "Not authorized to perform: sts:TagSession on resource: arn:aws:iam::1:role/x"),
      "cloud_denied",
      /does not allow sts:TagSession\. Add it/,
    ],
    [
      "InvalidIdentityToken",
      error(400, "InvalidIdentityToken", "No OpenIDConnect provider found"),
      "cloud_misconfigured",
      /OIDC provider/,
    ],
    ["IDPRejectedClaim", error(403, "IDPRejectedClaim"), "cloud_misconfigured", /claim/],
    ["ExpiredTokenException", error(400, "ExpiredTokenException"), "cloud_misconfigured", /clock/],
    ["MalformedPolicyDocument", error(400, "MalformedPolicyDocument"), "cloud_rejected_policy", /malformed/],
    ["PackedPolicyTooLarge", error(400, "PackedPolicyTooLarge"), "cloud_rejected_policy", /too large/],
    ["RegionDisabledException", error(403, "RegionDisabledException"), "cloud_misconfigured", /region/],
    [
      "a policy that is too long",
      error(400, "ValidationError", "Value 'x' at 'policy' failed to satisfy constraint"),
      "cloud_rejected_policy",
      /too long/,
    ],
    [
      "a duration over the role's",
      error(400, "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration"),
      "cloud_misconfigured",
      /MaxSessionDuration/,
    ],
    ["Throttling", error(400, "Throttling"), "cloud_unavailable", /again/],
    ["an error of theirs", error(503, "ServiceUnavailable"), "cloud_unavailable", /again/],
    ["half an answer", "half", "cloud_unavailable", /again/],
    ["something new", error(400, "BrandNewRefusal"), "cloud_denied", /log/],
  ])("%s has its own code and cure, after one request", async (_name, answer, code, cure) => {
    const { stub, mint } = await world(answer);
    const caught = await failure(mint);
    expect(caught.code).toBe(code);
    expect(caught.message).toMatch(cure);
    expect(caught.retryable).toBe(code === "cloud_unavailable");
    expect(stub.seen).toHaveLength(1);
  });

  it("C44 leaks neither the assertion nor the cloud's text, even where the cloud quotes it", async () => {
    const { mint } = await world(
      error(400, "ValidationError", `Value '${assertion}' at 'webIdentityToken' failed; ${assertion}`),
    );
    const caught = await failure(mint);
    const cause = caught.cause as Error;
    const shown = [
      caught.message,
      caught.stack,
      cause.message,
      cause.stack,
      JSON.stringify(caught),
      JSON.stringify(cause),
    ].join("\n");
    expect(shown).not.toContain(assertion.slice(0, 20));
    expect(caught.message).not.toContain("failed");
    expect(cause).toMatchObject({ name: "ValidationError", status: 400 });
  });
});

describe("the flake in which STS cannot fetch our keys", () => {
  const flake = error(400, "InvalidIdentityToken", "Couldn't retrieve verification key from your identity provider");

  it.each<[string, Answer]>([
    ["a verification key", flake],
    ["any answer", error(400, "IDPCommunicationError")],
  ])("of %s passes within two more tries", async (_name, answer) => {
    const { stub, signed, mint } = await world(answer, answer, late);
    expect((await mint()).identifiers["access_key_id"]).toBe("ASIAEXAMPLE");
    expect(stub.seen).toHaveLength(3);
    expect(signed).toHaveLength(1);
  });

  it("is unavailable when it does not pass", async () => {
    const { stub, mint } = await world(flake);
    expect(await failure(mint)).toMatchObject({ code: "cloud_unavailable", retryable: true });
    expect(stub.seen).toHaveLength(3);
  });

  it("is not waited for beyond the caller's deadline", async () => {
    const { stub, mint } = await world(flake);
    const began = performance.now();
    expect((await failure(mint, { signal: AbortSignal.timeout(120) })).code).toBe("cloud_unavailable");
    expect(performance.now() - began).toBeLessThan(1000);
    expect(stub.seen).toHaveLength(1);
  });

  it("an STS that says nothing is unavailable at the deadline", async () => {
    const { mint } = await world("silence");
    expect((await failure(mint, { signal: AbortSignal.timeout(150) })).code).toBe("cloud_unavailable");
  });

  it("a grant that was called off before is not asked for at all", async () => {
    const { stub, mint } = await world(late);
    expect((await failure(mint, { signal: AbortSignal.abort() })).code).toBe("cloud_unavailable");
    expect(stub.seen).toHaveLength(0);
  });
});
