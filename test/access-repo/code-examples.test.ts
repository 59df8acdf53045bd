import { describe, expect, test } from "vitest";
import { findingsOf, mendedExample } from "../../docs/example-findings.ts";
import type { CodeExample } from "../../src/access-repo/code-example.ts";
import { codeExamples } from "../../src/access-repo/code-examples.ts";
import { allCodes, groupsOfCodes, titleOfGroup } from "../../src/access-repo/code-groups.ts";
import { type Code, type CodeEntry, codes } from "../../src/access-repo/codes.ts";
import { describeExample } from "../../src/access-repo/describe-example.ts";
import { severityOf } from "../../src/access-repo/diagnostics.ts";
import { unmarked } from "../../src/access-repo/example-text.ts";
import { hasErrors } from "../../src/access-repo/index.ts";

const entryOf = (code: Code): CodeEntry => codes[code];

/** `path:line:column+length` of what an example marks. */
function marksOf(example: CodeExample): readonly string[] {
  if (example.kind !== "files") return [];
  return example.files.flatMap(({ path, text }) => {
    const { mark } = unmarked(text);
    return mark ? [`${path}:${mark.line}:${mark.column}+${mark.length}`] : [];
  });
}

describe("every code has an example that earns it", () => {
  test.each([...allCodes])("%s", async (code) => {
    const example = codeExamples[code];
    const found = await findingsOf(example);
    expect(found.map((d) => `${d.code} ${d.severity}`)).toEqual(found.map(() => `${code} ${severityOf(code)}`));
    const [first] = found;
    if (first === undefined) expect.fail("it earns nothing");
    const place = `${first.file}:${first.line}:${first.column}+${first.length}`;
    expect([place, ...marksOf(example)].slice(-1)).toEqual([place]);
    if (entryOf(code).wholeFile) expect(place).toMatch(/:1:1\+1$/);
  });

  test.each(allCodes.filter((code) => mendedExample(codeExamples[code]) !== undefined))(
    "%s: what mends it has no errors",
    async (code) => {
      const mended = mendedExample(codeExamples[code]);
      const found = mended ? await findingsOf(mended) : [];
      expect(found.filter((d) => d.code === code || hasErrors([d]))).toEqual([]);
    },
  );

  test("no text can mend only what is not about a text", () => {
    const without = allCodes.filter((code) => mendedExample(codeExamples[code]) === undefined);
    expect(without).toEqual(["CS2024", "CS2031", "CS4010", "CS4021", "CS5003", "CS6002"]);
  });
});

describe("examples are for people", () => {
  test.each(allCodes)("%s is short, and shown without its marks", (code) => {
    const { example, mended } = describeExample(codeExamples[code]);
    expect(example.length).toBeGreaterThan(0);
    for (const { text = "", words, path } of [...example, ...mended]) {
      expect(text.split("\n").length).toBeLessThan(20);
      expect(text + words).not.toMatch(/[«»]|[^\P{C}\n]/u);
      expect(text + words + (path ?? "")).not.toBe("");
    }
    expect(marksOf(codeExamples[code]).length).toBeLessThan(2);
  });
});

describe("the registry", () => {
  test("each code is of one group, in the order of its number", () => {
    expect(groupsOfCodes.flatMap(([, all]) => all)).toEqual(allCodes);
    expect(allCodes.every((code) => titleOfGroup(code) !== "")).toBe(true);
  });

  test("titles are short, and each is of one code", () => {
    const titles = allCodes.map((code) => codes[code].title);
    expect(new Set(titles).size).toBe(titles.length);
    for (const title of titles) expect(title).toMatch(/^[A-Z].{4,54}[^.]$/);
  });

  test.each(allCodes)(
    "%s: cause and cure are whole sentences; the cure is an instruction of at most two lines",
    (code) => {
      const { cause, cure } = entryOf(code);
      for (const text of [cause, cure]) expect(text).toMatch(/^[A-Z](?!.* {2}).*[.]$/s);
      expect(cure.length).toBeLessThan(160);
      expect(cause).not.toBe(cure);
    },
  );
});
