import { describe, expect, test } from "vitest";
import { parseSettings, parseTarget } from "../../src/access-repo/index.ts";
import { otherKinds, otherTarget, settingsText, targetText } from "./examples.ts";
import { codesOf, placed, valueOf } from "./expect-codes.ts";

const target = (text: string, path = "targets/aws-prod.yml") => parseTarget(text, path);
const codes = (text: string) => codesOf(target(text).diagnostics);
const role = (text: string) => valueOf(target(text)).roles.values().next().value;

describe("a target as DESIGN.md writes it", () => {
  test("parses with every key in its place", () => {
    const value = valueOf(target(targetText));
    expect(value).toMatchObject({
      name: "aws-prod",
      cloud: "aws",
      region: "eu-west-1",
      description: "Production account",
    });
    expect([...value.sets.keys()]).toEqual(["tf-state"]);
    expect(value.roles.get("operator")).toMatchObject({
      kind: "aws",
      max_duration: 14_400,
      max_session: 3600,
      approvals: 2,
      also_approved_by: [{ from: [{ kind: "team", org: "acme", slug: "security" }], count: 1 }],
      auto_approve: { max_duration: 1800, per_day: 5 },
      workflows: [{ owner: "acme", repository: "infra", file: ".github/workflows/*.yml", ref: "refs/heads/main" }],
      last_issue_before_end: 0,
    });
  });

  test("a role with the least keys gets the careful defaults", () => {
    const least = `version: 1\ncloud: aws\nroles:\n  op:\n    role_arn: arn:aws:iam::012345678901:role/x\n    allow: ["*"]\n    max_duration: 1h\n`;
    expect(role(least)).toEqual({
      kind: "aws",
      role_arn: "arn:aws:iam::012345678901:role/x",
      allow: "everything",
      max_duration: 3600,
      max_session: 3600,
      allow_persistence: false,
      also_approved_by: [],
      break_glass: false,
      events: ["workflow_dispatch", "push", "schedule"],
      runners: ["github-hosted"],
      last_issue_before_end: 0,
    });
    expect(target(least).diagnostics).toMatchObject([{ code: "CS2006", severity: "warning" }]);
  });

  test.each(Object.keys(otherKinds) as (keyof typeof otherKinds)[])("the kind %s parses", (kind) => {
    expect(role(otherTarget(kind))).toMatchObject({ kind });
  });

  test("aws without allow is refused: nobody means everything by silence", () => {
    expect(codes(targetText.replace(/ {4}allow:\n.*\n.*\n/, ""))).toContain("CS1009");
  });
});

