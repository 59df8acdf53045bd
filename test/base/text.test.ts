import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { forJson, forTerminal } from "../../src/base/text.ts";

const acts = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

describe("C62 the terminal", () => {
  test.each([
    ["\u001b]0;owned\u0007x", "\ufffd]0;owned\ufffdx"],
    ["a\u009b2Jb", "a\ufffd2Jb"],
    ["a\r\nb", "a\ufffd\ufffdb"],
    ["a\tb", "a b"],
    ["a\b\bb", "a\ufffd\ufffdb"],
    ["\u202e\u2066\u200b\ufeff", "\ufffd\ufffd\ufffd\ufffd"],
    ["\ud800x", "\ufffdx"],
    ["\u{e0041}x", "\ufffdx"],
    ["caf\u00e9 \u{1f600}", "caf\u00e9 \u{1f600}"],
  ])("%j", (text, shown) => expect(forTerminal(text)).toBe(shown));

  test("is clipped, and columns of what stays do not move", () => {
    expect(forTerminal("abcdef", 4)).toBe("abc…");
    expect(forTerminal("\u{1f600}".repeat(4), 4)).toBe("\u{1f600}".repeat(4));
    expect(forTerminal("x".repeat(1_000_000))).toHaveLength(500);
  });

  test("property: no character that a terminal acts on, at most max characters, as many as there were", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), fc.integer({ min: 1, max: 40 }), (text, max) => {
        const shown = forTerminal(text, max);
        expect(shown).not.toMatch(acts);
        expect(Array.from(shown)).toHaveLength(Math.min(max, Array.from(text).length));
      }),
    );
  });

  test("property: JSON has the same value and no such character", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
        expect(forJson({ text })).not.toMatch(acts);
        expect(JSON.parse(forJson({ text }))).toEqual({ text });
      }),
    );
  });
});
