import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compilePattern, patternFits } from "../../src/access-repo/codeowners-pattern.ts";
import { candidates, ownersOf } from "../../src/access-repo/owners-of.ts";
import { parseCodeowners } from "../../src/access-repo/index.ts";

const parse = (text: string) => parseCodeowners([{ path: "", text }, undefined, undefined]);
const lineOf = (text: string, path: string) => ownersOf(parse(text), path)?.line;

test("the last match wins, whichever way it is found", () => {
  const text = "* @all\n*.js @js # inline\n/apps/ @apps\napps/github\n**/logs @logs\n*.txt @acme/text x@acme.example\n";
  expect(lineOf(text, "README")).toBe(1);
  expect(lineOf(text, "src/a.js")).toBe(2);
  expect(lineOf(text, "apps/a.js")).toBe(3);
  expect(lineOf(text, "apps/logs/a.js")).toBe(5);
  expect(lineOf(text, "apps/a.txt")).toBe(6);
  expect(ownersOf(parse(text), "apps/github/a.js")).toEqual({ line: 4, pattern: "apps/github", owners: [] });
});

test("owners of one pattern on two lines: the second line overrides", () => {
  expect(ownersOf(parse("/a/ @one\n/a/ @two\n"), "a/b")).toMatchObject({ line: 2, owners: [{ login: "two" }] });
});

test("rules that no parser made are looked up the same way", () => {
  const rules = [
    { line: 1, pattern: "*", owners: [] },
    { line: 2, pattern: "[bad", owners: [] },
    { line: 3, pattern: "/a/", owners: [] },
  ];
  const byHand = { path: "", rules, diagnostics: [] };
  expect(ownersOf(byHand, "a/b")?.line).toBe(3);
  expect(ownersOf(byHand, "[bad")?.line).toBe(1);
});

const part = fc.constantFrom("a", "b", "*", "*b", "a*", "**", "a?", "*a*", "longer-name", "*er-name", "longer-*");
const pattern = fc.tuple(fc.boolean(), fc.array(part, { minLength: 1, maxLength: 3 }), fc.boolean());
const line = pattern.map(([start, parts, end]) => `${start ? "/" : ""}${parts.join("/")}${end ? "/" : ""} @o`);
const path = fc
  .array(fc.constantFrom("a", "b", "ab", "bb", "longer-name", ""), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join("/"));

/** Without the index. */
function fitsAlone(text: string, path: string): boolean {
  const compiled = compilePattern(text);
  return !("refused" in compiled) && patternFits(compiled, path.split("/"));
}

test("property: the index changes nothing against trying each rule from the last", () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), path, (lines, p) => {
      const alone = lines.findLastIndex((l) => fitsAlone(l.replace(" @o", ""), p));
      expect(ownersOf(parse(lines.join("\n")), p)?.line).toBe(alone < 0 ? undefined : alone + 1);
    }),
    { numRuns: 600 },
  );
});

describe("C15 work for one path", () => {
  test("property: no rule is a candidate twice", () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), path, (lines, p) => {
        const tried = candidates(parse(lines.join("\n")), p.split("/")).flat();
        expect(new Set(tried).size).toBe(tried.length);
      }),
      { numRuns: 300 },
    );
  });

  test("rules for other places are not tried", () => {
    const rule = (i: number) => [`/svc${i}/x/`, `*.ext${i}`, `svc${i}/**/x*.ts`, `**/gen${i}/*`, `name${i}*`][i % 5];
    const codeowners = parse(Array.from({ length: 5000 }, (_, i) => `${rule(i)} @o${i}`).join("\n"));
    expect(candidates(codeowners, "svc5/x/a.ext1".split("/")).flat().length).toBeLessThan(50);
  });
});
