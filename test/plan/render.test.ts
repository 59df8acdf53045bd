import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Statement } from "../../src/access-repo/types.ts";
import { canonicalJson, type Json, sha256 } from "../../src/base/canonical-json.ts";
import { objectId, ownerId, repositoryId } from "../../src/base/ids.ts";
import { decidePlanHash, renderPlan, renderPlanVersion } from "../../src/plan/index.ts";
import { type Change, inputOf, planOf, role } from "./world.ts";

const hashOf = (change: Change): string => planOf(change).hash;
const code = (change: Change): string => {
  const rendered = renderPlan(inputOf(change));
  return rendered.ok ? "ok" : rendered.code;
};

test("resolves the request of the design", () => {
  expect(planOf().data).toEqual({
    plan_version: 1,
    kind: "aws",
    subject: "repository:10:aws:aws-prod:operator",
    target: "aws-prod",
    role: "operator",
    role_arn: role.role_arn,
    region: "eu-west-1",
    max_session: 3600,
    statements: [{ actions: ["s3:DeleteBucket"], resources: ["arn:aws:s3:::acme-stale-logs"] }],
    duration: 3600,
    start: null,
    runs: 1,
    last_issue_before_end: 0,
    workflow: {
      repository_id: 20,
      owner_id: 1,
      file: ".github/workflows/delete-bucket.yml",
      ref: "refs/heads/main",
      environment: "production",
      sha: null,
      reusable: null,
      actor: "requester",
      blob: "d".repeat(40),
      events: ["push", "schedule", "workflow_dispatch"],
      runners: ["github-hosted"],
    },
    dispatch: { inputs: { bucket: "acme-stale-logs" } },
  });
});

describe("the hash", () => {
  test("is of the canonical text, which holds the data and nothing else", () => {
    const plan = planOf();
    expect(plan.text).toBe(canonicalJson(plan.data as unknown as Json));
    expect(plan.hash).toBe(sha256(plan.text));
    expect(JSON.parse(plan.text)).toEqual(plan.data);
  });

  test("stays what it was: grants made by older servers live on it", () => {
    expect(planOf().hash).toBe("sha256:4002e7a79001e79b8a872d91fce006c1e09761aed4f52a11eb5ea3d65402fa31");
  });

  const same: readonly (readonly [string, Change])[] = [
    ["reason", { request: { reason: "Other words" } }],
    ["ticket", { request: { ticket: "OPS-1" } }],
    ["narrowed is a note", { request: { narrowed: false } }],
    ["the repository's name", { workflow: { repository: "acme/renamed" }, binding: { repository: "acme/renamed" } }],
    ["approval rules", { role: { approvals: 3, also_approved_by: [{ from: [], count: 1 }] } }],
    ["the role's ceiling and limits", { role: { allow: "everything", max_duration: 60, allow_persistence: true } }],
    ["break-glass", { role: { break_glass: true }, request: { break_glass: "INC-1" } }],
    ["tickets, environments, patterns", { role: { tickets: ["OPS"], environments: ["production"], workflows: [] } }],
    ["order of events", { role: { events: ["schedule", "push", "workflow_dispatch", "push"] } }],
    ["the default region, written out", { region: "eu-west-1" }],
  ];
  test.each(same)("does not cover %s", (_, change) => expect(hashOf(change)).toBe(hashOf({})));

  const other: readonly (readonly [string, Change])[] = [
    ["C55 access repository", { access: { repository_id: repositoryId(11) } }],
    ["C55 target", { target: "aws-test" }],
    ["C55 role name", { request: { roleName: "reader" } }],
    ["C56 role_arn", { role: { role_arn: "arn:aws:iam::123456789012:role/other" } }],
    ["region", { region: "eu-central-1" }],
    ["max_session", { role: { max_session: 900 } }],
    ["last_issue_before_end", { role: { last_issue_before_end: 900 } }],
    ["actions", { request: { allow: [{ actions: ["s3:GetObject"], resources: ["arn:aws:s3:::acme-stale-logs"] }] } }],
    ["resources", { request: { allow: [{ actions: ["s3:DeleteBucket"], resources: ["arn:aws:s3:::acme-x"] }] } }],
    ["everything", { request: { allow: "everything" } }],
    ["duration", { request: { duration: 1800 } }],
    ["start", { request: { start: new Date("2026-11-24T09:00:00Z") } }],
    ["runs", { request: { runs: 2 } }],
    ["inputs", { request: { dispatch: { inputs: { bucket: "other" } } } }],
    ["no inputs", { request: { dispatch: { inputs: {} } } }],
    ["workflow repository", { workflow: { repository_id: repositoryId(21) } }],
    ["workflow owner", { workflow: { owner_id: ownerId(2) }, access: { owner_id: ownerId(2) } }],
    ["C57 workflow blob", { workflow: { blob: objectId("e".repeat(40)) } }],
    ["workflow file", { binding: { file: ".github/workflows/x.yml" } }],
    ["workflow ref", { binding: { ref: "refs/heads/dev" } }],
    ["environment", { binding: { environment: "staging" } }],
    ["sha", { binding: { sha: "f".repeat(40) } }],
    ["reusable", { binding: { reusable: `acme/p/.github/workflows/x.yml@${"f".repeat(40)}` } }],
    ["actor", { binding: { actor: "any" } }],
    ["events", { role: { events: ["push"] } }],
    ["runners", { role: { runners: ["github-hosted", "self-hosted"] } }],
  ];
  test.each(other)("covers %s", (_, change) => expect(hashOf(change)).not.toBe(hashOf({})));
  test("covers each of them differently", () => {
    expect(new Set([{}, ...other.map(([, change]) => change)].map(hashOf)).size).toBe(other.length + 1);
  });

  test("covers every field of the data by name", () => {
    const { data, text } = planOf();
    for (const key of [...Object.keys(data), ...Object.keys(data.workflow)]) expect(text).toContain(`"${key}":`);
  });

  test("does not depend on order or repetition of statements", () => {
    const word = fc.constantFrom("s3:GetObject", "s3:PutObject", "ec2:RunInstances", "s3:*");
    const arn = fc.constantFrom("arn:aws:s3:::a", "arn:aws:s3:::b/*", "arn:aws:s3:::c");
    const statement = fc.record({
      actions: fc.array(word, { minLength: 1, maxLength: 4 }),
      resources: fc.array(arn, { minLength: 1, maxLength: 4 }),
    });
    const shuffled = (all: readonly Statement[]): Statement[] =>
      [...all, ...all]
        .toReversed()
        .map(({ actions, resources }) => ({ actions: actions.toReversed(), resources: [...resources, ...resources] }));
    fc.assert(
      fc.property(fc.array(statement, { minLength: 1, maxLength: 4 }), (allow) => {
        expect(hashOf({ request: { allow: shuffled(allow) } })).toBe(hashOf({ request: { allow } }));
      }),
      { numRuns: 100 },
    );
  });

  test("two spellings of one action are one, and the written spelling stays", () => {
    const allow = [{ actions: ["s3:deletebucket", "S3:DeleteBucket", "s3:DeleteBucket"], resources: ["*"] }];
    expect(planOf({ request: { allow } }).data.statements[0]?.actions).toEqual(["S3:DeleteBucket"]);
  });
});

