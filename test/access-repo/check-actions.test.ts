import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import {
  type ActionCatalogue,
  actionsOfRequest,
  actionsOfTarget,
  checkActions,
  eachSlipOnce,
  type Diagnostic,
  parseRequest,
  parseTarget,
  servicesOf,
} from "../../src/access-repo/index.ts";
import { checkedAs, prefixOf } from "../../src/access-repo/aws-names.ts";
import { isAction } from "../../src/access-repo/statement-syntax.ts";
import { openCatalogue } from "../../src/action-catalogue/index.ts";
import { requestText, targetText } from "./examples.ts";
import { placed, valueOf } from "./expect-codes.ts";

let aws: ActionCatalogue;
beforeAll(async () => {
  aws = await (await openCatalogue()).load(["s3", "ec2", "iam", "lambda", "kms", "sns", "sqs", "vpc-lattice"]);
});

/** What is found about one action, at the start of a file. */
const about = (action: string, catalogue = aws): Diagnostic | undefined =>
  checkActions({ named: [{ action, where: [] }], file: "x.yml", catalogue })[0];

const asking = (actions: string): string => requestText.replace('actions: ["s3:DeleteBucket"]', `actions: ${actions}`);
const path = "requests/aws-prod/2026-11/delete-stale-logs.yml";

function checkRequestText(text: string, target?: string): readonly Diagnostic[] {
  const parsed = parseRequest(text, path);
  if (!parsed.ok) return expect.fail(parsed.diagnostics.map((d) => d.message).join("\n"));
  const policy = target === undefined ? undefined : valueOf(parseTarget(target, "targets/aws-prod.yml"));
  return checkActions({ named: actionsOfRequest(parsed.value, policy), file: path, at: parsed.at, catalogue: aws });
}
function checkTargetText(text: string): readonly Diagnostic[] {
  const parsed = parseTarget(text, "targets/aws-prod.yml");
  if (!parsed.ok || parsed.at === undefined) return expect.fail("does not parse");
  return checkActions({
    named: actionsOfTarget(parsed.value),
    file: "targets/aws-prod.yml",
    at: parsed.at,
    catalogue: aws,
  });
}

describe("what AWS has is accepted", () => {
  test.each(["s3:DeleteBucket", "S3:deletebucket", "s3:*", "s3:Get*", "ec2:*Instance?", "*", "iam:?assRole"])(
    "%s",
    (action) => expect(about(action)).toBeUndefined(),
  );
  test("the examples of the design", () => {
    expect(checkRequestText(requestText)).toEqual([]);
    expect(checkTargetText(targetText)).toEqual([]);
  });
});

