import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkRequest, parseRequest, parseRequestPath, parseTarget, type Policy } from "../../src/access-repo/index.ts";
import { leastPolicySize } from "../../src/access-repo/session-size.ts";
import { policyDocument } from "../../src/plan/session-policy.ts";
import { normalStatements } from "../../src/plan/statements.ts";
import { loadedPolicy } from "./examples.ts";
import { placed, valueOf } from "./expect-codes.ts";

const head = "version: 1\nrole: r\nreason: Delete the old log bucket\nduration: 1h\n";
const workflow = "workflow: { repository: acme/infra, file: .github/workflows/x.yml, ref: refs/heads/main }\n";
const list = (values: readonly string[]): string => `[${values.map((value) => `"${value}"`).join()}]`;
const statement = (actions: readonly string[], resources: readonly string[] = ["*"]): string =>
  `{ actions: ${list(actions)}, resources: ${list(resources)} }`;
const many = (count: number, of: (i: number) => string): readonly string[] =>
  Array.from({ length: count }, (_, i) => of(i));

/** A request of the role `r` of an aws target: `role` are lines of the role, `sets` the target's. */
function check(ask: string, role: string, sets = "{}") {
  const target = valueOf(
    parseTarget(
      `version: 1\ncloud: aws\nregion: eu-west-1\nroles: { r: { role_arn: "arn:aws:iam::123456789012:role/x", max_duration: 4h, ${role} } }\nsets: ${sets}\n`,
      "targets/aws-prod.yml",
    ),
  );
  const policy: Policy = { ...loadedPolicy(), targets: new Map([["aws-prod", target]]) };
  const parsed = parseRequest(head + workflow + ask, "requests/aws-prod/x.yml");
  if (!parsed.ok) expect.fail(placed(parsed.diagnostics).join("\n"));
  const path = parseRequestPath("requests/aws-prod/x.yml");
  if (path === undefined) expect.fail("path");
  return checkRequest({ file: parsed.value, at: parsed.at, path, policy, now: new Date(0), merged: true });
}

describe("C15 what is asked for is bounded before it is compared", () => {
  const everything = 'allow: ["*"]';

  test("what no session policy holds is refused with by how much and the longest entry, wherever it was asked for", () => {
    const long = many(50, (i) => `arn:aws:s3:::${"a".repeat(60)}${i}`);
    const own = check(`actions: ["s3:GetObject"]\nresources: ${list(long)}\n`, everything);
    expect(placed(own.diagnostics)).toEqual(["6:1 CS2030"]);
    expect(own.diagnostics[0]?.message).toMatch(
      /at least 18\d\d characters over the 2048 .* is "arn:aws:s3:::a{60}10" \(75 characters\)/,
    );
    const set = `{ big: [${statement(["s3:GetObject"], long)}] }`;
    expect(placed(check("sets: [big]\n", everything, set).diagnostics)).toEqual(["6:1 CS2030"]);
    const whole = check("", `allow: [${statement(["s3:GetObject"], long)}]`);
    expect(placed(whole.diagnostics)).toEqual(["2:7 CS2030"]);
    expect(whole.diagnostics[0]?.hint).toContain("with allow");
  });

  test("property: no statements that fit are counted as too long", () => {
    const statements = fc.array(
      fc.record({
        actions: fc.array(fc.constantFrom("s3:Get*", "S3:get*", "s3:PutObject", "a:b"), { minLength: 1, maxLength: 5 }),
        resources: fc.array(fc.constantFrom("*", "arn:aws:s3:::a", "arn:aws:s3:::b"), { minLength: 1, maxLength: 4 }),
      }),
      { minLength: 1, maxLength: 20 },
    );
    fc.assert(
      fc.property(statements, (asked) => {
        const policy = JSON.stringify(policyDocument({ statements: normalStatements(asked) }, "2026-11-24T09:00:00Z"));
        expect(leastPolicySize(asked)).toBeLessThanOrEqual(policy.length);
      }),
    );
  });

  test("a set that is named twenty times is one set", () => {
    const sets = `{ a: [${statement(["s3:GetObject"])}] }`;
    const checked = valueOf(check(`sets: [${"a,".repeat(20)}]\n`, `${everything}, allow_persistence: true`, sets));
    expect(checked.allow).toHaveLength(1);
  });

  test("patterns that are made to be slow are an error where they would be inside, since what is not compared is not accepted", () => {
    const slow = (i: number) => `arn:aws:s3:::*${"a".repeat(480)}${i}*`;
    const role = (count: number) =>
      `allow: [${statement(["s3:GetObject"], [...many(count, slow), "arn:aws:s3:::a*"])}]`;
    const ask = `actions: ["s3:GetObject"]\nresources: ["arn:aws:s3:::${"a".repeat(900)}"]\n`;
    expect(placed(check(ask, role(90)).diagnostics)).toEqual(["6:1 CS1012"]);
    expect(check(ask, role(2)).ok).toBe(true);
  });

  test("the largest role and request that people have use a small part of that", () => {
    const services = ["ec2", "s3", "logs", "iam"];
    const actions = (service: string) => many(100, (i) => `${service}:Describe${"x".repeat(i % 17)}${i}*`);
    const resources = many(50, (i) => `arn:aws:s3:::acme-${"team".repeat(i % 5)}-${i}-*`);
    const role = `allow: [${services.flatMap((s) => [statement(actions(s), resources), statement(actions(s))]).join()}]`;
    const ask = `actions: ${list(many(16, (i) => `s3:Describe${"x".repeat(i)}${i}y`))}\nresources: ${list(many(15, (i) => `arn:aws:s3:::acme-${"team".repeat(i % 5)}-${i}-x/*`))}\n`;
    expect(placed(check(ask, role).diagnostics)).toEqual([]);
  });

  test("statements outside are told one by one, the first twenty", () => {
    const ask = `allow: [${many(40, (i) => statement([`a:b${i}`])).join()}]\n`;
    const checked = check(ask, `allow: [${statement(["s3:GetObject"])}]`);
    expect(new Set(checked.diagnostics.map((d) => d.code))).toEqual(new Set(["CS2016"]));
    expect(checked.diagnostics).toHaveLength(21);
  });
});