describe("values of a role", () => {
  test.each([
    ["arn:aws:iam::123456789012:role/path/to/x", true],
    ["arn:aws-us-gov:iam::123456789012:role/x", false],
    ["arn:aws:iam::12345678901:role/x", false],
    ["arn:aws:iam::123456789012:user/x", false],
    ["arn:aws:iam::123456789012:role/*", false],
    ["arn:aws-x:iam::123456789012:role/x", false],
    ["arn:aws:iam::123456789012:role/", false],
  ])("role_arn %s in eu-west-1: %s", (arn, ok) => {
    expect(target(targetText.replace("arn:aws:iam::123456789012:role/countersign-operator", arn)).ok).toBe(ok);
  });

  test.each([
    ["aws-us-gov", "us-gov-west-1"],
    ["aws-cn", "cn-north-1"],
    ["aws-eusc", "eusc-de-east-1"],
    ["aws-iso", "us-iso-east-1"],
    ["aws-iso-b", "us-isob-east-1"],
    ["aws-iso-e", "eu-isoe-west-1"],
  ])("partition %s with its region %s", (partition, region) => {
    const text = targetText.replace("arn:aws:iam", `arn:${partition}:iam`).replace("eu-west-1", region);
    expect(target(text).ok).toBe(true);
    expect(codes(text.replace(region, "eu-west-1"))).toEqual(["CS1013"]);
  });

  test.each([
    ["max_session: 1h", "max_session: 14m"],
    ["max_session: 1h", "max_session: 13h"],
    ["max_duration: 4h", "max_duration: 0m"],
    ["max_duration: 4h", "max_duration: 367d"],
    ["approvals: 2", "approvals: 0"],
    ["approvals: 2", "approvals: 02"],
    ["approvals: 2", "approvals: 2.0"],
    ["approvals: 2", "approvals: +2"],
    ["tickets: [OPS, SEC]", "tickets: [ops]"],
    ["runners: [github-hosted]", "runners: [larger]"],
    ["environments: [production]", "environments: []"],
    ['["@acme/sre"]', '["sre@acme.example"]'],
    ["last_issue_before_end: 0m", "last_issue_before_end: 4h"],
    ["duration: 1h, workflow", "duration: 5h, workflow"],
    ["environment: production }", "environment: staging }"],
    ["acme/infra/.github/workflows/*.yml@refs/heads/main", "*/infra/.github/workflows/*.yml@refs/heads/main"],
    ["acme/infra/.github/workflows/*.yml@refs/heads/main", "acme/infra/.github/workflows/*.yml@main"],
    ["acme/infra/.github/workflows/*.yml@refs/heads/main", "acme/infra/.github/workflows/*.yml@refs/*/main"],
    ["acme/infra/.github/workflows/*.yml@refs/heads/main", "acme/infra/.github/workflows/*.yml"],
    ["acme/infra/.github/workflows/*.yml@refs/heads/main", "acme/infra/.github/**/*.yml@refs/heads/main"],
  ])("%s as %s is refused", (from, to) => {
    expect(targetText).toContain(from);
    expect(target(targetText.replace(from, to)).ok).toBe(false);
  });

  test.each([
    "pull_request",
    "pull_request_target",
    "issue_comment",
    "workflow_run",
    "merge_group",
    "fork",
    "anything",
  ])("C39 the event %s cannot be listed", (event) =>
    expect(
      placed(target(targetText.replace("[workflow_dispatch, push, schedule]", `[push, ${event}]`)).diagnostics),
    ).toEqual(["22:20 CS1019"]),
  );

  test.each(["s3:*${x}", "s3", "*:Get", "s3:Get Object", "s3:Gét"])(
    "C67 the action %s is refused in the role",
    (action) => {
      expect(codes(targetText.replace('"s3:Get*", "s3:DeleteBucket"', JSON.stringify(action)))).toEqual(["CS1020"]);
    },
  );
  test.each(["arn:aws:s3", "arn:*:s3:::x", "arn:aws:*:::x", "arn:aws:s3:::${x}", "acme-logs"])(
    "C67 the resource %s is refused in the role",
    (r) => {
      expect(codes(targetText.replace('arn:aws:s3:::acme-*"', `${r}"`))).toEqual(["CS1020"]);
    },
  );
});

describe("C51 a github role never gets what would let a job forge or rule", () => {
  const never =
    `administration checks statuses workflows secrets environments deployments members organization_administration
    organization_secrets repository_hooks dependabot_secrets codespaces repository_custom_properties unknown_new_one`.split(
      /\s+/,
    );
  const withPermission = (name: string, level: string) =>
    otherTarget("github", "", `permissions: { ${name}: ${level} }\n    repositories: [acme/infra]`);
  test.each(never)("%s, to read or to write", (name) => {
    for (const level of ["read", "write"]) expect(codes(withPermission(name, level))).toEqual(["CS1016"]);
  });
  test("actions and metadata to write", () => {
    for (const name of ["actions", "metadata"]) {
      expect(codes(withPermission(name, "write"))).toEqual(["CS1016"]);
      expect(target(withPermission(name, "read")).ok).toBe(true);
    }
  });
  test("admin is no level, and none is no permission", () => {
    expect(codes(withPermission("contents", "admin"))).toEqual(["CS1011"]);
    expect(codes(otherTarget("github", "", "permissions: {}\n    repositories: [acme/infra]"))).toEqual(["CS1012"]);
  });
  test("repositories of two owners", () => {
    expect(
      codes(otherTarget("github", "", "permissions: { contents: read }\n    repositories: [acme/a, other/b]")),
    ).toEqual(["CS1013"]);
  });
});

