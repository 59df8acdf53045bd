import * as fc from "fast-check";
import { expect, test } from "vitest";
import { maximumMatching } from "../../src/approval/matching.ts";

/** The most slots that any assignment fills, by trying all of them. */
function best(edges: readonly (readonly number[])[], from = 0, taken: ReadonlySet<number> = new Set()): number {
  const options = edges[from];
  if (options === undefined) return 0;
  const used = options
    .filter((right) => !taken.has(right))
    .map((right) => 1 + best(edges, from + 1, new Set([...taken, right])));
  return Math.max(best(edges, from + 1, taken), ...used);
}

const graph = fc.array(fc.uniqueArray(fc.nat({ max: 5 }), { maxLength: 6 }), { maxLength: 6 });

test("C24 fills as many slots as any assignment could, nobody twice, nobody who does not fit", () => {
  fc.assert(
    fc.property(graph, (edges) => {
      const result = maximumMatching(edges);
      expect(result).toHaveLength(edges.length);
      const used = result.filter((right) => right !== null);
      expect(new Set(used).size).toBe(used.length);
      for (const [left, right] of result.entries()) if (right !== null) expect(edges[left]).toContain(right);
      expect(used.length).toBe(best(edges));
    }),
    { numRuns: 500 },
  );
});

test("another person never makes fewer slots filled", () => {
  fc.assert(
    fc.property(graph, fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }), (edges, fits) => {
      const more = edges.map((options, left) => (fits[left] ? [...options, 99] : options));
      const filled = (of: typeof edges): number => maximumMatching(of).filter((right) => right !== null).length;
      expect(filled(more)).toBeGreaterThanOrEqual(filled(edges));
    }),
    { numRuns: 200 },
  );
});
