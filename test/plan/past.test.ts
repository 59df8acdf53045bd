import { describe, expect, test } from "vitest";
import type { Past, PastGrant, ToCompare } from "../../src/plan/index.ts";
import { compareWithPast } from "../../src/plan/index.ts";
import { planDifferences } from "../../src/plan/differences.ts";
import { objectId, repositoryId } from "../../src/base/ids.ts";
import type { PlanData } from "../../src/plan/types.ts";
import { type Change, planOf } from "./world.ts";
import { kinds, planOf as planOfKind } from "./kinds.ts";

const names = { workflow: "acme/infra", repositories: new Map<number, string>() };
const data = (change: Change = {}): PlanData => planOf(change).data;
const statement = (actions: string[], resources: string[]) => ({ actions, resources });
const allow = (...statements: ReturnType<typeof statement>[]): Change => ({ request: { allow: statements } });
const differ = (before: Change, now: Change) => planDifferences(data(before), data(now), names);

describe("differences", () => {
  test("there are none between what binds the same", () => {
    expect(differ({}, { request: { reason: "Another reason than before", ticket: "OPS-2" } })).toEqual([]);
  });

  test("actions and resources that were added and left out are named, whatever the statements", () => {
    expect(
      differ(
        allow(statement(["s3:GetObject"], ["arn:aws:s3:::acme-a"])),
        allow(statement(["s3:DeleteBucket", "s3:GetBucketPolicy"], ["arn:aws:s3:::acme-b"])),
      ),
    ).toEqual([
      "Adds actions s3:DeleteBucket, s3:GetBucketPolicy.",
      "Adds resource arn:aws:s3:::acme-b.",
      "No longer asks for action s3:GetObject.",
      "No longer asks for resource arn:aws:s3:::acme-a.",
    ]);
  });

  test("an action that is only spelled in another case is the same", () => {
    const on = ["arn:aws:s3:::acme-a"];
    expect(
      differ(allow(statement(["s3:getobject", "s3:PutObject"], on)), allow(statement(["s3:GetObject"], on))),
    ).toEqual(["No longer asks for action s3:PutObject."]);
  });

  test("a resource that is only spelled in another case is another", () => {
    const of = (name: string) => allow(statement(["s3:GetObject"], [`arn:aws:s3:::acme-${name}`]));
    expect(differ(of("a/x"), of("a/X"))).toContain("Adds resource arn:aws:s3:::acme-a/X.");
  });

  test("an old action on an old resource is said where it is newly together, though neither list tells", () => {
    const [a, b, c] = ["a", "b", "c"].map((name) => `arn:aws:s3:::acme-${name}`) as [string, string, string];
    const before = allow(statement(["s3:GetObject"], [a]), statement(["s3:DeleteBucket"], [b]));
    const now = allow(
      statement(["s3:DeleteBucket", "s3:GetObject"], [a]),
      statement(["s3:ListBucket"], [c]),
      statement(["s3:DeleteBucket"], [b]),
    );
    expect(differ(before, now)).toEqual([
      "Adds action s3:ListBucket.",
      `Adds resource ${c}.`,
      `Newly together: s3:DeleteBucket on ${a}.`,
    ]);
    expect(differ(now, before)).toContain(`No longer together: s3:DeleteBucket on ${a}.`);
  });

  test("time, runs, workflow, environment, version, starter and inputs are each told", () => {
    const now: Change = {
      request: {
        duration: 14_400,
        runs: 3,
        start: new Date("2026-11-24T09:00:00Z"),
        dispatch: { inputs: { bucket: "acme-other", force: "true" } },
      },
      binding: { ref: "refs/heads/release", file: ".github/workflows/other.yml", actor: "any", sha: "e".repeat(40) },
      workflow: { blob: objectId("e".repeat(40)) },
      role: { max_session: 7200, events: ["push"], runners: ["self-hosted"], last_issue_before_end: 900 },
      region: "us-east-1",
    };
    expect(differ({ request: { dispatch: { inputs: { bucket: "acme-stale-logs", gone: "x" } } } }, now)).toEqual([
      "Region: us-east-1 instead of eu-west-1.",
      "Longest session: 2h instead of 1h.",
      "Longer: 4h instead of 1h.",
      "Begins with 2026-11-24T09:00:00Z instead of the merge.",
      "Run attempts: 3 instead of 1.",
      "Nothing is issued in the last 15m instead of 0m.",
      "Workflow: .github/workflows/other.yml instead of .github/workflows/delete-bucket.yml.",
      "Version of the workflow file: eeeeeeeeeeee instead of dddddddddddd.",
      "Ref: refs/heads/release instead of refs/heads/main.",
      `Only a run of commit: ${"e".repeat(40)} instead of none.`,
      "Who may start it: any instead of requester.",
      "Events: push instead of push, schedule, workflow_dispatch.",
      "Runners: self-hosted instead of github-hosted.",
      'Input bucket is "acme-other" instead of "acme-stale-logs".',
      'Input force is new: "true".',
      "Input gone is left out.",
    ]);
  });

  test("another repository is told by its id, whatever it is called", () => {
    expect(differ({ workflow: { repository_id: repositoryId(19) } }, {})).toEqual([
      "Another repository: acme/infra, id 20 instead of 19.",
    ]);
  });

  test("a long value is shortened, since it stands whole elsewhere", () => {
    const [line = ""] = differ(
      { request: { dispatch: { inputs: { a: "x" } } } },
      { request: { dispatch: { inputs: { a: "y".repeat(10_000) } } } },
    );
    expect(line.length).toBeLessThan(250);
  });

  test.each(["aws", ...kinds] as const)("no member of a plan of kind %s differs unsaid", (kind) => {
    const plan = kind === "aws" ? planOf() : planOfKind(kind);
    const whole = plan.data as unknown as Record<string, unknown>;
    const workflow = plan.data.workflow as unknown as Record<string, unknown>;
    const others = [
      ...Object.keys(whole)
        .filter((key) => !["plan_version", "kind", "workflow", "target", "role"].includes(key)) // the role is what they share
        .map((key) => [key, { ...whole, [key]: altered(whole[key], key) }] as const),
      ...Object.keys(workflow).map(
        (key) => [key, { ...whole, workflow: { ...workflow, [key]: altered(workflow[key], key) } }] as const,
      ),
    ];
    const unsaid = others.filter(([, other]) => {
      const found = planDifferences(plan.data, other as unknown as PlanData, names);
      return found.length === 0 || found.join().includes("Something else");
    });
    expect(unsaid.map(([member]) => member)).toEqual([]);
  });

  test("what is the role's name alone is told as well, rather than nothing", () => {
    expect(planDifferences(data(), { ...data(), role: "other" }, names)).toEqual([
      "Something else in the plan: read the whole of it below.",
    ]);
  });
});

