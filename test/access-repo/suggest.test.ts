import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { adviseKey, clearlyMeant, distance } from "../../src/access-repo/suggest.ts";

/** Edits and swaps of neighbours by their definition, every cell filled. */
function plainDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number): number => rows[i]?.[j] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= a.length; i++) {
    rows.push([i]);
    for (let j = 1; j <= b.length; j++) {
      const swap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      rows[i]?.push(
        Math.min(
          at(i - 1, j) + 1,
          at(i, j - 1) + 1,
          at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1),
          swap ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
  }
  return at(a.length, b.length);
}

describe("what was meant", () => {
  test("the distance is that of its definition, up to where it is cut off", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 9 });
    fc.assert(
      fc.property(word, word, fc.nat(9), (a, b, most) => {
        expect(distance(a, b, most)).toBe(Math.min(plainDistance(a, b), most + 1));
      }),
      { numRuns: 5000 },
    );
  });

  test("a machine writes what is one slip away, and only if nothing else is as near", () => {
    expect(clearlyMeant("duratoin", ["duration", "runs"])).toBe("duration");
    // Two edits, and the opposite: who approves nothing, and who approves besides.
    expect(clearlyMeant("auto_approved_by", ["also_approved_by", "auto_approve"])).toBeUndefined();
    expect(clearlyMeant("ruts", ["runs", "rets"])).toBeUndefined();
  });

  test("a key that stands there already is not written twice", () => {
    expect(adviseKey("rols", ["role", "reason"], () => false)).toEqual({ hint: 'Did you mean "role"?', fix: "role" });
    expect(adviseKey("rols", ["role", "reason"], (key) => key === "role")).toEqual({ hint: 'Did you mean "role"?' });
  });
});
