import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CloudError, type CloudErrorCode, type MintInput } from "../../src/cloud/index.ts";
import { oauthError, rpcError } from "../sandbox/clouds/google/index.ts";
import {
  account,
  boundary,
  direct,
  type GoogleWorld,
  plan,
  pool,
  principal,
  provider,
  startGoogleWorld,
  subject,
} from "../sandbox-clouds/google-world.ts";

let world: GoogleWorld;
const failure = async (change?: Partial<MintInput>): Promise<CloudError> => {
  const caught: unknown = await world.mint(change).catch((thrown: unknown) => thrown);
  if (!(caught instanceof CloudError)) throw new Error(`not a CloudError: ${String(caught)}`);
  return caught;
};
const provided = (change: object) => () =>
  world.google.configure.provider({ name: provider, issuer: world.issuer, ...change });
const accountWith = (change: object) => () => world.google.configure.serviceAccount({ email: account, ...change });
const sts = (fault: Parameters<GoogleWorld["google"]["failNext"]>[1]) => () =>
  world.google.failNext("sts.token", fault);
const iam = (fault: Parameters<GoogleWorld["google"]["failNext"]>[1]) => () =>
  world.google.failNext("iamcredentials.generateAccessToken", fault);
const disabled = (domain: string) =>
  rpcError("PERMISSION_DENIED", `${domain} has not been used in project 123 before or it is disabled.`, {
    reason: "SERVICE_DISABLED",
    domain: "googleapis.com",
    metadata: { service: domain },
  });

interface Row {
  readonly name: string;
  readonly prepare: () => void;
  readonly code: CloudErrorCode;
  readonly cure: RegExp;
  readonly change: Partial<MintInput>;
}
const row = (
  name: string,
  prepare: () => void,
  code: CloudErrorCode,
  cure: RegExp,
  change: Partial<MintInput> = {},
): Row => ({
  name,
  prepare,
  code,
  cure,
  change,
});
const asIs = (): void => undefined;

describe("what Google refuses", () => {
  beforeEach(async () => {
    world = await startGoogleWorld();
  });
  afterEach(() => world.close());

  const rows = [
    row(
      "a disabled provider",
      provided({ disabled: true }),
      "cloud_misconfigured",
      /no enabled provider.*workloadIdentityPools\/countersign\/providers\/countersign/,
    ),
    row(
      "a disabled pool",
      () => world.google.configure.pool(pool, true),
      "cloud_misconfigured",
      /enable pool and provider/,
    ),
    row(
      "an attribute condition for others",
      provided({ condition: 'assertion.sub == "repository:10:gcp:other:deployer"' }),
      "cloud_denied",
      new RegExp(`attribute condition of ${provider}.*assertion\\.sub == "${subject}"`),
    ),
    row(
      "other audiences",
      provided({ allowedAudiences: ["sts.amazonaws.com"] }),
      "cloud_misconfigured",
      new RegExp(`allowed audiences of ${provider}, or add https://iam.googleapis.com/${provider}`),
    ),
    row(
      "a mapping of a claim that is not there",
      provided({ mapping: { "google.subject": "assertion.email" } }),
      "cloud_misconfigured",
      /attribute mapping.*google\.subject=assertion\.sub/,
    ),
    row(
      "a clock that is wrong",
      sts(oauthError("invalid_grant", "ID Token issued at 1795424400 is stale to sign-in.")),
      "cloud_misconfigured",
      /clock/,
    ),
    row(
      "keys of another",
      sts(oauthError("invalid_grant", "Unable to verify the ID Token signature.")),
      "cloud_misconfigured",
      /jwksJson/,
    ),
    row(
      "an issuer that is spelled otherwise",
      sts(oauthError("invalid_grant", "The issuer in ID Token x does not match the expected one in config: y.")),
      "cloud_misconfigured",
      /issuerUri is exactly this server's issuer URL/,
    ),
    row("a scope that it does not know", asIs, "cloud_misconfigured", /scopes/, {
      plan: { ...direct, scopes: ["https://www.googleapis.com/auth/moon"] },
    }),
    row(
      "an API that is not enabled",
      sts(disabled("sts.googleapis.com")),
      "cloud_misconfigured",
      /Enable the API sts\.googleapis\.com/,
    ),
    row("something new", sts(oauthError("brand_new", "no")), "cloud_denied", /log/),
    row(
      "no binding on the service account",
      () => void world.google.bindings.splice(0),
      "cloud_denied",
      new RegExp(`roles/iam\\.workloadIdentityUser on that service account to ${principal}`),
    ),
    row(
      "a binding of another subject",
      () =>
        void world.google.bindings.splice(0, 1, {
          resource: `//iam.googleapis.com/projects/-/serviceAccounts/${account}`,
          role: "roles/iam.workloadIdentityUser",
          member: `${principal}-2`,
        }),
      "cloud_denied",
      new RegExp(account),
    ),
    row(
      "a service account that is not there",
      iam(rpcError("NOT_FOUND", "Requested entity was not found.")),
      "cloud_misconfigured",
      new RegExp(`no service account ${account}`),
    ),
    row("a disabled service account", accountWith({ disabled: true }), "cloud_misconfigured", /is disabled. Enable it/),
    row("scopes of an account that it does not know", asIs, "cloud_misconfigured", /scopes/, {
      plan: { ...plan, scopes: ["https://www.googleapis.com/auth/moon"] },
    }),
    row(
      "IAM Credentials not enabled",
      iam(disabled("iamcredentials.googleapis.com")),
      "cloud_misconfigured",
      /Enable the API iamcredentials\.googleapis\.com/,
    ),
    row("something new of IAM", iam(rpcError("INVALID_ARGUMENT", "no")), "cloud_denied", /log/),
    row("a boundary with a role that it does not know", asIs, "cloud_rejected_policy", /boundary/, {
      plan: { ...plan, boundary: [{ ...boundary[0]!, permissions: ["inRole:roles/moon.admin"] }] },
    }),
    row(
      "half an answer of STS",
      sts({ status: 200, body: { token_type: "Bearer", expires_in: 300 } }),
      "cloud_unavailable",
      /again/,
      { plan: direct },
    ),
    row(
      "an end that is none",
      sts({ status: 200, body: { access_token: "ya29.x", expires_in: "soon" } }),
      "cloud_unavailable",
      /again/,
      { plan: direct },
    ),
    row("half an answer of IAM", iam({ status: 200, body: { accessToken: "ya29.x" } }), "cloud_unavailable", /again/),
    row("an error that is no object", sts({ status: 400, body: null }), "cloud_unavailable", /again/),
    row("an error that is a page", sts({ status: 403, body: "<html>" }), "cloud_denied", /log/),
  ];
  it.each(rows)("$name has its own code and cure", async ({ prepare, code, cure, change }) => {
    prepare();
    const caught = await failure(change);
    expect(caught.code).toBe(code);
    expect(caught.message).toMatch(cure);
    expect(caught.retryable).toBe(code === "cloud_unavailable");
    expect(caught.message).toMatch(/^[\x20-\x7e]{1,500}$/);
  });

  it("a provider that only another target uses is not told apart from one that does not exist", async () => {
    const plan2 = { ...plan, workload_identity_provider: `${pool}/providers/other` };
    expect((await failure({ plan: plan2 })).message).toContain(`no enabled provider ${pool}/providers/other`);
  });
});
