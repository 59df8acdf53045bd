import { DeleteBucketCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Role } from "../../src/access-repo/types.ts";
import { ownerId, repositoryId } from "../../src/base/ids.ts";
import { brokers, type CheckInput, CloudError, type CloudConfig } from "../../src/cloud/index.ts";
import { roles } from "../plan/kinds.ts";
import { role as awsRole } from "../plan/world.ts";
import {
  accountResource,
  type LocalGoogle,
  oauthError,
  startLocalGoogle,
  tokenCanary,
} from "../sandbox/clouds/google/index.ts";
import {
  type LocalAws,
  type LocalEntra,
  type Role as IamRole,
  secretCanary,
  startLocalAws,
  startLocalEntra,
} from "../sandbox/clouds/index.ts";
import { startIssuer } from "./issuer.ts";

// Each role of a target, tried by the broker of its kind against a cloud whose trust is right, and then wrong in one way.

const now = new Date("2026-11-23T09:00:00Z");
const check = "0f8fad5b-d9cb-469f-a165-70867728950e";

let issuer: Awaited<ReturnType<typeof startIssuer>>;
const closing: (() => Promise<void>)[] = [];
beforeEach(async () => {
  issuer = await startIssuer(() => now);
  closing.push(issuer.close);
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

type Change<K extends Role["kind"]> = Partial<Extract<Role, { kind: K }>>;
const input = (role: Role, more: Partial<CheckInput> = {}): CheckInput => ({
  role,
  subject: `repository:10:${role.kind}:${role.kind}-prod:deployer`,
  region: "eu-west-1",
  access: { id: repositoryId(10), ownerId: ownerId(1) },
  check,
  sign: issuer.sign,
  signal: AbortSignal.timeout(10_000),
  ...more,
});
/** "ok", or the code and the words of what is missing. */
async function tried(config: CloudConfig, one: CheckInput): Promise<string> {
  const broker = brokers(config).get(one.role.kind);
  if (!broker?.check) throw new Error("no check");
  try {
    return (await broker.check(one)) === undefined ? "ok" : "something came back";
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    const whole = JSON.stringify([error.message, error.stack, (error.cause as Error | undefined)?.message]);
    for (const { jwt } of issuer.signed) expect(whole).not.toContain(jwt);
    for (const canary of [secretCanary, tokenCanary]) expect(whole).not.toContain(canary);
    return `${error.code}: ${error.message}`;
  }
}

describe("aws", () => {
  const subject = "repository:10:aws:aws-prod:deployer";
  const iamRole = (trust: Partial<IamRole["trust"]> = {}): IamRole => ({
    roleArn: awsRole.role_arn,
    trust: { issuer: issuer.url, audience: "sts.amazonaws.com", subject, roleAuthorizedByIdp: true, ...trust },
    permissions: [{ Effect: "Allow", Action: "s3:*", Resource: "*" }],
  });
  let aws: LocalAws;
  beforeEach(async () => {
    aws = await startLocalAws({ now: () => now, issuerUrl: issuer.url });
    closing.push(aws.close);
    aws.roles.configure(iamRole());
  });
  const run = (change: Change<"aws"> = {}, more: Partial<CheckInput> = {}) =>
    tried({ awsStsEndpoint: aws.url }, input({ ...awsRole, ...change }, more));

  test("a trust as countersign setup prints it is ok, tried with all that a real session has, for the least time", async () => {
    expect(await run()).toBe("ok");
    const [call, ...more] = aws.log;
    expect(more).toEqual([]);
    expect(call).toMatchObject({
      action: "sts:AssumeRoleWithWebIdentity",
      parameters: { DurationSeconds: "900", RoleSessionName: "countersign-check-0f8fad5bd9cb" },
      claims: {
        sub: subject,
        "https://aws.amazon.com/source_identity": `cs-check-${check}`,
        "https://aws.amazon.com/roles": [awsRole.role_arn],
        "https://aws.amazon.com/tags": {
          principal_tags: {
            CountersignGrant: [`check-${check}`],
            CountersignPullRequest: ["0"],
            CountersignRun: ["0.0"],
            CountersignRequester: ["0"],
            CountersignAccessRepository: ["10"],
          },
        },
      },
    });
  });

  test("C56 its session can do nothing, where the role itself could do everything", async () => {
    await run();
    const policy = aws.log[0]?.parameters?.["Policy"];
    const sts = new STSClient({ region: "eu-west-1", endpoint: aws.url, maxAttempts: 1 });
    const session = async (Policy: string | undefined) => {
      const token = await issuer.sign(issuer.signed[0]!.request);
      const { Credentials: c } = await sts.send(
        new AssumeRoleWithWebIdentityCommand({
          RoleArn: awsRole.role_arn,
          RoleSessionName: "x1",
          WebIdentityToken: token,
          DurationSeconds: 900,
          Policy,
        }),
      );
      const credentials = {
        accessKeyId: c?.AccessKeyId ?? "",
        secretAccessKey: c?.SecretAccessKey ?? "",
        sessionToken: c?.SessionToken ?? "",
      };
      return { region: "eu-west-1", endpoint: aws.url, credentials, maxAttempts: 1 };
    };
    const s3 = (options: Awaited<ReturnType<typeof session>>) => new S3Client({ ...options, forcePathStyle: true });
    aws.buckets.set("acme-logs", new Map());
    const none = await session(policy);
    const denied = { name: "AccessDenied" };
    await expect(s3(none).send(new ListObjectsV2Command({ Bucket: "acme-logs" }))).rejects.toMatchObject(denied);
    await expect(s3(none).send(new DeleteBucketCommand({ Bucket: "acme-logs" }))).rejects.toMatchObject(denied);
    // AWS: "no permissions are required to perform this operation", whatever denies it (GetCallerIdentity, API reference).
    expect((await new STSClient(none).send(new GetCallerIdentityCommand({}))).Account).toBe("123456789012");
    await s3(await session(undefined)).send(new DeleteBucketCommand({ Bucket: "acme-logs" }));
    expect([...aws.buckets.keys()]).toEqual([]);
  });

  test.each<[string, Partial<IamRole["trust"]>, string, string]>([
    ["no TagSession", { tagSession: false }, "cloud_denied", "sts:TagSession"],
    ["no SetSourceIdentity", { setSourceIdentity: false }, "cloud_denied", "sts:SetSourceIdentity"],
    ["another sub", { subject: "repository:10:aws:aws-prod:other" }, "cloud_denied", "<issuer>:sub"],
    ["another aud", { audience: "sts.example.com" }, "cloud_misconfigured", "client id sts.amazonaws.com"],
  ])("a trust with %s: what it must have is said", async (_, trust, code, cure) => {
    aws.roles.configure(iamRole(trust));
    const answer = await run();
    expect(answer.startsWith(`${code}: `)).toBe(true);
    expect(answer).toContain(cure);
    expect(answer).toContain(awsRole.role_arn);
  });

  test("no provider for this server's issuer, no such role, a region of another partition: each with its cure", async () => {
    const other = await startIssuer(() => now);
    const elsewhere = await startLocalAws({ now: () => now, issuerUrl: other.url });
    closing.push(other.close, elsewhere.close);
    elsewhere.roles.configure(iamRole());
    expect(await tried({ awsStsEndpoint: elsewhere.url }, input(awsRole))).toContain(
      "cloud_misconfigured: AWS does not accept this server's assertion for " + awsRole.role_arn,
    );
    expect(await run({ role_arn: "arn:aws:iam::123456789012:role/gone" })).toContain("cloud_denied: ");
    expect(await run({}, { region: "cn-north-1" })).toContain("cloud_misconfigured: The target's region");
    expect(aws.log).toHaveLength(1);
  });

  test("a cloud that does not answer is no finding about the role", async () => {
    aws.failNext("sts:AssumeRoleWithWebIdentity", { status: 503, code: "ServiceUnavailable", message: "x" });
    expect(await run()).toContain("cloud_unavailable: ");
  });

  test("C55 a role or a subject of another kind is not signed for", async () => {
    const broker = brokers({ awsStsEndpoint: aws.url }).get("aws");
    for (const wrong of [input(roles.oidc), input(awsRole, { subject: "repository:10:oidc:aws-prod:deployer" })])
      await expect(broker?.check?.(wrong)).rejects.toMatchObject({ code: "cloud_misconfigured" });
    expect(issuer.signed).toEqual([]);
  });
});

describe("gcp", () => {
  const provider = roles.gcp.workload_identity_provider;
  const account = roles.gcp.service_account ?? "";
  const subject = "repository:10:gcp:gcp-prod:deployer";
  const { service_account: _, ...direct } = roles.gcp;
  let google: LocalGoogle;
  beforeEach(async () => {
    google = await startLocalGoogle({ now: () => now });
    closing.push(google.close);
    google.configure.provider({ name: provider, issuer: issuer.url });
    google.configure.serviceAccount({ email: account });
  });
  const bind = () =>
    google.bindings.push({
      resource: accountResource(account),
      role: "roles/iam.workloadIdentityUser",
      member: `principal://iam.googleapis.com/${provider.replace(/\/providers.*/, "")}/subject/${subject}`,
    });
  const run = (role: Role = roles.gcp) => tried({ gcpEndpoint: google.url }, input(role));

  test("through a service account it asks for a minute and for the least scope, by an agent that is no grant's", async () => {
    bind();
    expect(await run({ ...roles.gcp, boundary: [] })).toBe("ok");
    expect(google.log).toMatchObject([
      { call: "sts.token", claims: { sub: subject, exp: now.getTime() / 1000 + 60 } },
      {
        call: "iamcredentials.generateAccessToken",
        parameters: { scope: ["https://www.googleapis.com/auth/userinfo.email"], lifetime: "60s" },
        userAgent: `countersign check/${check}`,
      },
    ]);
  });

  test("without one a federated token of a minute is all", async () => {
    expect(await run(direct)).toBe("ok");
    expect(google.log).toMatchObject([{ call: "sts.token", claims: { exp: now.getTime() / 1000 + 60 } }]);
  });

  test("no binding on the service account: the binding is named, with its principal", async () => {
    const answer = await run();
    expect(answer).toContain("cloud_denied: ");
    expect(answer).toContain("roles/iam.workloadIdentityUser");
    expect(answer).toContain(`/subject/${subject}`);
  });

  test.each([
    ["another sub in the condition", { condition: 'assertion.sub == "x"' }, "cloud_denied: The attribute condition"],
    ["another aud", { allowedAudiences: ["https://x.example"] }, "remove the allowed audiences"],
    ["no provider", { disabled: true }, `cloud_misconfigured: Google knows no enabled provider ${provider}`],
  ])("a provider with %s: what it must have is said", async (_, change, cure) => {
    google.configure.provider({ name: provider, issuer: issuer.url, ...change });
    expect(await run(direct)).toContain(cure);
  });

  test("a provider of another issuer: that it must be this server's is said", async () => {
    const other = await startIssuer(() => now);
    closing.push(other.close);
    google.configure.provider({ name: provider, issuer: other.url });
    expect(await run(direct)).toContain("whose issuerUri is exactly this server's issuer URL");
  });

  test("a cloud that does not answer is no finding about the role", async () => {
    google.failNext("sts.token", oauthError("server_error", "x", 503), 3);
    expect(await run(direct)).toContain("cloud_unavailable: ");
  });
});

describe("azure", () => {
  const subject = "repository:10:azure:azure-prod:deployer";
  let entra: LocalEntra;
  const configure = (credential: Record<string, string> = {}) =>
    entra.configure({
      tenantId: roles.azure.tenant_id,
      clientId: roles.azure.client_id,
      federatedCredentials: [{ issuer: issuer.url, subject, audience: "api://AzureADTokenExchange", ...credential }],
      subscriptions: [],
    });
  beforeEach(async () => {
    entra = await startLocalEntra({ now: () => now });
    closing.push(entra.close);
  });
  const run = (change: Change<"azure"> = {}) =>
    tried({ azureEndpoint: entra.url }, input({ ...roles.azure, ...change }));

  test("one token for the first resource, whatever the job would get", async () => {
    configure();
    const resources = ["https://vault.azure.net", "https://management.azure.com"];
    expect(await run({ delivery: "assertion", resources })).toBe("ok");
    expect(entra.log.filter(({ action }) => action === "token")).toMatchObject([
      { form: { scope: "https://management.azure.com/.default" }, claims: { sub: subject } },
    ]);
  });

  test.each([
    ["subject", { subject: "repository:10:azure:azure-prod:other" }, subject],
    ["audience", { audience: "api://x" }, "api://AzureADTokenExchange"],
    ["issuer", { issuer: "https://x.example" }, "exactly issuer http://127.0.0.1"],
  ])("a federated credential with another %s: the right one is said", async (_, credential, cure) => {
    configure(credential);
    const answer = await run();
    expect(answer).toContain("cloud_denied: ");
    expect(answer).toContain(cure);
  });

  test("no such application, and resources of two clouds", async () => {
    expect(await run()).toContain("cloud_misconfigured: ");
    const resources = ["https://vault.azure.cn", "https://vault.usgovcloudapi.net"];
    expect(await run({ resources })).toContain("make a target for each cloud");
  });
});

test("oidc has no cloud to ask", () => {
  expect(brokers({}).get("oidc")?.check).toBeUndefined();
});