describe("what AWS does not have is an error with the nearest names", () => {
  test.each([
    ["s3:DeletBucket", "Did you mean s3:DeleteBucket?", "s3:DeleteBucket"],
    ["S3:DELETEBUKCET", "Did you mean s3:DeleteBucket?", "s3:DeleteBucket"],
    ["ec2:DescribeInstance", "Did you mean ec2:DescribeInstances?", "ec2:DescribeInstances"],
    ["ec2:Descrbe*", "Did you mean ec2:Describe*?", '"ec2:Describe*"'],
    ["iam:PasRole", "Did you mean iam:PassRole?", "iam:PassRole"],
    ["s3:ListObjectsV2", "AWS checks s3:ListBucket for this operation.", "s3:ListBucket"],
    ["s3:ListBuckets", "AWS checks s3:ListAllMyBuckets for this operation.", "s3:ListAllMyBuckets"],
    ["s4:GetObject", /^Did you mean the service .*s3/, undefined],
    ["stepfunctions:StartExecution", "The prefix of stepfunctions is states.", undefined],
    ["s3:PutObjectAclz*", "Did you mean s3:PutObjectAcl*?", '"s3:PutObjectAcl*"'],
    // Near, but more than a slip: a person may take the hint, a machine does not.
    ["s3:DeleteBucketXyz", "Did you mean s3:DeleteBucket?", undefined],
    ["s3:*xyzzy", /Service Authorization Reference/, undefined],
    ["s3:Xyzzyplugh", /Service Authorization Reference/, undefined],
    ["xyzzyplughxyzzy:Get", /Service Authorization Reference/, undefined],
  ])("%s", (action, hint, fix) => {
    const found = checkActions({
      named: [{ action, where: [] }],
      file: "x.yml",
      at: () => ({ line: 3, column: 7, length: action.length }),
      catalogue: aws,
    })[0];
    expect(found).toMatchObject({ code: "CS2028", severity: "error", file: "x.yml", line: 3, column: 7 });
    expect(found?.hint).toMatch(hint);
    expect(found?.fix).toBe(fix);
  });
  test("names that are equally near are all told, and no machine chooses one", () => {
    // AttachRolePolicy and DetachRolePolicy are both two letters away.
    const found = about("iam:tachRolePolicy");
    expect(found?.hint).toBe("Did you mean iam:AttachRolePolicy or iam:DetachRolePolicy?");
    expect(found?.fix).toBeUndefined();
  });
  test("the message says what is wrong", () => {
    expect(about("s3:DeletBucket")?.message).toBe('"s3:DeletBucket" is not an action of s3.');
    expect(about("s3:Delet*Bucke")?.message).toBe('"s3:Delet*Bucke" takes no action of s3.');
    expect(about("s4:x")?.message).toBe('AWS has no service "s4".');
  });
  test("a letter that only looks like one, or becomes one in lower case, is another letter", () => {
    // KELVIN SIGN, LATIN SMALL LETTER LONG S, LATIN CAPITAL LETTER I WITH DOT ABOVE
    for (const action of ["\u212Ams:Decrypt", "\u017F3:GetObject", "s3:L\u0130stBucket", "kms:decrypt\u212A"]) {
      const named = ["kms:Decrypt", "s3:GetObject", action].map((text) => ({ action: text, where: [] }));
      expect(checkActions({ named, file: "x.yml", catalogue: aws }).map((d) => d.code)).toEqual(["CS2028"]);
    }
  });
  test.each([
    "__proto__:x",
    "constructor:constructor",
    "s3:__proto__",
    "s3:constructor",
    "s3:toString",
    "",
    ":",
    "s3:",
  ])("%j is nothing", (action) => expect(about(action)?.code).toBe("CS2028"));
});

test("C14 fuzz: whatever an action is, it is known or a finding, never a throw", () => {
  const part = fc.oneof(
    fc.string({ unit: "binary", maxLength: 5 }),
    fc.constantFrom("s3", "ec2", "*", "?", "Get", ":"),
  );
  const action = fc.array(part, { maxLength: 6 }).map((parts) => parts.join(""));
  const loaded = new Set(["s3", "ec2"]);
  fc.assert(
    fc.property(fc.array(action, { maxLength: 5 }), (actions) => {
      const services = [...servicesOf([{ actions }])];
      if (services.some((service) => aws.services.has(service) && !loaded.has(service))) return;
      const named = actions.map((text, i) => ({ action: text, where: ["allow", i] }));
      const found = checkActions({ named, file: "x.yml", catalogue: aws });
      expect(found.every((d) => d.code === "CS2028" && d.severity === "error" && d.hint !== "")).toBe(true);
    }),
    { numRuns: 200 },
  );
});

