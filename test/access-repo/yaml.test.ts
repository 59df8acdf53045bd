import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadPolicy, parseRequest, parseSettings, parseTarget } from "../../src/access-repo/index.ts";
import { policyFiles, requestText, settingsText, targetText, treeFile } from "./examples.ts";
import { placed, valueOf } from "./expect-codes.ts";

const base = "version: 1\nrole: operator\nreason: Delete the old log bucket\n";
const found = (text: string | undefined) => placed(parseRequest(text, "requests/a/b.yml").diagnostics);

describe("C14 YAML that means something else than it shows is refused, each at its place", () => {
  test.each([
    ["an anchor", `${base}ticket: &a OPS-1\n`, "4:9 CS1006"],
    ["an alias", `${base}ticket: *a\n`, "4:9 CS1006"],
    ["a merge key", `${base}<<: { ticket: OPS-1 }\n`, "4:1 CS1006"],
    ["a merge key in a nested mapping", `${base}workflow:\n  <<: { ref: refs/heads/main }\n`, "5:3 CS1006"],
    ["a tag", `${base}ticket: !!str OPS-1\n`, "4:9 CS1006"],
    ["a custom tag", `${base}ticket: !env OPS-1\n`, "4:9 CS1006"],
    ["an anchor on a mapping", `${base}workflow: &w { ref: refs/heads/main }\n`, "4:11 CS1006"],
    ["a key that is no text", `${base}? [a]\n: b\n`, "4:3 CS1006"],
    ["a directive", `%YAML 1.2\n---\n${base}`, "1:1 CS1006"],
    ["a key written twice", `${base}role: reader\n`, "4:1 CS1008"],
    ["a key written twice, once in quotes", `${base}"role": reader\n`, "4:1 CS1008"],
    ["two documents", `${base}---\n${base}`, "4:1 CS1005"],
    ["no document", "", "1:1 CS1005"],
    ["comments only", "# nothing\n", "1:1 CS1005"],
    ["__proto__", `${base}__proto__: { admin: true }\n`, "4:1 CS1014"],
    ["constructor", `${base}constructor: x\n`, "4:1 CS1007"],
    ["an empty value", `${base}ticket:\n`, "4:1 CS1015"],
    ["null", `${base}ticket: null\n`, "4:9 CS1015"],
    ["broken syntax", `${base}  x: y\n`, "4:4 CS1004"],
    ["deep nesting", `${base}ticket: ${"[".repeat(50)}${"]".repeat(50)}\n`, "4:20 CS1004"],
  ])("%s", (_, text, expected) => {
    expect(parseRequest(text, "p").ok).toBe(false);
    expect(found(text)).toContain(expected);
  });

  test("an alias bomb costs nothing and does not pass", () => {
    const bomb = `a: &a [x,x,x]\n${"bcdefghij"
      .split("")
      .map((c, i) => `${c}: &${c} [*${"abcdefghi"[i]},*${"abcdefghi"[i]}]`)
      .join("\n")}\n`;
    expect(found(base + bomb)).toContain("4:4 CS1006");
  });

  test("scalars stay text: an account number keeps its zero, and no is a word", () => {
    const value = valueOf(
      parseRequest(`${base}dispatch: { inputs: { account: 012345678901, flag: no, size: 1e3, on: true } }\n`, "p"),
    );
    expect(value.dispatch?.inputs).toEqual({ account: "012345678901", flag: "no", size: "1e3", on: "true" });
  });

  test("true is the only spelling of true", () => {
    const role = (value: string) =>
      parseTarget(targetText.replace("break_glass: false", `break_glass: ${value}`), "targets/a.yml");
    expect(role("true").ok).toBe(true);
    for (const value of ["yes", "on", "True", "1"]) expect(role(value).ok).toBe(false);
  });
});

