import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  gainedReusable,
  gainedStatements,
  gainedWorkflows,
  type Statement,
  statementInside,
  workflowFits,
} from "../../src/access-repo/index.ts";
import { parseReusablePattern, parseWorkflowPattern } from "../../src/access-repo/workflow-pattern.ts";

const few = <T>(item: fc.Arbitrary<T>) => fc.uniqueArray(item, { minLength: 1, maxLength: 3 });
const statement = fc.record({
  actions: few(fc.constantFrom("s3:Get*", "s3:GetObject", "s3:Put*", "s3:*", "iam:PassRole", "*")),
  resources: few(fc.constantFrom("*", "arn:aws:s3:::a", "arn:aws:s3:::a*", "arn:aws:s3:::*", "arn:aws:iam::1:role/x")),
});
const statements = fc.array(statement, { minLength: 1, maxLength: 3 });

describe("C67 what one allow gains over another", () => {
  test("every pair that no old statement holds is told, and no other", () => {
    fc.assert(
      fc.property(statements, statements, (old, now) => {
        const pairs = (of: readonly Statement[]): string[] =>
          of.flatMap(({ actions, resources }) => actions.flatMap((a) => resources.map((r) => `${a} ${r}`)));
        const outside = pairs(now).filter((pair) => {
          const [action = "", resource = ""] = pair.split(" ");
          return !statementInside({ actions: [action], resources: [resource] }, old);
        });
        const { statements: gained, complete } = gainedStatements(old, now);
        expect(complete).toBe(true);
        expect(new Set(pairs(gained))).toEqual(new Set(outside));
      }),
      { numRuns: 300 },
    );
  });

  test("without effort left, equal statements are not gained and others are not known", () => {
    const [one, other] = [
      { actions: ["s3:GetObject"], resources: ["arn:aws:s3:::a"] },
      { actions: ["s3:GetObject"], resources: ["arn:aws:s3:::b"] },
    ];
    expect(gainedStatements([one], [one], { left: 0 })).toEqual({ statements: [], complete: true });
    expect(gainedStatements([one], [other], { left: 0 })).toEqual({ statements: [], complete: false });
  });
});

const part = fc.oneof(
  fc.constant("*"),
  fc.string({ unit: fc.constantFrom("a", "b", "*"), minLength: 1, maxLength: 3 }),
);
const end = fc.constantFrom("", "*");
const ref = fc.tuple(fc.string({ unit: fc.constantFrom("a", "/"), maxLength: 2 }), end);
const workflow = fc
  .tuple(fc.constantFrom("acme", "ACME", "evil"), part, part, ref)
  .map(
    ([owner, repo, file, [stem, star]]) => `${owner}/${repo}/.github/workflows/${file}.yml@refs/heads/a${stem}${star}`,
  );
const parsed = (text: string) => {
  const pattern = parseWorkflowPattern(text);
  if (pattern === undefined) throw new Error(text);
  return pattern;
};

describe("C67 what patterns of workflows gain over others", () => {
  test("what is not gained admits no workflow that the old does not", () => {
    fc.assert(
      fc.property(
        fc.array(workflow, { minLength: 1, maxLength: 3 }),
        workflow,
        fc.constantFrom("c", "a", "ab"),
        (old, now, run) => {
          if (gainedWorkflows(old.map(parsed), [parsed(now)]).length > 0) return;
          // One workflow of the pattern: its wildcards made text.
          const some = parsed(now.replaceAll("*", run));
          const found = { repository: `${some.owner}/${some.repository}`, file: some.file, ref: some.ref };
          expect(workflowFits(parsed(now), found)).toBe(true);
          expect(old.some((pattern) => workflowFits(parsed(pattern), found))).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test.each([
    ["acme/a/.github/workflows/x.yml@refs/heads/main", "acme/*/.github/workflows/*@refs/heads/*", false],
    ["ACME/a/.github/workflows/x.yml@refs/heads/main", "acme/a/.github/workflows/x.yml@refs/heads/main", false],
    ["evil/a/.github/workflows/x.yml@refs/heads/main", "acme/*/.github/workflows/*@refs/heads/*", true],
    ["acme/a/.github/workflows/x.yml@refs/tags/v1", "acme/a/.github/workflows/x.yml@refs/heads/*", true],
    ["acme/a/.github/workflows/*.yml@refs/heads/main", "acme/a/.github/workflows/x.yml@refs/heads/main", true],
  ])("%s over %s: %j", (now, old, gained) => {
    expect(gainedWorkflows([parsed(old)], [parsed(now)]).length > 0).toBe(gained);
    if (!gained) expect(gainedWorkflows([parsed(old)], [parsed(now)], { left: 0 })).toHaveLength(1);
    expect(gainedWorkflows([parsed(now)], [parsed(now)], { left: 0 })).toEqual([]);
  });

  test("reusable workflows likewise, without a ref", () => {
    const of = (text: string) => [parseReusablePattern(text)].filter((pattern) => pattern !== undefined);
    const all = of("acme/p/.github/workflows/*.yml");
    expect(gainedReusable(all, of("acme/p/.github/workflows/x.yml"))).toEqual([]);
    expect(gainedReusable(of("acme/p/.github/workflows/x.yml"), all)).toEqual(all);
  });
});