describe("C61 an oidc role never speaks to a cloud or GitHub, nor in registered claims", () => {
  test.each([
    "sts.amazonaws.com",
    "STS.amazonaws.com",
    "https://sts.amazonaws.com/",
    "sts.amazonaws.com.cn",
    "sts.us-gov-west-1.amazonaws.com",
    "api://AzureADTokenExchange",
    "api://azureadtokenexchangeusgov",
    "https://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x",
    "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x",
    "https://github.com/acme",
    "https://GitHub.com:443/acme",
    "https://token.actions.githubusercontent.com",
    "https://token.actions.acme.ghe.com",
    "https://login.microsoftonline.com/x",
    "login.partner.microsoftonline.cn",
    "https://management.usgovcloudapi.net",
    "github.com:443",
    "https:///sts.amazonaws.com",
    "https:sts.amazonaws.com",
    "https://sts.amazonaws%2ecom",
    "https://github.com.:443/acme",
    "https://x@github.com",
    "AzureADTokenExchange",
  ])("audience %s", (audience) => {
    expect(codes(otherTarget("oidc", "", `audience: "${audience}"`))).toEqual(["CS1017"]);
  });
  test.each([
    "https://vault.acme.example",
    "https://vault.acme.example:8200",
    "vault",
    "urn:acme:vault",
    "spiffe://acme.example/vault",
    "https://not-github.com.acme.example",
    "https://notgithub.com",
    "api://my-service",
  ])("audience %s is fine", (audience) => {
    expect(target(otherTarget("oidc", "", `audience: "${audience}"`)).ok).toBe(true);
  });
  test.each([
    "sub",
    "SUB",
    "iss",
    "aud",
    "azp",
    "groups",
    "email",
    "https://aws.amazon.com/tags",
    "HTTPS://AWS.amazon.com/roles",
  ])("claim %s", (claim) => {
    expect(codes(otherTarget("oidc", "", `audience: vault\n    claims: { "${claim}": x }`))).toEqual(["CS1018"]);
  });
});

describe("paths and settings", () => {
  test.each(["targets/AWS.yml", "targets/aws.yaml", "targets/a/b.yml", "aws.yml", "targets/.yml"])(
    "%s is not a target",
    (path) => {
      expect(codesOf(target(targetText, path).diagnostics)).toEqual(["CS2002"]);
    },
  );
  test("C55 a role name with a colon is refused", () => {
    expect(codes(targetText.replace("  operator:", '  "oper:ator":'))).toEqual(["CS1011"]);
  });
  test("settings with the least keys get the careful defaults", () => {
    expect(valueOf(parseSettings("version: 1\n", "p"))).toEqual({
      version: 1,
      approvals: 1,
      pending_expiry: 604_800,
      frozen: [],
    });
    expect(valueOf(parseSettings(settingsText, "p")).break_glass).toMatchObject({
      max_duration: 3600,
      review_within: 259_200,
    });
  });
  test("freeze entries", () => {
    const text = "version: 1\nfrozen: [all, { target: aws-prod }, { requester: alice }, { approver: '@bob' }]\n";
    expect(valueOf(parseSettings(text, "p")).frozen).toEqual([
      { kind: "all" },
      { kind: "target", target: "aws-prod" },
      { kind: "requester", login: "alice" },
      { kind: "approver", login: "bob" },
    ]);
    for (const entry of ["everything", "{ target: a, requester: b }", "{ tagret: a }", "[all]"]) {
      expect(parseSettings(`version: 1\nfrozen: [${entry}]\n`, "p").ok).toBe(false);
    }
  });
  test("approvals below one are refused", () =>
    expect(codesOf(parseSettings("version: 1\napprovals: 0\n", "p").diagnostics)).toEqual(["CS1011"]));
});