describe("C12 bytes that hide what is meant are refused", () => {
  test.each([
    ["a byte order mark", `\ufeff${base}`, "1:1 CS1003"],
    ["NUL", `${base}ticket: a\0b\n`, "4:10 CS1003"],
    ["an escape character", `${base}ticket: a\u001b[31m\n`, "4:10 CS1003"],
    ["right-to-left override", `${base}ticket: a\u202eb\n`, "4:10 CS1003"],
    ["right-to-left override in a comment", `${base}# \u202eb\n`, "4:3 CS1003"],
    ["zero width space", `${base}ti\u200bcket: a\n`, "4:3 CS1003"],
    ["next line", `${base}ticket: a\u0085b\n`, "4:10 CS1003"],
    ["line separator", `${base}ticket: a\u2028b\n`, "4:10 CS1003"],
    ["a tag character", `${base}ticket: a\u{e0041}\n`, "4:10 CS1003"],
    ["a lone carriage return", `${base}# x\rticket: a\n`, "4:4 CS1003"],
    ["what a lossy decoder leaves", `${base}ticket: a\ufffd\n`, "4:10 CS1003"],
    ["a lone surrogate", `${base}ticket: a\ud800\n`, "4:10 CS1003"],
    ["an escaped control character", `${base}ticket: "a\\u202eb"\n`, "4:9 CS1003"],
    ["a line break at the end of an input", `${base}dispatch: { inputs: { a: "b\\n" } }\n`, "4:26 CS1003"],
    ["an escape that names no character", `${base}ticket: "a\\UFFFFFFFF"\n`, "4:9 CS1003"],
    ["an escaped line break", `${base}ticket: "a\\nb"\n`, "4:9 CS1003"],
    ["a text block", `${base}ticket: |\n  a\n  b\n`, "5:1 CS1003"],
  ])("%s", (_, text, expected) => {
    expect(parseRequest(text, "p").ok).toBe(false);
    expect(found(text)).toContain(expected);
  });

  test("a file that is not readable text", () => expect(found(undefined)).toEqual(["1:1 CS1001"]));
  test("a file over 64 KiB, counted in bytes", () => {
    expect(found(`${base}# ${"ä".repeat(33_000)}\n`)).toEqual(["1:1 CS1002"]);
    expect(parseRequest(`${base}# ${"a".repeat(60_000)}\n`, "p").ok).toBe(true);
  });
  test("CRLF and tabs after values are ordinary", () => {
    expect(parseRequest(base.replaceAll("\n", "\t# c\r\n"), "p").ok).toBe(true);
    expect(found(`${base}tikcet: OPS-1\n`.replaceAll("\n", "\r\n"))).toEqual(["4:1 CS1007"]);
  });
});

describe("findings", () => {
  test("several at once, each with place, code, and a hint that says what to write", () => {
    const text =
      "version: 1\nrole: operator\nraeson: Delete it all now\nduration: 99x\nruns: 0\nworkflow:\n  repo: acme/infra\n";
    const { diagnostics } = parseRequest(text, "requests/a/b.yml");
    expect(placed(diagnostics)).toEqual(["1:1 CS1009", "3:1 CS1007", "4:11 CS1011", "5:7 CS1011", "7:3 CS1007"]);
    expect(diagnostics[1]).toMatchObject({
      length: 6,
      message: 'Unknown key "raeson".',
      hint: 'Did you mean "reason"?',
      fix: "reason",
    });
    expect(diagnostics[2]).toMatchObject({ length: 3, hint: "Write a duration such as 30m, 4h or 7d." });
  });

  test("what is missing inside a mapping is shown at the mapping's key", () => {
    const text = `${base}allow:\n  - actions: [s3:GetObject]\n`;
    expect(found(text)).toEqual(["5:5 CS1009"]);
    expect(found(text.replace("allow:", "alow:"))).toEqual(["4:1 CS1007"]);
  });

  test("warnings never push an error out of the first hundred", () => {
    const text = `${Array.from({ length: 300 }, (_, i) => `/f${i} @a x${i}@acme.example`).join("\n")}\n[x] @a\n`;
    const loaded = loadPolicy(
      policyFiles({ codeowners: [treeFile(".github/CODEOWNERS", `* @a\n${text}`), undefined, undefined] }),
    );
    expect(loaded.ok).toBe(false);
    expect(loaded.diagnostics).toHaveLength(100);
    expect(loaded.diagnostics.at(-1)).toMatchObject({ code: "CS3003", severity: "error" });
  });

  test.each([
    [
      "workflow: x\n",
      "workflow must be a mapping.",
      "Write its keys below `workflow:`, indented, as in `  name: value`.",
    ],
    ["ticket: [a]\n", "ticket must be one value.", "Write `ticket: value` on one line, without [ ] and { }."],
    [
      "actions: a\nresources: ['*']\n",
      "actions must be a list.",
      "Write `actions: [first, second]`, or each entry on a line of its own behind `- `.",
    ],
    ["actions: []\nresources: ['*']\n", "actions has too few entries.", "Write at least 1."],
    [`sets: [${"a, ".repeat(21)}]\n`, "sets has too many entries.", "Write at most 20."],
    [
      "permissions: { administration: read }\n",
      '"administration" is not a permission that a target may grant.',
      expect.stringMatching(/^Write one of actions, .*; others are never granted\.$/) as string,
    ],
  ])("%j: what is wrong, and how to write it", (text, message, hint) =>
    expect(parseRequest(base + text, "p").diagnostics).toMatchObject([{ message, hint }]),
  );

  test("the hint of a hostile key is one quoted line", () => {
    const [first] = parseRequest(`${base}"@everyone \\"x": 1\n`, "p").diagnostics;
    expect(first?.message).toBe('Unknown key "@everyone \'x".');
  });
});

