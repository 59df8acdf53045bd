import { expect, test } from "vitest";
import { allLines, unmarked, visible } from "../../src/access-repo/example-text.ts";

test.each([
  ["a\nb: «c»\n", { text: "a\nb: c\n", mark: { line: 2, column: 4, length: 1 } }],
  ["«a»", { text: "a", mark: { line: 1, column: 1, length: 1 } }],
  ["a\n«»", { text: "a\n", mark: { line: 2, column: 1, length: 0 } }],
  ["a", { text: "a" }],
])("a mark is taken out, and its place is known: %j", (text, expected) => expect(unmarked(text)).toEqual(expected));

test("a range stands for lines, with leading zeros as in a shell", () => {
  expect(allLines("x\n- a-{08..11}-b\ny")).toBe("x\n- a-08-b\n- a-09-b\n- a-10-b\n- a-11-b\ny");
  expect(allLines("{ a: b }\n${aws:x}")).toBe("{ a: b }\n${aws:x}");
});

test("hidden characters have names", () => {
  expect(visible("a\u200bb\u0007\n\tc\u{e0041}")).toBe("a<U+200B>b<U+0007>\n\tc<U+E0041>");
});