describe("there is no plan", () => {
  test.each<[string, string, Change]>([
    ["C49 a workflow of another owner", "workflow_of_another_owner", { workflow: { owner_id: ownerId(2) } }],
    ["C55 a role name that could share a subject", "subject_too_long", { request: { roleName: "a:b" } }],
    ["C55 a target name that could share a subject", "subject_too_long", { target: "a:b" }],
    ["a region of another partition", "region_not_of_partition", { region: "cn-north-1" }],
    ["an unknown partition", "region_not_of_partition", { role: { role_arn: "arn:moon:iam::1:role/x" }, region: null }],
    ["a request that allows nothing", "nothing_allowed", { request: { allow: [] } }],
    ["text that has no one spelling", "not_canonical", { request: { dispatch: { inputs: { a: "\ud800" } } } }],
  ])("for %s", (_, expected, change) => expect(code(change)).toBe(expected));

  test("of a version that this server does not know", () => {
    expect(renderPlanVersion(2, inputOf())).toMatchObject({ ok: false, code: "plan_version_unknown" });
    expect(renderPlanVersion(1, inputOf())).toEqual(renderPlan(inputOf()));
    expect(renderPlan({ ...inputOf(), plan_version: 1 })).toEqual(renderPlan(inputOf()));
  });
});

test.each([
  ["arn:aws:iam::1:role/x", "us-east-1"],
  ["arn:aws-cn:iam::1:role/x", "cn-north-1"],
  ["arn:aws-us-gov:iam::1:role/x", "us-gov-west-1"],
  ["arn:aws-eusc:iam::1:role/x", "eusc-de-east-1"],
])("without a region STS is asked in the partition of %s: %s", (role_arn, region) => {
  expect(planOf({ role: { role_arn }, region: null }).data.region).toBe(region);
});

test("C68 the digest over all plans changes with every path and every plan, and not with their order", () => {
  const [a, b] = [planOf(), planOf({ request: { runs: 2 } })];
  const digest = decidePlanHash(
    new Map([
      ["a.yml", a],
      ["b.yml", b],
    ]),
  );
  expect(
    decidePlanHash(
      new Map([
        ["b.yml", b],
        ["a.yml", a],
      ]),
    ),
  ).toBe(digest);
  const others = [
    new Map([["a.yml", a]]),
    new Map([
      ["a.yml", b],
      ["b.yml", a],
    ]),
    new Map([
      ["a.yml", a],
      ["c.yml", b],
    ]),
  ];
  for (const other of others) expect(decidePlanHash(other)).not.toBe(digest);
});
