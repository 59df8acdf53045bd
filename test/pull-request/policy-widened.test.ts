import { describe, expect, test } from "vitest";
import { loadPolicy, type Policy } from "../../src/access-repo/index.ts";
import { policyPage } from "../../src/pull-request/policy-page.ts";
import { widened } from "../../src/pull-request/policy-widened.ts";
import { policyFiles, treeFile } from "../access-repo/examples.ts";
import { decided } from "./world.ts";

/** One target `t` with these roles, each a line of YAML keys. */
function policy(cloud: string, roles: Readonly<Record<string, string>>, more = "", settings = ""): Policy {
  const texts = Object.entries(roles).map(([name, keys]) => `  ${name}: { ${keys} }\n`);
  const text = `version: 1\ncloud: ${cloud}\n${more}roles:\n${texts.join("")}`;
  const loaded = loadPolicy(
    policyFiles({
      settings: treeFile(".github/countersign.yml", `version: 1\n${settings}`),
      targets: [treeFile("targets/t.yml", text)],
    }),
  );
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.diagnostics));
  return loaded.policy;
}

const uuid = (digit: number): string => "11111111-1111-1111-1111-111111111111".replaceAll("1", String(digit));
const provider = (pool: string): string =>
  `projects/1/locations/global/workloadIdentityPools/${pool}/providers/countersign`;
const bucket = (name: string, ...roles: readonly string[]): string =>
  `{ resource: //storage.googleapis.com/projects/_/buckets/${name}, permissions: [${roles.map((r) => `"inRole:roles/storage.${r}"`).join(", ")}] }`;

/** What a role of each kind has to have. */
const usual: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  aws: {
    role_arn: "arn:aws:iam::123456789012:role/one",
    allow: '[{ actions: ["s3:Get*", "s3:DeleteBucket"], resources: ["arn:aws:s3:::acme-*"] }]',
  },
  gcp: { workload_identity_provider: provider("pool-a") },
  azure: { tenant_id: `"${uuid(1)}"`, client_id: `"${uuid(2)}"` },
  github: { permissions: "{ contents: read }", repositories: "[acme/infra]" },
  oidc: { audience: "https://vault.acme.example" },
};
type Keys = Readonly<Record<string, string>>;
const role = (cloud: string, keys: Keys): string =>
  Object.entries({ ...usual[cloud], max_duration: "4h", ...keys })
    .map(([key, value]) => `${key}: ${value}`)
    .join(", ");

/** The ends of the sentences about t/r. */
function gains(cloud: string, before: Keys, after: Keys): readonly string[] {
  const lines = widened(policy(cloud, { r: role(cloud, before) }), policy(cloud, { r: role(cloud, after) }), "acme");
  return lines.map((line) => {
    expect(line).toMatch(/^t\/r .*\.$/);
    return line.slice("t/r ".length, -1);
  });
}

const statement = (actions: string, resources: string): string =>
  `{ actions: [${actions}], resources: [${resources}] }`;
const acme = '"arn:aws:s3:::acme-*"';
const flows = (...names: readonly string[]): string =>
  `[${names.map((name) => `"acme/${name}/.github/workflows/*.yml@refs/heads/main"`).join(", ")}]`;

type Case = readonly [what: string, cloud: string, before: Keys, after: Keys, lines: readonly string[]];