describe("C14 a file made to cost time is read like any other", () => {
  // With a path that repeats every key above, these took minutes; the figures are in docs/benchmarks.md.
  test.each([
    ["many entries under a long key", `${base}${"k".repeat(32_000)}: [${"a,".repeat(16_000)}]\n`, "4:1 CS1007"],
    [
      "many keys under a long key",
      `${base}${"k".repeat(30_000)}: { ${Array.from({ length: 4000 }, (_, i) => `a${i}: b`).join()} }\n`,
      "4:1 CS1007",
    ],
  ])("%s", (_, text, expected) => expect(found(text)).toContain(expected));

  test("of ten thousand findings a hundred are made and said, each once", () => {
    for (const unit of ["reusable_workfl: x\n", ": \n", "? \n", "{},"]) {
      const text = unit === "{}," ? `${base}allow: [${unit.repeat(20_000)}]\n` : base + unit.repeat(3000);
      const places = found(text);
      expect(places.length).toBeGreaterThan(0);
      expect(places.length).toBeLessThanOrEqual(100);
      expect(new Set(places).size).toBe(places.length);
    }
  });

  test("a list that is too long is one finding, whatever is in it", () => {
    expect(found(`${base}allow: [${"{},".repeat(20_000)}]\n`)).toEqual(["4:1 CS1012"]);
    expect(
      found(`${base}dispatch: { inputs: { ${Array.from({ length: 5000 }, (_, i) => `.${i}: []`).join()} } }\n`),
    ).toEqual(["4:13 CS1012"]);
  });
});

describe("C14 fuzz", () => {
  const parsers = [parseRequest, parseTarget, parseSettings];
  test("arbitrary text never throws and never passes", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary", maxLength: 200 }),
          fc.uint8Array({ maxLength: 200 }).map((b) => new TextDecoder().decode(b)),
        ),
        (text) => {
          for (const parse of parsers) {
            const parsed = parse(text, "targets/a.yml");
            expect(parsed.ok).toBe(false);
            expect(parsed.diagnostics.length).toBeGreaterThan(0);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test("valid files with a piece cut, doubled or spoilt never throw, and stand in their lines", () => {
    const files = [
      [parseRequest, requestText],
      [parseTarget, targetText],
      [parseSettings, settingsText],
    ] as const;
    fc.assert(
      fc.property(
        fc.constantFrom(...files),
        fc.nat(),
        fc.nat(40),
        fc.string({ maxLength: 6 }),
        ([parse, text], at, length, put) => {
          const from = at % text.length;
          const spoilt = text.slice(0, from) + put + text.slice(from + length);
          const { ok, diagnostics } = parse(spoilt, "targets/a.yml");
          const lines = spoilt.split("\n");
          for (const d of diagnostics) {
            expect(d.line).toBeLessThanOrEqual(lines.length);
            expect(d.column + d.length - 1).toBeLessThanOrEqual((lines[d.line - 1] ?? "").length + 1);
          }
          expect(ok || diagnostics.length > 0).toBe(true);
        },
      ),
      { numRuns: 600 },
    );
  });
});
