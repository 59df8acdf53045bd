import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ownersOf, parseCodeowners } from "../../src/access-repo/index.ts";
import { codesOf, placed } from "./expect-codes.ts";

const place = ".github/CODEOWNERS";
const parse = (text: string | undefined) => parseCodeowners([{ path: place, text }, undefined, undefined]);
const owners = (line: string) => parse(line).rules[0]?.owners;
const user = (login: string) => ({ kind: "user", login });
const team = (org: string, slug: string) => ({ kind: "team", org, slug });

describe("lines", () => {
  test("a pattern, then owners with spaces or tabs between", () => {
    expect(parse("  /a/ \t@one\t@acme/two   x@acme.example \t \n")).toMatchObject({
      rules: [{ line: 1, pattern: "/a/", owners: [user("one"), team("acme", "two"), { address: "x@acme.example" }] }],
    });
  });
  test("comments, blank lines and CRLF", () => {
    const text = "# all\r\n\r\n \t \r\n  *\t@a\t@b  # @c\r\n*.js @js #This is an inline comment.\r\n#*.ts @x\r\n";
    expect(parse(text)).toMatchObject({
      rules: [
        { line: 4, pattern: "*", owners: [user("a"), user("b")] },
        { line: 5, owners: [user("js")] },
      ],
      diagnostics: [],
    });
  });
  test("a comment may hold what a pattern may not", () => {
    expect(parse("* @a # \u26a0\ufe0f [x] !\u3000\u00a0\\\n").diagnostics).toEqual([]);
  });
  test("an escaped space does not end the pattern", () => {
    expect(parse("a\\ b\\  @a\n").rules).toMatchObject([{ pattern: "a\\ b\\ ", owners: [user("a")] }]);
  });
  test.each([
    ["@mona_acme", user("mona_acme")],
    ["@a-b", user("a-b")],
    // Accounts older than the present rule for names.
    ["@a--b", user("a--b")],
    ["@a-", user("a-")],
    ["@Acme/Team.Name_1", team("Acme", "Team.Name_1")],
  ])("owner %s", (text, owner) => expect(owners(`* ${text}`)).toEqual([owner]));
});

test.each([
  ["docs/ acme/docs", 'Did you mean "@acme/docs"?', undefined],
  ["docs/ @a,@b", "Owners have spaces between: @a @b", "@a @b"],
  ["docs/ @a/b/c", "Write owners as @login or @org/team, with spaces between.", undefined],
])("%j: who was meant is said, and mended only where it is sure", (line, hint, fix) => {
  const [found] = parseCodeowners([
    { path: ".github/CODEOWNERS", text: `${line}\n` },
    undefined,
    undefined,
  ]).diagnostics;
  expect(found?.hint).toBe(hint);
  expect(found?.fix).toBe(fix);
});

describe("C11 C16 where GitHub would skip a line or ask nobody, it is an error", () => {
  test.each([
    ["!docs/ @a", "2:1 CS3003"],
    ["[Section] @a", "2:1 CS3003"],
    ["\\#x @a", "2:1 CS3003"],
    ["a#b @a", "2:1 CS3008"],
    ["*** @a", "2:1 CS3008"],
    ["  / @a", "2:3 CS3009"],
    ["./docs/ @a", "2:1 CS3009"],
    [`${"a".repeat(2_000_000)} @a`, "2:1 CS3009"],
    ["docs/ alice", "2:7 CS3004"],
    ["docs/ @a @a/b/c @b", "2:10 CS3004"],
    ["docs/ @-a", "2:7 CS3004"],
    ["docs/ @", "2:7 CS3004"],
    ["docs/ @ a", "2:7 CS3004"],
    ["docs/ @a,@b", "2:7 CS3004"],
    ["docs/ @a, @b", "2:7 CS3004"],
    ["docs/ @a@b", "2:7 CS3004"],
    ["docs/ @a#b", "2:7 CS3004"],
    ["docs/ @app[bot]", "2:7 CS3004"],
    ['"a b" @a', "2:4 CS3004"],
    ["docs/ \u202e@a", "2:7 CS1003"],
    ["docs/ @a # \u202e", "2:12 CS1003"],
    ["docs/ @a\r* @b", "2:9 CS1003"],
    ["docs/\u00a0@a", "2:6 CS1003"],
    ["/targets/\u3164 @a", "2:10 CS1003"],
    ["docs/ @a\u3000@b", "2:9 CS1003"],
    ["docs/ @a\u0000", "2:9 CS1003"],
    ["docs/ \ud800", "2:7 CS1003"],
  ])("%#", (line, where) => {
    const codeowners = parse(`* @all\n${line}\n`);
    expect(placed(codeowners.diagnostics)).toEqual([where]);
    expect(codeowners.diagnostics[0]).toMatchObject({ severity: "error" });
    expect(codeowners.rules).toHaveLength(1);
    expect(codeowners.diagnostics[0]?.message).toMatch(/Countersign denies/);
  });

  test("a byte order mark: GitHub's page does not say that it is skipped", () => {
    expect(parse("\ufeff* @a\n")).toMatchObject({ rules: [], diagnostics: [{ code: "CS1003", line: 1, column: 1 }] });
  });

  test("no file, an unreadable file, a file of 3 MB", () => {
    expect(placed(parseCodeowners([undefined, undefined, undefined]).diagnostics)).toEqual(["1:1 CS3001"]);
    expect(codesOf(parse(undefined).diagnostics)).toEqual(["CS1001"]);
    const filler = (bytes: number, character = "x") => `* @a\n#${character.repeat(bytes / character.length)}`;
    const long = parse(filler(3_000_000));
    expect(codesOf(long.diagnostics)).toEqual(["CS3002"]);
    expect(long.rules).toEqual([]);
    expect(parse("* @a\n".padEnd(2_999_999, "#"))).toMatchObject({ rules: [{ line: 1 }], diagnostics: [] });
    expect(codesOf(parse(`* @a\n${"#é".repeat(1_000_000)}`).diagnostics)).toEqual(["CS3002"]);
  });

  test("C53 the first of the three places is in force; others are told", () => {
    const file = (path: string, text: string) => ({ path, text });
    const root = file("CODEOWNERS", "* @root");
    const docs = file("docs/CODEOWNERS", "* @docs");
    expect(parseCodeowners([undefined, root, docs])).toMatchObject({
      path: "CODEOWNERS",
      diagnostics: [{ code: "CS3007", file: "docs/CODEOWNERS" }],
    });
    expect(parseCodeowners([file(place, ""), root, docs])).toMatchObject({ path: place, rules: [] });
    expect(parseCodeowners([{ path: place, text: undefined }, root, docs]).rules).toEqual([]);
    expect(parseCodeowners([undefined, undefined, docs]).path).toBe("docs/CODEOWNERS");
  });
});