const power: readonly Case[] = [
  [
    "an action",
    "aws",
    {},
    { allow: `[${statement('"s3:Get*", "s3:PutObject", "s3:DeleteBucket", "iam:PassRole"', acme)}]` },
    ["may do s3:PutObject, iam:PassRole on arn:aws:s3:::acme-*"],
  ],
  [
    "an action that the old wildcard holds",
    "aws",
    {},
    { allow: `[${statement('"S3:getObject"', '"arn:aws:s3:::acme-logs"')}]` },
    [],
  ],
  ["a wider wildcard", "aws", {}, { allow: `[${statement('"s3:*"', acme)}]` }, ["may do s3:* on arn:aws:s3:::acme-*"]],
  [
    "a resource",
    "aws",
    {},
    { allow: `[${statement('"s3:Get*", "s3:DeleteBucket"', `${acme}, "arn:aws:s3:::other"`)}]` },
    ["may do s3:Get*, s3:DeleteBucket on arn:aws:s3:::other"],
  ],
  [
    "an action of one statement on the resource of another",
    "aws",
    { allow: `[${statement('"s3:Get*"', acme)}, ${statement('"s3:PutObject"', '"arn:aws:s3:::drop"')}]` },
    { allow: `[${statement('"s3:Get*", "s3:PutObject"', `${acme}, "arn:aws:s3:::drop"`)}]` },
    ["may do s3:Get* on arn:aws:s3:::drop", "may do s3:PutObject on arn:aws:s3:::acme-*"],
  ],
  ["everything", "aws", {}, { allow: '["*"]' }, ["may do everything that its IAM role may"]],
  ["less than everything", "aws", { allow: '["*"]' }, {}, []],
  [
    "many statements, counted",
    "aws",
    {},
    { allow: `[${Array.from({ length: 11 }, (_, i) => statement('"s3:Put*"', `"arn:aws:s3:::b-${i}"`)).join(", ")}]` },
    [...Array.from({ length: 8 }, (_, i) => `may do s3:Put* on arn:aws:s3:::b-${i}`), "gains 3 more by its allow"],
  ],
  [
    "many actions and resources, counted",
    "aws",
    {},
    {
      allow: `[${statement(
        Array.from({ length: 9 }, (_, i) => `"ec2:Run${i}"`).join(", "),
        Array.from({ length: 5 }, (_, i) => `"arn:aws:ec2:::x-${i}"`).join(", "),
      )}]`,
    },
    [
      "may do ec2:Run0, ec2:Run1, ec2:Run2, ec2:Run3, ec2:Run4, ec2:Run5 and 3 more on arn:aws:ec2:::x-0, arn:aws:ec2:::x-1, arn:aws:ec2:::x-2 and 2 more",
    ],
  ],
  [
    "another IAM role",
    "aws",
    {},
    { role_arn: "arn:aws:iam::999999999999:role/one" },
    ["has the IAM role arn:aws:iam::999999999999:role/one instead of arn:aws:iam::123456789012:role/one"],
  ],
  [
    "actions that outlive the window",
    "aws",
    {},
    { allow_persistence: "true" },
    ["admits actions whose effect outlives the window (allow_persistence)"],
  ],
  ["no such actions any more", "aws", { allow_persistence: "true" }, {}, []],
  ["longer sessions", "aws", {}, { max_session: "2h" }, ["has sessions of up to 2h instead of 1h"]],
  ["shorter sessions", "aws", {}, { max_session: "30m" }, []],
  [
    "another provider",
    "gcp",
    {},
    { workload_identity_provider: provider("pool-b") },
    [`has the provider ${provider("pool-b")} instead of ${provider("pool-a")}`],
  ],
  [
    "a service account",
    "gcp",
    {},
    { service_account: "owner@acme.iam.gserviceaccount.com" },
    ["has the service account owner@acme.iam.gserviceaccount.com instead of (none)"],
  ],
  [
    "a scope",
    "gcp",
    { scopes: '["https://www.googleapis.com/auth/pubsub"]' },
    { scopes: '["https://www.googleapis.com/auth/pubsub", "https://www.googleapis.com/auth/compute"]' },
    ["has the scope https://www.googleapis.com/auth/compute"],
  ],
  [
    "no boundary",
    "gcp",
    { boundary: `[${bucket("logs", "objectViewer")}]` },
    {},
    ["has no Credential Access Boundary any more"],
  ],
  ["a boundary", "gcp", {}, { boundary: `[${bucket("logs", "objectViewer")}]` }, []],
  [
    "a wider boundary",
    "gcp",
    { boundary: `[${bucket("logs", "objectViewer")}]` },
    { boundary: `[${bucket("logs", "objectViewer", "objectAdmin")}, ${bucket("more", "objectViewer")}]` },
    [
      "may on //storage.googleapis.com/projects/_/buckets/logs use inRole:roles/storage.objectAdmin",
      "may on //storage.googleapis.com/projects/_/buckets/more use inRole:roles/storage.objectViewer",
    ],
  ],
  ["longer tokens", "gcp", {}, { max_session: "2h" }, ["has sessions of up to 2h instead of 1h"]],
  [
    "another tenant, client and subscription",
    "azure",
    {},
    { tenant_id: `"${uuid(3)}"`, client_id: `"${uuid(4)}"`, subscription_id: `"${uuid(5)}"` },
    [
      `has the tenant ${uuid(3)} instead of ${uuid(1)}`,
      `has the client id ${uuid(4)} instead of ${uuid(2)}`,
      `has the subscription ${uuid(5)} instead of (none)`,
    ],
  ],
  [
    "an assertion",
    "azure",
    {},
    { delivery: "assertion" },
    ["gives jobs an assertion, which their tools trade for tokens of any resource"],
  ],
  ["a token", "azure", { delivery: "assertion" }, {}, []],
  [
    "a resource of Azure",
    "azure",
    {},
    { resources: '["https://management.azure.com", "https://vault.azure.net"]' },
    ["gives tokens for https://vault.azure.net"],
  ],
  [
    "permissions, and writing where it read",
    "github",
    { permissions: "{ contents: read, issues: write }" },
    { permissions: "{ contents: write, issues: read, packages: read }" },
    ["has the permission contents: write, packages: read"],
  ],
  [
    "a repository",
    "github",
    {},
    { repositories: "[acme/infra, acme/secrets]" },
    ["reaches the repository acme/secrets"],
  ],
  [
    "another audience",
    "oidc",
    {},
    { audience: "https://other.example" },
    ["has the audience https://other.example instead of https://vault.acme.example"],
  ],
  [
    "claims, others and none",
    "oidc",
    { claims: "{ team: platform, tier: low }" },
    { claims: "{ team: security, grade: high }" },
    [
      "has the claim team: security instead of platform",
      "has the claim tier: (none) instead of low",
      "has the claim grade: high instead of (none)",
    ],
  ],
];