/** The same shape with another value. */
function altered(value: unknown, member: string): unknown {
  if (typeof value === "number") return value + 1;
  if (typeof value === "string") return `${value}x`;
  if (member === "dispatch") return { inputs: { another: "1" } };
  if (member === "boundary") return [{ resource: "//x", permissions: ["inRole:y"] }];
  if (member === "statements") return [{ actions: ["a:B"], resources: ["*"] }];
  if (Array.isArray(value)) return value.slice(1).length > 0 ? value.slice(1) : ["another"];
  if (value === null) return "another";
  return { another: "read" };
}

const alice = { id: 1, login: "alice" };
const bob = { id: 2, login: "bob" };
const grant = (change: Change, more: Partial<PastGrant> = {}): PastGrant => ({
  path: "requests/aws-prod/2026-11/old.yml",
  pullRequest: 12,
  requester: bob,
  at: new Date("2026-11-20T09:30:00Z"),
  data: data(change),
  ...more,
});
const past = (ofRole: readonly PastGrant[], more: Partial<Past> = {}): Past => ({
  ofRole: { grants: ofRole, all: true },
  ofRequester: { grants: ofRole.filter((g) => g.requester.id === alice.id), all: true },
  ofWorkflow: ofRole[0] ?? null,
  ...more,
});
const compare = (change: Change, history: Past, more: Partial<ToCompare> = {}) =>
  compareWithPast(
    { data: data(change), names, requester: alice, at: new Date("2026-11-23T09:00:00Z"), ...more },
    history,
  );
const items = (compared: ReturnType<typeof compare>) => compared.flatMap((one) => one.items);