describe("findings stand where the action is written", () => {
  test("in allow, and in the short form", () => {
    const text = asking('["s3:Get*", "s3:DeletBucket"]');
    expect(placed(checkRequestText(text))).toEqual(["5:32 CS2028"]);
    expect(checkRequestText(text)[0]).toMatchObject({ length: 16, fix: "s3:DeleteBucket" });
    const short = requestText.replace(
      /allow: .*\n/,
      "actions: [s3:DeletBucket]\nresources: ['arn:aws:s3:::acme-stale-logs']\n",
    );
    expect(placed(checkRequestText(short))).toEqual(["5:11 CS2028"]);
  });
  test("the fix takes the place of value and quotes, so that the mended file parses and is fine", () => {
    const text = asking('["s3:Get*", "s3:DeletBucket"]');
    const [found] = checkRequestText(text);
    if (found?.fix === undefined) return expect.fail("no fix");
    const lines = text.split("\n");
    const line = lines[found.line - 1] ?? "";
    lines[found.line - 1] = line.slice(0, found.column - 1) + found.fix + line.slice(found.column - 1 + found.length);
    expect(lines.join("\n")).toContain('["s3:Get*", s3:DeleteBucket]');
    expect(checkRequestText(lines.join("\n"))).toEqual([]);
  });
  test("an escaped spelling gets a hint but no fix, which would replace something else", () => {
    const [found] = checkRequestText(asking(String.raw`["\x733:DeletBucket"]`));
    expect(found?.hint).toContain("s3:DeleteBucket");
    expect(found?.fix).toBeUndefined();
  });
  test("in a set: at the set's name, without a fix, since the slip is in another file", () => {
    const target = targetText.replace('actions: ["s3:GetObject"]', 'actions: ["s3:GetObjekt"]');
    const text = requestText.replace(/allow: .*\n/, "sets: [tf-state]\n");
    const [found] = checkRequestText(text, target);
    expect(found).toMatchObject({ line: 5, column: 8, code: "CS2028" });
    expect(found?.message).toBe('"s3:GetObjekt" is not an action of s3 (set tf-state).');
    expect(found?.fix).toBeUndefined();
  });
  test("in a target: roles, auto_approve and sets", () => {
    const text = targetText
      .replace('"s3:DeleteBucket"', '"s3:DeletBucket"')
      .replace('30m, actions: ["s3:Get*"]', '30m, actions: ["s3:Gte*"]')
      .replace('actions: ["s3:GetObject"]', 'actions: ["s3:GetObjekt"]');
    const found = checkTargetText(text);
    const lines = text.split("\n");
    const written = found.map((d) => lines[d.line - 1]?.slice(d.column - 1, d.column - 1 + d.length));
    expect(written).toEqual(['"s3:DeletBucket"', '"s3:Gte*"', '"s3:GetObjekt"']);
    expect(found.map((d) => d.fix)).toEqual(["s3:DeleteBucket", '"s3:Get*"', "s3:GetObject"]);
  });
  test('a role of ["*"] and targets of other kinds name nothing', () => {
    const text = targetText.replace(/ {4}allow:\n.*\n.*\n/, '    allow: ["*"]\n').replace(/sets:[^]*/, "");
    const named = actionsOfTarget(valueOf(parseTarget(text, "targets/aws-prod.yml")));
    expect(named.map(({ action }) => action)).toEqual(["s3:Get*"]);
  });
});

describe("servicesOf", () => {
  test("prefixes of all statements, lower case, each once; a lone * and malformed text name none", () => {
    const statements = [{ actions: ["S3:Get*", "s3:x", "*"] }, { actions: ["ec2:*", "../x:y", "s3", ""] }];
    expect([...servicesOf(statements)]).toEqual(["s3", "ec2"]);
  });
  test("a service that was not loaded is a programming error, never an accepted or refused action", () => {
    expect(() => about("glue:CreateJob")).toThrow(RangeError);
  });
});