const limits: readonly Case[] = [
  ["longer access", "oidc", {}, { max_duration: "8h" }, ["lasts up to 8h instead of 4h"]],
  ["shorter access", "oidc", {}, { max_duration: "1h" }, []],
  [
    "a workflow",
    "oidc",
    { workflows: flows("a") },
    { workflows: flows("a", "b") },
    ["may be used by acme/b/.github/workflows/*.yml@refs/heads/main"],
  ],
  ["a workflow that the old pattern holds", "oidc", { workflows: flows("*") }, { workflows: flows("a") }, []],
  [
    "a pattern that only looks like less",
    "oidc",
    { workflows: flows("a*") },
    { workflows: flows("*a") },
    ["may be used by acme/*a/.github/workflows/*.yml@refs/heads/main"],
  ],
  [
    "other refs",
    "oidc",
    { workflows: '["acme/a/.github/workflows/x.yml@refs/heads/main"]' },
    { workflows: '["acme/a/.github/workflows/x.yml@refs/heads/*"]' },
    ["may be used by acme/a/.github/workflows/x.yml@refs/heads/*"],
  ],
  ["any workflow", "oidc", { workflows: flows("a") }, {}, ["may be used by any workflow of acme"]],
  ["starting workflows", "oidc", {}, { workflows: flows("a") }, ["lets requests start a workflow (dispatch)"]],
  ["no start of workflows", "oidc", {}, { workflows: flows("a"), events: "[push]" }, []],
  [
    "an event that lets requests start one",
    "oidc",
    { workflows: flows("a"), events: "[push]" },
    { workflows: flows("a"), events: "[push, release, workflow_dispatch]" },
    ["may be used by runs that are started by release, workflow_dispatch", "lets requests start a workflow (dispatch)"],
  ],
  [
    "reusable workflows of others",
    "oidc",
    {},
    { reusable_workflows: '["ACME/p/.github/workflows/*.yml", "other/p/.github/workflows/*.yml"]' },
    ["may be used inside other/p/.github/workflows/*.yml"],
  ],
  [
    "more reusable workflows",
    "oidc",
    { reusable_workflows: '["acme/p/.github/workflows/*.yml"]' },
    { reusable_workflows: '["acme/p/.github/workflows/x.yml", "acme/q/.github/workflows/x.yml"]' },
    ["may be used inside acme/q/.github/workflows/x.yml"],
  ],
  [
    "any reusable workflow",
    "oidc",
    { reusable_workflows: '["acme/p/.github/workflows/*.yml"]' },
    {},
    ["may be used inside any reusable workflow of acme"],
  ],
  [
    "an environment",
    "oidc",
    { environments: "[production]" },
    { environments: "[production, staging]" },
    ["may be used in environment staging"],
  ],
  ["any environment", "oidc", { environments: "[production]" }, {}, ["may be used in any environment, or none"]],
  ["a list of environments", "oidc", {}, { environments: "[production]" }, []],
  ["runners", "oidc", {}, { runners: "[github-hosted, self-hosted]" }, ["may be used on runners self-hosted"]],
  [
    "any actor",
    "oidc",
    {},
    { defaults: "{ workflow: { actor: any } }" },
    ["may be used by whoever starts the run, where a request does not say who (actor: any)"],
  ],
  ["other defaults", "oidc", {}, { defaults: "{ duration: 1h, workflow: { actor: requester } }" }, []],
  ["no ticket", "oidc", { tickets: "[OPS]" }, {}, ["needs no ticket"]],
  ["other tickets", "oidc", { tickets: "[OPS]" }, { tickets: "[OPS, SEC]" }, ["also takes tickets of SEC"]],
  ["tickets", "oidc", {}, { tickets: "[OPS]" }, []],
  [
    "credentials nearer to the end",
    "oidc",
    { last_issue_before_end: "15m" },
    {},
    ["issues until 0m before the end instead of 15m"],
  ],
];

