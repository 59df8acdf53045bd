import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasInvisible } from "../../src/base/text.ts";
import { describePlan, issueText, sessionPolicy } from "../../src/plan/index.ts";
import { type Change, inputOf, planOf } from "./world.ts";

const described = (change: Change = {}) => describePlan(planOf(change), inputOf(change).request);
const codes = (change: Change): string[] => planOf(change).risks.map((risk) => risk.code);
const allow = (actions: string[], resources: string[]): Change => ({ request: { allow: [{ actions, resources }] } });

describe("the title", () => {
  test.each<[string, Change]>([
    ["aws-prod/operator 1h: s3:DeleteBucket on acme-stale-logs (OPS-1423)", {}],
    ["aws-prod/operator 90m: all that the role allows (OPS-1423)", { request: { narrowed: false, duration: 5400 } }],
    ["aws-prod/operator 1h: * on * (OPS-1423)", { request: { allow: "everything" } }],
    [
      "aws-prod/operator 1h: s3:Get* +1 on table/x +1 (OPS-1423)",
      allow(["s3:Get*", "s3:Put*"], ["arn:aws:dynamodb:eu-west-1:123456789012:table/x", "arn:aws:s3:::b"]),
    ],
  ])("is %s", (title, change) => expect(described(change).title).toBe(title));

  test("has no bracket without a ticket", () => {
    const { ticket: _, ...request } = inputOf().request;
    expect(describePlan(planOf(), request).title).toBe("aws-prod/operator 1h: s3:DeleteBucket on acme-stale-logs");
  });

  test("keeps target, time and ticket where what is asked is long", () => {
    const { title } = described(allow([`s3:${"Get".repeat(100)}`], ["*"]));
    expect(title).toHaveLength(120);
    expect(title).toMatch(/^aws-prod\/operator 1h: s3:Get.*… \(OPS-1423\)$/);
  });

  test("C62 is one line of at most 120 visible characters, whatever people wrote", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (ticket) => {
        const { title } = described({ request: { ticket } });
        expect(Array.from(title).length).toBeLessThanOrEqual(120);
        expect(hasInvisible(title)).toBe(false);
        expect(title.startsWith("aws-prod/operator 1h: ")).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

describe("the words", () => {
  test("say everything that is resolved", () => {
    expect(described({ request: { start: new Date("2026-11-24T09:00:00Z") } }).lines).toEqual([
      "Reason: Delete the log bucket left behind by the storage migration (OPS-1423)",
      "Role arn:aws:iam::123456789012:role/countersign-operator in eu-west-1, as repository:10:aws:aws-prod:operator.",
      "When: from 2026-11-24T09:00:00Z to 2026-11-24T10:00:00Z, however late the approval comes.",
      "Allows s3:DeleteBucket on arn:aws:s3:::acme-stale-logs.",
      "Workflow .github/workflows/delete-bucket.yml of acme/infra at refs/heads/main, file version dddddddddddd.",
      "Only in environment production.",
      "Started by workflow_dispatch, on github-hosted runners, by Countersign itself.",
      "Started at the merge, with these inputs and no others:",
      'Input bucket = "acme-stale-logs"',
      "Good for one run attempt; sessions of at most 1h.",
    ]);
  });

  test("cut nothing off that is asked", () => {
    const actions = Array.from({ length: 80 }, (_, i) => `s3:Action${i}`);
    const text = described(allow(actions, ["*"])).lines.join("\n");
    for (const action of actions) expect(text).toContain(action);
  });

  test("C62 are one line each", () => {
    const { lines } = described({
      request: { reason: "a\nApproved-by: x\u202e", dispatch: { inputs: { "a\nb": "c\nd" } } },
    });
    for (const line of lines) expect(hasInvisible(line)).toBe(false);
  });
});

describe("the policy that is shown", () => {
  test("is the one that is sent, where the end is known", () => {
    const start = new Date("2026-11-24T09:00:00Z");
    const { data } = planOf({ request: { start } });
    const sent = sessionPolicy(data, new Date("2026-11-24T10:00:00Z"));
    expect(JSON.parse(issueText(described({ request: { start } }).issue))).toEqual(JSON.parse(sent));
  });

  test("names the end where it is not known", () => {
    const shown = issueText(described().issue).replace("<end of the grant>", "2026-11-24T10:00:00Z");
    expect(JSON.parse(shown)).toEqual(JSON.parse(sessionPolicy(planOf().data, new Date("2026-11-24T10:00:00Z"))));
  });
});

describe("notes", () => {
  const quiet: Change = { role: { last_issue_before_end: 900 } };
  test.each<[string[], Change]>([
    [[], quiet],
    [["session_tail"], {}],
    [["not_narrowed"], { ...quiet, request: { narrowed: false } }],
    [["everything"], { ...quiet, request: { allow: "everything" } }],
    [["wildcard_action"], { ...quiet, ...allow(["s3:Get*"], ["arn:aws:s3:::a"]) }],
    [["wildcard_resource"], { ...quiet, ...allow(["s3:GetObject"], ["arn:aws:s3:::a/?"]) }],
    [["persistence_allowed"], { role: { ...quiet.role, allow_persistence: true } }],
    [["any_actor"], { ...quiet, binding: { actor: "any" } }],
    [["self_hosted_runners"], { role: { ...quiet.role, runners: ["self-hosted"] } }],
  ])("%j", (expected, change) => expect(codes(change)).toEqual(expected));

  test("say what AWS does not let us limit, in plain sentences", () => {
    const plain = planOf().notLimited;
    expect(plain[0]).toContain("sts:GetCallerIdentity");
    expect(plain[0]).toContain("15 minutes past the end");
    const persistent = planOf({ role: { allow_persistence: true, last_issue_before_end: 900 } }).notLimited;
    expect(persistent[0]).not.toContain("15 minutes");
    expect(persistent).toHaveLength(plain.length + 1);
    for (const text of [...plain, ...planOf({ role: { allow_persistence: true } }).risks.map((r) => r.text)]) {
      expect(text).toMatch(/^[^\n]+\.$/);
    }
  });
});
