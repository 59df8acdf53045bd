import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { globFits, meetsArnEnd, runFits, wildFits } from "../../src/access-repo/glob.ts";

/** Counts how often each pair of a pattern's part and a text's item is asked. */
function count(pattern: readonly string[], text: readonly string[]) {
  const asked = new Map<string, number>();
  let most = 0;
  const parts = pattern.map((symbol, at) => ({ symbol, at }));
  const items = text.map((symbol, at) => ({ symbol, at }));
  const fits = runFits(
    parts,
    items,
    (part) => part.symbol === "*",
    (part, item) => {
      const pair = `${part.at}:${item.at}`;
      const times = (asked.get(pair) ?? 0) + 1;
      asked.set(pair, times);
      most = Math.max(most, times);
      return part.symbol === item.symbol;
    },
  );
  return { fits, steps: asked.size, most };
}

/** The meaning of a glob, tried in all ways. */
function brute(pattern: readonly string[], text: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return text.length === 0;
  if (first === "*") return brute(rest, text) || (text.length > 0 && brute(pattern, text.slice(1)));
  return text[0] === first && brute(rest, text.slice(1));
}

describe("C15 hostile globs", () => {
  test("property: each part meets each item at most once, and the answer is that of trying all ways", () => {
    const symbols = (letters: string, maxLength: number) =>
      fc.array(fc.constantFrom(...letters), { maxLength }).map((list) => list as readonly string[]);
    fc.assert(
      fc.property(symbols("ab**", 9), symbols("ab", 9), (pattern, text) => {
        const { fits, most } = count(pattern, text);
        expect(most).toBeLessThanOrEqual(1);
        expect(fits).toBe(brute(pattern, text));
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ["*a".repeat(200) + "*..b", `${"a".repeat(1000)}..c..b`],
    [`*${"a".repeat(500)}b`, "a".repeat(1000)],
    [`${`*${"a".repeat(20)}`.repeat(20)}b`, "a".repeat(1000)],
    ["*".repeat(1000), "b".repeat(1000)],
  ])("%#: steps are at most pattern times text", (pattern, text) => {
    const { steps, most } = count([...pattern], [...text]);
    expect(most).toBeLessThanOrEqual(1);
    expect(steps).toBeLessThanOrEqual(pattern.length * text.length);
  });
});

test("a glob takes whole texts only", () => {
  expect(globFits("a*c", "abbc")).toBe(true);
  expect(globFits("a*c", "abbcd")).toBe(false);
  expect(globFits("", "")).toBe(true);
  expect(globFits("*", "")).toBe(true);
});

test("property: names of actions fit as trying all ways says", () => {
  const glob = fc.string({ unit: fc.constantFrom(..."ab**?"), maxLength: 8 });
  const takes = (pattern: string, text: string): boolean => {
    if (pattern === "") return text === "";
    if (pattern[0] === "*") return takes(pattern.slice(1), text) || (text !== "" && takes(pattern, text.slice(1)));
    return text !== "" && (pattern[0] === "?" || pattern[0] === text[0]) && takes(pattern.slice(1), text.slice(1));
  };
  fc.assert(
    fc.property(glob, fc.string({ unit: fc.constantFrom(..."ab*"), maxLength: 7 }), (pattern, text) => {
      expect(wildFits(pattern, text)).toBe(takes(pattern, text));
    }),
    { numRuns: 2000 },
  );
});

describe("C67 a pattern and the end of a real ARN, region:account:rest", () => {
  /** All texts over the letters, up to a length. */
  const texts = (letters: string, length: number): string[] => {
    let last = [""];
    const all = [""];
    for (let i = 0; i < length; i++) all.push(...(last = last.flatMap((t) => Array.from(letters, (c) => t + c))));
    return all;
  };
  const real = texts("ab:", 8).filter((text) => text.split(":").length === 3 && !/^:|::/.test(text));
  const glob = (letters: string, maxLength: number) => fc.string({ unit: fc.constantFrom(...letters), maxLength });

  test("meet exactly where some such ARN fits both", () => {
    fc.assert(
      fc.property(glob("ab:*?", 4), glob("ab*?", 2), (pattern, rest) => {
        const witness = real.some((text) => wildFits(pattern, text) && wildFits(rest, text.split(":")[2] ?? ""));
        expect(meetsArnEnd(pattern, rest)).toBe(witness);
      }),
      { numRuns: 500 },
    );
  });
});