describe("the past", () => {
  test("without any: one sentence", () => {
    expect(compare({}, past([]))).toEqual([{ words: "First grant of this role.", items: [] }]);
  });

  test("where nothing differs: one sentence that says so", () => {
    expect(compare({}, past([grant({}, { requester: alice })]))).toEqual([
      {
        words:
          "Nothing is different from the last grant of this role (requests/aws-prod/2026-11/old.yml, pull request 12, to alice on 2026-11-20).",
        items: [],
      },
    ]);
  });

  test("the requester's own last is compared with as well, where it is another", () => {
    const mine = grant(
      { request: { duration: 1800 } },
      { requester: alice, path: "requests/aws-prod/mine.yml", pullRequest: 9 },
    );
    const found = compare({}, past([grant({}), mine]));
    expect(found.map((one) => one.words)).toEqual([
      "Nothing is different from the last grant of this role (requests/aws-prod/2026-11/old.yml, pull request 12, to bob on 2026-11-20).",
      "Different from the last grant of this role to alice (requests/aws-prod/mine.yml, pull request 9, to alice on 2026-11-20):",
    ]);
    expect(found[1]?.items).toEqual(["Longer: 1h instead of 30m."]);
  });

  test("what the role never had is flagged: repository, workflow, action; and who never had it", () => {
    const other = {
      workflow: { repository_id: repositoryId(19) },
      ...allow(statement(["s3:GetObject"], ["arn:aws:s3:::acme-stale-logs"])),
    };
    expect(items(compare({}, past([grant(other)], { ofWorkflow: null })))).toEqual([
      "Adds action s3:DeleteBucket.",
      "No longer asks for action s3:GetObject.",
      "Another repository: acme/infra, id 20 instead of 19.",
      "alice had this role never before.",
      "Repository acme/infra: for the first time with this role.",
      "Action s3:DeleteBucket: for the first time with this role.",
    ]);
    const file = grant({ binding: { file: ".github/workflows/old.yml" } }, { requester: alice });
    expect(items(compare({}, past([file], { ofWorkflow: null })))).toContain(
      "Workflow .github/workflows/delete-bucket.yml: for the first time with this role.",
    );
  });

  test("what others had and the requester never is flagged for the requester", () => {
    const mine = grant(allow(statement(["s3:GetObject"], ["arn:aws:s3:::acme-stale-logs"])), { requester: alice });
    expect(items(compare({}, past([mine, grant({})])))).toContain(
      "Action s3:DeleteBucket: for the first time with this role for alice.",
    );
  });

  test("where older grants were not looked at, it does not claim a first time", () => {
    const many = past([grant({ binding: { file: ".github/workflows/old.yml" } })]);
    const found = items(compare({}, { ...many, ofRole: { ...many.ofRole, all: false } }));
    expect(found.join("\n")).toContain("not in the last 1 grants with this role");
    expect(found.join("\n")).not.toContain("first time");
  });

  test.each([
    ["2026-11-23T03:59:59Z", true],
    ["2026-11-23T08:00:00Z", false],
    ["2026-11-23T10:59:59Z", false],
    ["2026-11-23T23:00:00Z", true],
  ])("asked at %s by somebody who always got it at 9: unusual is %s", (at, unusual) => {
    const usual = Array.from({ length: 5 }, (_, i) =>
      grant({}, { requester: alice, at: new Date(`2026-11-1${i}T09:10:00Z`) }),
    );
    const found = items(compare({}, past(usual), { at: new Date(at) }));
    expect(found).toEqual(
      unusual ? [`Asked at ${at.slice(11, 13)}h UTC: the last 5 grants to alice came at 09h UTC.`] : [],
    );
  });

  test("four grants are no habit", () => {
    const few = Array.from({ length: 4 }, () => grant({}, { requester: alice }));
    expect(items(compare({}, past(few), { at: new Date("2026-11-23T03:00:00Z") }))).toEqual([]);
  });

  test("a workflow file that changed since it was approved for another role is flagged", () => {
    const last = grant({ workflow: { blob: objectId("1".repeat(40)) } }, { pullRequest: 44 });
    expect(compare({}, past([], { ofWorkflow: last }))).toEqual([
      { words: "First grant of this role.", items: [] },
      {
        words: "Worth a look:",
        items: [
          "The workflow file has changed since it was last approved (pull request 44, 2026-11-20): version dddddddddddd instead of 111111111111.",
        ],
      },
    ]);
  });
});