describe("against brute force", () => {
  /** What a pattern takes, by the plainest means. */
  const takes = (pattern: string, text: string): boolean => {
    if (pattern === "") return text === "";
    const rest = pattern.slice(1);
    if (pattern[0] === "*") return takes(rest, text) || (text !== "" && takes(pattern, text.slice(1)));
    return text !== "" && (pattern[0] === "?" || pattern[0] === text[0]) && takes(rest, text.slice(1));
  };
  test("a pattern is accepted exactly where some action of the service fits it", () => {
    const names = [...aws.actionsOf("s3").keys()];
    // Real names with some letters changed or made wild: about half of them still take something.
    const pattern = fc
      .tuple(
        fc.constantFrom(...names),
        fc.array(fc.tuple(fc.nat(40), fc.constantFrom("*", "*", "*", "?", "", "x", "E")), { maxLength: 3 }),
      )
      .map(([name, edits]) =>
        edits.reduce((text, [at, by]) => text.slice(0, at) + by + text.slice(at + (by === "*" ? 4 : 1)), name),
      )
      .filter((name) => isAction(`s3:${name}`));
    let accepted = 0;
    fc.assert(
      fc.property(pattern, (name) => {
        const expected = names.some((action) => takes(name.toLowerCase(), action));
        if (expected) accepted++;
        expect(about(`s3:${name}`) === undefined).toBe(expected);
      }),
      { numRuns: 400 },
    );
    expect(accepted).toBeGreaterThan(50);
    expect(accepted).toBeLessThan(400);
  });
  test("every fix is an action or a pattern that AWS has", () => {
    const names = [...aws.actionsOf("iam").values()].map(({ name }) => name);
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.nat(30),
        fc.constantFrom("", "q"),
        fc.boolean(),
        (name, at, by, wild) => {
          const slip = `iam:${name.slice(0, at)}${by}${name.slice(at + 1)}${wild ? "*" : ""}`;
          const fix = checkActions({
            named: [{ action: slip, where: [] }],
            file: "x.yml",
            at: () => ({ line: 1, column: 1, length: slip.length }),
            catalogue: aws,
          })[0]?.fix;
          if (fix !== undefined) expect(about(fix.replaceAll('"', ""))).toBeUndefined();
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("the whole of AWS", () => {
  test("every action can be written in a file, and what the tables of hints name exists", async () => {
    const source = await openCatalogue();
    const { services } = await source.load([]);
    const whole = await source.load(services);
    const all = [...services].flatMap((s) => [...whole.actionsOf(s).values()].map((a) => `${s}:${a.name}`));
    expect(all.length).toBeGreaterThan(20_000);
    expect(all.filter((action) => !isAction(action))).toEqual([]);
    expect([...prefixOf].filter(([said, real]) => services.has(said) || !services.has(real))).toEqual([]);
    expect([...checkedAs].filter(([said, real]) => !about(said, whole) || about(real, whole))).toEqual([]);
  });
});

describe("a hostile file is bounded work", () => {
  test("thousands of unknown actions: at most 100 findings, hints for the first ten, and nothing is judged after that", () => {
    let asked = 0;
    const counting: ActionCatalogue = {
      services: aws.services,
      actionsOf: (service) => {
        asked++;
        return aws.actionsOf(service);
      },
    };
    const named = Array.from({ length: 5000 }, (_, i) => ({ action: `ec2:DescribeInstance${i}`, where: ["allow", i] }));
    const found = checkActions({ named, file: "x.yml", catalogue: counting });
    expect(found).toHaveLength(100);
    expect(found.filter((d) => d.hint.startsWith("Did you mean"))).toHaveLength(10);
    expect(asked).toBeLessThanOrEqual(110); // once for each finding, once more for each hint
  });
  test("patterns that are slow and yet fine: too many of them are an error, since what is not compared is not accepted", () => {
    const last = [...aws.actionsOf("ec2").keys()].at(-1) ?? "";
    const named = Array.from({ length: 4000 }, (_, i) => {
      const letters = Array.from(last.slice(0, 12), (letter, j) => ((i >> j) & 1 ? letter : "?"));
      return { action: `ec2:*${letters.join("")}*`, where: [] };
    });
    const found = checkActions({ named, file: "x.yml", catalogue: aws });
    expect(found.map((d) => [d.code, d.severity])).toEqual([["CS1012", "error"]]);
    expect(checkActions({ named: named.slice(0, 220), file: "x.yml", catalogue: aws })).toEqual([]);
  });
  test("one action thousands of times is looked up once", () => {
    let asked = 0;
    const counting: ActionCatalogue = {
      services: aws.services,
      actionsOf: (service) => {
        asked++;
        return aws.actionsOf(service);
      },
    };
    const named = Array.from({ length: 5000 }, () => ({ action: "ec2:*x*e*", where: [] }));
    expect(checkActions({ named, file: "x.yml", catalogue: counting })).toEqual([]);
    expect(asked).toBe(2);
  });
});

test("a slip is told once: as unknown, not as outside the role as well", () => {
  const found = (code: string, column: number) => ({
    file: "x.yml",
    line: 5,
    column,
    length: 1,
    severity: "error" as const,
    code,
    message: "",
    hint: "",
  });
  const all = [found("CS2016", 11), found("CS2016", 30), found("CS2028", 11), found("CS2017", 11)];
  expect(eachSlipOnce(all).map((d) => `${d.code} ${d.column}`)).toEqual(["CS2016 30", "CS2028 11", "CS2017 11"]);
});