describe("C16 where we deny although GitHub would let it pass, the finding says so", () => {
  test.each([
    ["no file", parseCodeowners([undefined, undefined, undefined])],
    ["too large", parse("#".repeat(3_000_000))],
    ["unreadable", parse(undefined)],
    ["skipped pattern", parse("[a] @a")],
    ["two readings", parse("a** @a")],
    ["skipped owner", parse("a b")],
    ["no owners", parse("/apps/github # nobody\n")],
    ["an address alone", parse("* x@acme.example")],
  ])("%s", (_, { diagnostics: [found] }) => {
    expect(found?.message).toMatch(/GitHub/);
    expect(found?.message).toMatch(/Countersign (denies|cannot tell .* so it is denied)/);
  });

  test("lines that GitHub takes are warnings", () => {
    expect(parse("/apps/github\n* @a x@acme.example\n@acme/all @a\n").diagnostics).toMatchObject([
      { code: "CS3010", severity: "warning", line: 1, column: 1, length: 12 },
      { code: "CS3006", severity: "warning", line: 2, column: 6, length: 14 },
      { code: "CS3011", severity: "warning", line: 3, column: 1, length: 9 },
    ]);
  });

  test("an address beside an account does not deny", () => {
    expect(parse("* @a x@acme.example").diagnostics[0]?.message).not.toMatch(/denied/);
  });
});

describe("mending", () => {
  test.each([
    ["* @a,@acme/b", "@a @acme/b"],
    ["* @a,", "@a"],
    ["./docs/ @a", "/docs/"],
    ["/ @a", "*"],
  ])("%s", (line, fix) => expect(parse(line).diagnostics).toMatchObject([{ severity: "error", fix }]));
  test.each(["* alice", "* @a,bob", "* ,", "a** @a"])("%s has no sure one", (line) =>
    expect(parse(line).diagnostics[0]).not.toHaveProperty("fix"),
  );
});

describe("C15 limits", () => {
  test("100 000 rules are taken, one more is not", () => {
    const rules = "a @b\n".repeat(100_000);
    expect(parse(rules)).toMatchObject({ diagnostics: [], rules: { length: 100_000 } });
    expect(parse(`${rules}a @b\n`)).toMatchObject({ diagnostics: [{ code: "CS3012", severity: "error" }], rules: [] });
  });
  test("20 000 characters in names with several wildcards are taken, more are not", () => {
    const rules = "*23456789*\n".repeat(2000);
    expect(parse(rules).rules).toHaveLength(2000);
    expect(parse(`${rules}?`)).toMatchObject({ diagnostics: [{ code: "CS3012", severity: "error" }], rules: [] });
  });
  test("of a million findings a hundred are said, errors before warnings", () => {
    const { diagnostics } = parse(`${"a\n".repeat(50_000)}${"!\n".repeat(500_000)}`);
    expect(diagnostics.filter((d) => d.severity === "error")).toHaveLength(100);
    expect(diagnostics.filter((d) => d.severity === "warning")).toHaveLength(100);
  });
});

test("fuzz: arbitrary text never throws, and every finding is placed inside the text", () => {
  const odd = fc.constantFrom(
    "*",
    "**",
    "/",
    "\\",
    "#",
    "!",
    "[",
    "@a",
    "@a/b",
    "x@y",
    ",",
    " ",
    "\t",
    "\n",
    "\r",
    "\ufeff",
  );
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 100 }),
    fc.array(odd, { maxLength: 30 }).map((pieces) => pieces.join("")),
  );
  fc.assert(
    fc.property(text, fc.string({ maxLength: 30 }), (source, path) => {
      const codeowners = parse(source);
      ownersOf(codeowners, path);
      const lines = source.split("\n");
      for (const { line, column, length, message } of codeowners.diagnostics) {
        expect(column - 1 + length).toBeLessThanOrEqual(Math.max(1, lines[line - 1]?.length ?? 0));
        expect(message).not.toMatch(/[^\P{Cc}]/u);
      }
    }),
    { numRuns: 500 },
  );
});
