import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { excerpt } from "../../src/commands/source-excerpt.ts";

const shown = (line: string, column: number, length: number): string[] => {
  const { line: text, carets } = excerpt(line, column, length);
  return [text, carets];
};

describe("the carets stand under the place", () => {
  test.each<[string, string, number, number, string, string]>([
    ["plain", "role: operatr", 7, 7, "role: operatr", "      ^^^^^^^"],
    ["tabs before it", "a:\tb\tcc", 6, 2, "a:  b   cc", "        ^^"],
    ["a tab itself", "a\tb", 2, 1, "a   b", " ^^^"],
    ["wide characters before it", "r: 日本 x", 7, 1, "r: 日本 x", "        ^"],
    ["a wide character itself", "r: 日 x", 4, 1, "r: 日 x", "   ^^"],
    ["an emoji of two units", "r: 😀 x", 7, 1, "r: 😀 x", "      ^"],
    ["within a character", "r: 😀 x", 5, 1, "r: 😀 x", "   ^^"],
    ["half of a pair alone", "r: \ud83d x", 4, 1, "r: <U+D83D> x", "   ^^^^^^^^"],
    ["a combining character before it", "r: e\u0301a x", 6, 1, "r: e\u0301a x", "    ^"],
    ["a hidden character", "x\u202ey", 2, 1, "x<U+202E>y", " ^^^^^^^^"],
    ["the end of the line", "abc", 4, 1, "abc", "   ^"],
    ["far past the end", "abc", 9, 5, "abc", "   ^"],
    ["an empty line", "", 1, 1, "", "^"],
    ["longer than the line", "abc", 2, 99, "abc", " ^^"],
  ])("%s", (_, line, column, length, text, carets) => expect(shown(line, column, length)).toEqual([text, carets]));
});

describe("a long line is shown around the place", () => {
  test("in its middle", () => {
    const [text = "", carets = ""] = shown(`${"a".repeat(500)}XY${"b".repeat(500)}`, 501, 2);
    expect(text).toMatch(/^…a{40}XYb+…$/);
    expect(text).toHaveLength(102);
    expect(carets).toBe(`${" ".repeat(41)}^^`);
  });
  test("at its start and its end", () => {
    expect(shown(`XY${"b".repeat(500)}`, 1, 2)).toEqual([`XY${"b".repeat(98)}…`, "^^"]);
    const [text = "", carets = ""] = shown(`${"a".repeat(65_000)}XYZ`, 65_001, 3);
    expect(text).toBe(`…${"a".repeat(97)}XYZ`);
    expect(carets).toBe(`${" ".repeat(98)}^^^`);
  });
  test("a place longer than what is shown", () =>
    expect(shown("a".repeat(500), 1, 500)).toEqual([`${"a".repeat(100)}…`, "^".repeat(100)]));
});

describe("C62 a line of people is text", () => {
  test("whatever it holds", () => {
    const unit = fc.oneof(
      fc.constantFrom("\u001b[2J", "\t", "##[add-mask]", "\u0301", "日", "\u2028", "😀", "::"),
      fc.string({ unit: "binary" }),
    );
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 60 }), fc.nat(200), fc.nat(200), (parts, column, length) => {
        const { line, carets } = excerpt(parts.join("").replaceAll("\n", ""), column + 1, length);
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|##\[/u);
        expect(carets).toMatch(/^ *\^+$/);
        expect(carets.length).toBeLessThanOrEqual(102);
      }),
    );
  });
  test("a tower of combining characters does not paint over other lines", () => {
    expect(shown(`e${"\u0301".repeat(50)}`, 1, 1)[0]).toMatch(/^e\u0301{3}<U\+0301>/);
  });
  test("what a runner takes for a command is broken, and the carets move along", () => {
    expect(shown("##[group]x", 10, 1)).toEqual(["## [group]x", "          ^"]);
  });
});
