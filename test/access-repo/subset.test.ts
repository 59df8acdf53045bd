import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { actionInside, resourceInside, statementInside } from "../../src/access-repo/index.ts";
import { globsMeet } from "../../src/access-repo/glob.ts";
import { fieldInside } from "../../src/access-repo/subset.ts";

/** What a pattern takes, by the plainest means: try every text. */
function takes(pattern: string, text: string): boolean {
  if (pattern === "") return text === "";
  const rest = pattern.slice(1);
  if (pattern[0] === "*") return takes(rest, text) || (text !== "" && takes(pattern, text.slice(1)));
  return text !== "" && (pattern[0] === "?" || pattern[0] === text[0]) && takes(rest, text.slice(1));
}
const texts = (alphabet: string, length: number): string[] => {
  let last = [""];
  const all = [""];
  for (let i = 0; i < length; i++) all.push(...(last = last.flatMap((t) => Array.from(alphabet, (c) => t + c))));
  return all;
};
const short = texts("abc", 5);
const patternOf = (alphabet: string) => fc.string({ unit: fc.constantFrom(...Array.from(alphabet)), maxLength: 4 });

describe("C67 the subset test against brute force over short strings", () => {
  test("never unsound, with * and ?", () => {
    fc.assert(
      fc.property(patternOf("ab*?"), patternOf("ab*?"), (request, allowed) => {
        if (!fieldInside(request, allowed)) return;
        expect(short.filter((t) => takes(request, t) && !takes(allowed, t))).toEqual([]);
      }),
      { numRuns: 3000 },
    );
  });

  test("complete without ?", () => {
    // `c` stands in no pattern, so it is the fresh symbol that would show a difference.
    fc.assert(
      fc.property(patternOf("ab*"), patternOf("ab*"), (request, allowed) => {
        const inside = !short.some((t) => takes(request, t) && !takes(allowed, t));
        expect(fieldInside(request, allowed)).toBe(inside);
      }),
      { numRuns: 3000 },
    );
  });

  test("two patterns meet exactly where some text fits both", () => {
    fc.assert(
      fc.property(patternOf("ab*?"), patternOf("ab*?"), (a, b) => {
        const witness = texts("ab", 8).some((t) => takes(a, t) && takes(b, t));
        expect(globsMeet(a, b)).toBe(witness);
      }),
      { numRuns: 300 },
    );
  });
});

describe("C67 subset tricks are refused", () => {
  test.each([
    ["arn:aws:s3:::acme-*", "arn:aws:s3:::acme-?", "a run under one character"],
    ["arn:aws:s3:::acme-?", "arn:aws:s3:::acme-a", "one character under a literal"],
    ["arn:aws:s3:::*", "arn:aws:s3:::acme-*", "wider"],
    ["*", "arn:aws:s3:::*", "all under one service"],
    ["arn:aws:s3", "arn:aws:s3:::*", "a short ARN, which AWS completes with wildcards"],
    ["arn:aws:s3:::", "arn:aws:s3:::*", "an empty resource"],
    ["acme-logs", "*", "no ARN"],
    ["arn:*:s3:::acme-logs", "*", "a wildcard in the partition"],
    ["arn:aws:s*:::acme-logs", "*", "a wildcard in the service"],
    ["arn:aws:s3:::${aws:username}", "*", "a variable, which AWS expands later"],
    ["arn:aws:s3:::acme-${*}", "arn:aws:s3:::acme-*", "an escaped variable"],
    ["arn:aws:s3:::acme logs", "*", "white space"],
    ["arn:aws:s3:::acme-lögs", "*", "not ASCII"],
    ["arn:aws:s3:::acme-\u0430", "arn:aws:s3:::acme-*", "a Cyrillic letter"],
    ["arn:aws:s3:::ACME-logs", "arn:aws:s3:::acme-*", "case of an ARN"],
    ["arn:aws:s3:eu-west-1::acme-x", "arn:aws:s3:::acme-*", "a region where none is"],
    [
      "arn:aws:ec2:*:123456789012:security-group/x",
      "arn:aws:ec2:eu-west-1:123456789012:security-group/*",
      "any region",
    ],
    ["arn:aws:ec2:eu-west-1:*:security-group/x", "arn:aws:ec2:eu-west-1:123456789012:security-group/*", "any account"],
    [
      "arn:aws:ec2:eu-west-1:1:2:security-group/x",
      "arn:aws:ec2:eu-west-1:1*:security-group/x",
      "a field border inside *",
    ],
    ["arn:aws:s3:::a:b", "arn:aws:s3::*:b", "a colon of the resource as a border"],
    ["arn:aws-cn:s3:::acme-x", "arn:aws:s3:::acme-*", "another partition"],
  ])("%s is not inside %s: %s", (request, allowed) => expect(resourceInside(request, allowed)).toBe(false));

  test.each([
    ["arn:aws:s3:::acme-logs", "arn:aws:s3:::acme-*"],
    ["arn:aws:s3:::acme-*/x*", "arn:aws:s3:::acme-*"],
    ["arn:aws:s3:::acme-l?gs", "arn:aws:s3:::acme-????"],
    ["arn:aws:logs:eu-west-1:123456789012:log-group:a:b", "arn:aws:logs:*:123456789012:log-group:*"],
    ["arn:aws:s3:::acme-logs", "*"],
    ["*", "*"],
  ])("%s is inside %s", (request, allowed) => expect(resourceInside(request, allowed)).toBe(true));

  test.each([
    ["s3:getobject", "s3:Get*", true],
    ["S3:GetObject", "s3:get*", true],
    ["s3:*", "s3:Get*", false],
    ["s3:Get?bject", "s3:Get*", true],
    ["s*:GetObject", "*", false],
    ["*", "*", true],
    ["*", "s3:*", false],
    ["s3:GetObject ", "s3:*", false],
    ["s3:Get:Object", "s3:*", false],
    ["s3:", "*", false],
    ["s3:GetObject\u0130", "s3:*", false],
  ])("action %s in %s: %s", (request, allowed, inside) => expect(actionInside(request, allowed)).toBe(inside));

  test("an action of one statement with a resource of another is outside", () => {
    const allowed = [
      { actions: ["s3:GetObject"], resources: ["arn:aws:s3:::a/*"] },
      { actions: ["s3:PutObject"], resources: ["arn:aws:s3:::b/*"] },
    ];
    expect(statementInside({ actions: ["s3:GetObject"], resources: ["arn:aws:s3:::a/x"] }, allowed)).toBe(true);
    expect(statementInside({ actions: ["s3:PutObject"], resources: ["arn:aws:s3:::a/x"] }, allowed)).toBe(false);
    expect(
      statementInside({ actions: ["s3:GetObject", "s3:PutObject"], resources: ["arn:aws:s3:::a/x"] }, allowed),
    ).toBe(false);
  });

  test("nothing asked for is not inside, and everything takes only what is well formed", () => {
    expect(statementInside({ actions: [], resources: ["*"] }, "everything")).toBe(false);
    expect(statementInside({ actions: ["s3:*"], resources: ["*"] }, "everything")).toBe(true);
    expect(statementInside({ actions: ["s3:*"], resources: ["arn:aws:s3"] }, "everything")).toBe(false);
  });

  test("a hostile pair of patterns takes no time", () => {
    const started = performance.now();
    fieldInside(`${"a".repeat(900)}c`, `${"*a".repeat(400)}*b`);
    globsMeet(`${"*a".repeat(60)}b`, `${"*?a".repeat(40)}c`);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
