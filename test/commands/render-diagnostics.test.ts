import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Diagnostic } from "../../src/access-repo/types.ts";
import { render } from "../../src/commands/render-diagnostics.ts";
import type { Report } from "../../src/commands/report.ts";
import { at, fine, type Folder, newFolder } from "./access-repo.ts";

const found = (parts: Partial<Diagnostic> = {}): Diagnostic => ({
  file: "requests/a/x.yml",
  line: 2,
  column: 7,
  length: 7,
  severity: "error",
  code: "CS2011",
  message: "a has no role.",
  hint: "Write another.",
  ...parts,
});
const report = (diagnostics: readonly Diagnostic[], parts: Partial<Report> = {}): Report => ({
  diagnostics,
  merged: new Set(),
  fixed: [],
  requests: 3,
  tests: 0,
  mends: true,
  policyChecked: true,
  policyDigest: undefined,
  base: undefined,
  gap: undefined,
  source: () => "version: 1\nrole: operatr\r\n",
  ...parts,
});
const text = (r: Report): string => render(r, { format: "text", all: false, colour: false });
const github = (r: Report): string => render(r, { format: "github", all: false, colour: false });

describe("text", () => {
  test("place, severity, code and message; the line; what to write", () => {
    expect(text(report([found({ fix: "operator" })]))).toBe(`requests/a/x.yml:2:7: error CS2011: a has no role.
    |
  2 | role: operatr
    |       ^^^^^^^
    = help: Write another.
  2 + role: operator

1 error in 1 file; --fix mends it
More about it: countersign explain CS2011
`);
  });
  test("a finding about the file as a whole shows no line", () => {
    expect(text(report([found({ code: "CS4004" })]))).toBe(
      "requests/a/x.yml:2:7: error CS4004: a has no role.\n    = help: Write another.\n\n1 error in 1 file\nMore about it: countersign explain CS4004\n",
    );
  });
  test("a line that is not there is not shown", () => {
    expect(text(report([found({ line: 99 })], { source: () => undefined }))).not.toContain("|");
  });
  test("counts", () => {
    const warning = found({ severity: "warning" });
    expect(text(report([found({ fix: "x" }), found(), warning, found({ file: "b" })]))).toMatch(
      /\n3 errors, 1 warning in 2 files; --fix mends 1\nMore about it: countersign explain CS2011\n$/,
    );
    expect(text(report([], { requests: 12_345_678 }))).toBe("No findings in 12 345 678 requests and the policy.\n");
  });
  test("large line numbers keep their gutter", () => {
    const source = (): string => "x\n".repeat(12_345);
    expect(text(report([found({ line: 12_345, column: 1, length: 1 })], { source }))).toContain(
      "      |\n12345 | x\n      | ^\n      = help",
    );
  });
  test("findings of merged requests are one line", () => {
    const merged = new Set(["m1", "m2"]);
    const of = (file: string, code: string): Diagnostic => found({ file, code, severity: "warning" });
    const out = text(report([found(), of("m1", "CS2013"), of("m2", "CS2013"), of("m2", "CS2011")], { merged }));
    expect(out).toContain(
      "\n3 warnings in 2 merged requests, which can be ended but not mended (--all shows them): 1 CS2011, 2 CS2013\n1 error in 1 file\n",
    );
  });
});

describe("JSON", () => {
  test("has the same keys in every finding", () => {
    const out = render(report([found(), found({ fix: "y" })], { gap: "x" }), {
      format: "json",
      all: false,
      colour: false,
    });
    expect(out).toMatch(/^\{.*\}\n$/);
    expect(JSON.parse(out)).toEqual({
      ok: false,
      diagnostics: [
        { ...found(), fix: null, merged: false },
        { ...found(), fix: "y", merged: false },
      ],
      fixed: [],
      requests: 3,
      policy_tests: 0,
      policy_checked: true,
      policy_digest: null,
      history: "unknown",
      base: null,
    });
  });
});

describe("github", () => {
  test("annotations that GitHub puts at the place", () => {
    expect(github(report([found(), found({ severity: "warning", message: "50% of a, b: c" })]))).toBe(
      `::error file=requests/a/x.yml,line=2,endLine=2,col=7,endColumn=13,title=CS2011::a has no role.%0AWrite another.
::warning file=requests/a/x.yml,line=2,endLine=2,col=7,endColumn=13,title=CS2011::50%25 of a, b: c%0AWrite another.
1 error, 1 warning in 1 file
`,
    );
  });
});

describe("C62 hostile text of a repo", () => {
  let folder: Folder;
  beforeEach(() => {
    folder = newFolder();
  });
  afterEach(() => folder.remove());
  const evil = "%0A::error::x ##[add-mask]a ::stop-commands::b";

  /** Lines in which the runner would see a command, other than our annotations. */
  const commands = (out: string): string[] =>
    out
      .split(/\r\n|\r|\n/)
      .filter(
        (line) => /^\s*::(?!(?:error|warning) file=)/.test(line) || (!line.startsWith("::") && line.includes("##[")),
      );

  test.each(["text", "json", "github"] as const)("in values, keys and names of files: inert in %s", async (format) => {
    folder.write({
      [at("a")]: fine.replace("role: operator", `role: "${evil}"`),
      [at("b")]: fine.replace(/reason:.*/, `"${evil}": x`),
      [at("c")]: fine.replace(/environment:.*/, `environment: "${evil}"`),
      [at("d")]: fine.replace(/environment:.*/, `environment: "\\u001b[31m"`),
      [`requests/aws-prod/${evil.replaceAll("/", "")}\u001b[2J\n::error::y.yml`]: fine,
      "requests/aws-prod/\u202egpj.yml": fine,
      "targets/x,line=9::y.yml": "x",
    });
    const { code, out } = await folder.validate({ format });
    expect(code).toBe(1);
    expect(commands(out)).toEqual([]);
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e\u2028]/);
    if (format === "github") {
      const annotated = out.split("\n").filter((line) => line.startsWith("::"));
      const { json } = await folder.findings();
      expect(annotated).toHaveLength(json.diagnostics.length);
      for (const line of annotated)
        expect(line).toMatch(
          /^::(error|warning) file=[^:,]*,line=\d+,endLine=\d+,col=\d+,endColumn=\d+,title=CS\d{4}::/,
        );
    }
  });
});
