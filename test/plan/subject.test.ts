import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { repositoryId } from "../../src/base/ids.ts";
import { MAX_SUBJECT_BYTES, subjectOf } from "../../src/plan/index.ts";

const kinds = ["aws", "gcp", "azure", "github", "oidc"] as const;
const name = (max: number) => fc.stringMatching(new RegExp(`^[a-z0-9][a-z0-9-]{0,${max - 1}}$`));
const parts = fc.record({
  repository: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }).map(repositoryId),
  kind: fc.constantFrom(...kinds),
  target: name(63),
  role: name(32),
});

describe("C55 the subject", () => {
  test("is ids and kind, never a name that can be registered again", () => {
    expect(subjectOf(repositoryId(7), "aws", "aws-prod", "operator")).toBe("repository:7:aws:aws-prod:operator");
  });

  test("is another one for another kind, target or role", () => {
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        const [x, y] = [a, b].map((p) => subjectOf(p.repository, p.kind, p.target, p.role));
        fc.pre(x !== undefined && y !== undefined);
        expect(x === y).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
      { numRuns: 200 },
    );
    expect(new Set(kinds.map((kind) => subjectOf(repositoryId(7), kind, "a", "b"))).size).toBe(kinds.length);
  });

  test("has at most 126 bytes, or there is none", () => {
    const role = "r".repeat(32);
    // repository:1234567890:github: is 29 characters, the last colon one.
    const id = repositoryId(1234567890);
    expect(subjectOf(id, "github", "t".repeat(63), role)?.length).toBe(29 + 63 + 1 + 32);
    expect(subjectOf(repositoryId(12_345_678_901), "github", "t".repeat(63), role)?.length).toBe(MAX_SUBJECT_BYTES);
    expect(subjectOf(repositoryId(123_456_789_012), "github", "t".repeat(63), role)).toBeUndefined();
  });

  test.each(["a:b", "A", "", "a b", "ä", "-a", "a\n", "r".repeat(64)])("has no place for the name %j", (bad) => {
    expect(subjectOf(repositoryId(7), "aws", bad, "operator")).toBeUndefined();
    expect(subjectOf(repositoryId(7), "aws", "aws-prod", bad)).toBeUndefined();
  });
});