describe("what a policy grants more", () => {
  test.each([...power, ...limits])("%s (%s)", (_, cloud, before, after, lines) => {
    expect(gains(cloud, before, after)).toEqual(lines);
  });

  test.each(Object.keys(usual))("of a policy that stays what it is, nothing (%s)", (cloud) => {
    expect(gains(cloud, {}, {})).toEqual([]);
  });

  test("a new role, in one line, and no role that is gone", () => {
    const old = policy("aws", { gone: role("aws", {}), r: role("aws", {}) });
    const now = policy("aws", { r: role("aws", {}), admin: role("aws", { allow: '["*"]' }) });
    expect(widened(old, now, "acme")).toEqual([
      "t/admin is new: AWS role arn:aws:iam::123456789012:role/one, up to 4h; everything that the role itself allows.",
    ]);
  });

  test("of a new role, also how it goes without approval and beyond the window", () => {
    const auto_approve = '{ requesters: ["@bob"], max_duration: 30m, per_day: 1, actions: ["s3:Get*"] }';
    const keys = {
      allow_persistence: "true",
      break_glass: "true",
      auto_approve,
      defaults: "{ workflow: { actor: any } }",
    };
    const settings = 'break_glass: { members: ["@bob"] }\n';
    const of = (roles: Readonly<Record<string, string>>) => policy("aws", roles, "", settings);
    const [line] = widened(of({ r: role("aws", {}) }), of({ r: role("aws", {}), ops: role("aws", keys) }), "acme");
    expect(line).toMatch(/; actions whose effect outlives the window; break-glass; automatic approval; actor: any\.$/);
  });

  test("a role of another kind as a whole", () => {
    const now = policy("oidc", { r: role("oidc", { claims: "{ team: a }" }) });
    expect(widened(policy("aws", { r: role("aws", {}) }), now, "acme")).toEqual([
      "t/r is of oidc instead of aws: a token of this server's issuer, up to 4h; for https://vault.acme.example, with the claim team: a.",
    ]);
  });

  test("another region", () => {
    const of = (more: string) => policy("aws", { r: role("aws", {}) }, more);
    expect(widened(of("region: eu-west-1\n"), of("region: us-east-1\n"), "acme")).toEqual([
      "t is asked in region us-east-1 instead of eu-west-1.",
    ]);
    expect(widened(of("region: eu-west-1\n"), of(""), "acme")).toEqual([
      "t is asked in region (none) instead of eu-west-1.",
    ]);
  });

  test("break-glass that lasts longer and is reviewed later", () => {
    const of = (duration: string, review: string) => {
      const settings = `break_glass: { members: ["@bob"], max_duration: ${duration}, review_within: ${review} }\n`;
      return policy("oidc", { r: role("oidc", {}) }, "", settings);
    };
    expect(widened(of("1h", "1d"), of("2h", "3d"), "acme")).toEqual([
      "Break-glass lasts up to 2h instead of 1h.",
      "Break-glass is reviewed within 3d instead of 1d.",
    ]);
    expect(widened(of("2h", "3d"), of("1h", "1d"), "acme")).toEqual([]);
  });

  test("what is too slow to compare is told as changed, and what stays is not", () => {
    const a = (n: number) => "a".repeat(n);
    const hundred = (text: (i: number) => string) =>
      Array.from({ length: 100 }, (_, i) => `"arn:aws:s3:::${text(i)}"`).join(", ");
    const allow = (resources: string) => `[${statement('"s3:GetObject"', resources)}]`;
    const same = role("aws", { allow: allow(hundred((i) => `*${a(40)}s*${i}*`)) });
    const of = (resources: string) => policy("aws", { r: role("aws", { allow: allow(resources) }), same });
    const [before, after] = [hundred((i) => `*${a(40)}b${i}*`), hundred((i) => `${a(200)}${i}`)];
    expect(widened(of(before), of(after), "acme")).toEqual([
      "t/r has another allow, with too many patterns to compare: read all of it as new.",
    ]);
  });
});

const pageOf = (lines: readonly string[], ends: readonly string[] = []) => {
  const { decision, input } = decided({ policyPaths: ["targets/t.yml"] });
  const effects = { ends, freezes: [], changes: [], unseen: 0 };
  const paths = ["targets/t.yml"];
  return policyPage({ snapshot: input.snapshot, paths, decision, warnings: [], loosened: [], widened: lines, effects });
};

test("C62 text of a policy neither tells anybody nor makes markup on the page of what it grants", () => {
  const old = policy("oidc", { r: role("oidc", {}) });
  const now = policy("oidc", {
    r: role("oidc", { claims: `{ team: "@acme/owners <b> #12 [x](http://evil.example)" }` }),
  });
  const { summary } = pageOf(widened(old, now, "acme")).content;
  expect(summary).toContain(
    "- t/r has the claim team: @\u200cacme/owners &lt;b&gt; \\#12 \\[x\\]\\(http\u200c://evil.example\\)",
  );
});

test("a policy of many large roles can be shown, and what is not shown is counted", () => {
  const lines = Array.from({ length: 200 }, (_, i) => `t/r-${i} is new: ${"*".repeat(990)}.`);
  const { ok, content } = pageOf(lines);
  expect(ok).toBe(true);
  expect(content.summary).toMatch(/- and 19\d more/);
});

test.each([[[]], [["requests/t/a.yml"]]])("the parts of the page stand one empty line apart: %j", (ends) => {
  const { summary } = pageOf(["t/r needs no ticket."], ends).content;
  expect(summary).not.toContain("\n\n\n");
  expect(summary).toMatch(/\n\n### What this ends\n[^]*\n\n### Who must approve\n/);
});
