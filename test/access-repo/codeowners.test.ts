import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Owner, ownersOf, parseCodeowners } from "../../src/access-repo/index.ts";
import { codesOf, placed } from "./expect-codes.ts";

const place = ".github/CODEOWNERS";
const parse = (text: string | undefined) => parseCodeowners([{ path: place, text }, undefined, undefined]);
const name = (owner: Owner) =>
  owner.kind === "user" ? `@${owner.login}` : owner.kind === "team" ? `@${owner.org}/${owner.slug}` : owner.address;
const owners = (text: string, path: string) => ownersOf(parse(text), path)?.owners.map(name);

/** pattern, paths that it takes, paths that it does not. From GitHub's page "About code owners" and gitignore's rules. */
const cases: readonly [string, string, string][] = [
  ["*", "a a/b a/b/c .github/CODEOWNERS", ""],
  ["*.js", "a.js src/a.js src/deep/a.js lib.js/readme", "a.jsx a.JS js"],
  ["/*.js", "a.js", "src/a.js"],
  ["/build/logs/", "build/logs/a build/logs/deep/a", "build/logs src/build/logs/a build/logsx/a"],
  ["docs/*", "docs/getting-started.md", "docs/build-app/troubleshooting.md docs x/docs/a.md"],
  ["apps/", "apps/a x/apps/a x/y/apps/z/a", "apps xapps/a"],
  ["/docs/", "docs/a docs/b/c", "docs x/docs/a"],
  ["/scripts/", "scripts/a", "scripts2/a"],
  ["**/logs", "logs build/logs scripts/logs/a deeply/nested/logs/a", "logsx build/log"],
  ["/apps/github", "apps/github apps/github/a", "apps/githubx apps/git apps/a x/apps/github"],
  ["logs", "logs a/logs a/logs/b", "logsx a/logs.txt"],
  ["a/b", "a/b a/b/c", "x/a/b a/bc"],
  ["a/b/", "a/b/c", "a/b x/a/b/c"],
  ["/*", "a b.txt", "a/b"],
  ["/*/", "a/b a/b/c", "a"],
  ["/a*", "a ab ab/c", "b x/ab"],
  ["a*/", "ab/c x/ab/c", "ab"],
  ["a/**", "a/b a/b/c", "a x/a/b"],
  ["a/**/c", "a/c a/b/c a/b/b/c a/b/c/d", "a/b x/a/c"],
  ["a/**/", "a/b a/b/c", "a"],
  ["**/a/b", "a/b x/a/b x/y/a/b/c", "a/x/b"],
  ["**/*.tf", "a.tf x/a.tf x/y/a.tf", "a.tfx"],
  ["a/*/c", "a/b/c a/b/c/d", "a/c a/b/b/c"],
  ["a/*.md", "a/x.md", "a/b/x.md x/a/x.md"],
  ["f?o", "foo fXo a/foo", "fo fooo f/o"],
  ["a\\*b", "a*b", "aXb ab"],
  ["a\\?b", "a?b", "aXb"],
  ["Read", "Read x/Read", "read READ"],
  ["targets/*.yml", "targets/a.yml", "targets/a/b.yml targets/a.yaml"],
  ["/requests/aws-prod/", "requests/aws-prod/x.yml requests/aws-prod/2026-11/x.yml", "requests/aws-prod-2/x.yml"],
];

describe("patterns, as GitHub publishes them", () => {
  test.each(cases)("%s", (pattern, taken, left) => {
    for (const path of taken.split(" ")) expect(owners(`${pattern} @o`, path)).toEqual(["@o"]);
    for (const path of left.split(" ").filter(Boolean)) expect(owners(`${pattern} @o`, path)).toBeUndefined();
  });

  test("escaped spaces are part of the name", () => {
    expect(owners("/a\\ b/ @o", "a b/c")).toEqual(["@o"]);
    expect(owners("/a\\ b/ @o", "a/c")).toBeUndefined();
  });

  test("the last match wins, whichever way it is found", () => {
    const text =
      "* @all\n*.js @js # inline\n/apps/ @apps\napps/github\n**/logs @logs\n*.txt @acme/text x@acme.example\n";
    expect(owners(text, "README")).toEqual(["@all"]);
    expect(owners(text, "src/a.js")).toEqual(["@js"]);
    expect(owners(text, "apps/a.js")).toEqual(["@apps"]);
    expect(owners(text, "apps/logs/a.js")).toEqual(["@logs"]);
    expect(owners(text, "apps/a.txt")).toEqual(["@acme/text", "x@acme.example"]);
    expect(ownersOf(parse(text), "apps/github/a.js")).toEqual({ line: 4, pattern: "apps/github", owners: [] });
  });

  test("comments, blank lines, tabs and CRLF", () => {
    const text = "# all\r\n\r\n  *\t@a\t@b  # @c\r\n";
    expect(owners(text, "x")).toEqual(["@a", "@b"]);
    expect(parse(text).diagnostics).toEqual([]);
  });
});

describe("C11 C16 where GitHub would skip a line or ask nobody, it is an error", () => {
  test.each([
    ["!docs/ @a", "CS3003"],
    ["[ab].yml @a", "CS3003"],
    ["\\#x @a", "CS3003"],
    ["a#b @a", "CS3003"],
    ["*** @a", "CS3003"],
    ["a**b @a", "CS3003"],
    ["/ @a", "CS3003"],
    ["a//b @a", "CS3003"],
    ["a\\", "CS3003"],
    ["docs/ alice", "CS3004"],
    ["docs/ @a/b/c", "CS3004"],
    ["docs/ @-a", "CS3004"],
    ["docs/ @a,@b", "CS3004"],
    ["docs/ \u202e@a", "CS1003"],
  ])("%j", (line, code) => {
    const codeowners = parse(`* @all\n${line}\n`);
    expect(codesOf(codeowners.diagnostics)).toEqual([code]);
    expect(codeowners.diagnostics[0]).toMatchObject({ line: 2, severity: "error" });
    expect(codeowners.rules).toHaveLength(1);
  });
  test("an e-mail owner is a warning", () => {
    expect(parse("* x@acme.example\n").diagnostics).toMatchObject([{ code: "CS3006", severity: "warning", column: 3 }]);
  });
  test("no file, an unreadable file, a file of 3 MB", () => {
    expect(placed(parseCodeowners([undefined, undefined, undefined]).diagnostics)).toEqual(["1:1 CS3001"]);
    expect(codesOf(parse(undefined).diagnostics)).toEqual(["CS1001"]);
    const long = parse(`* @a\n#${"x".repeat(3_000_000)}\n`);
    expect(codesOf(long.diagnostics)).toEqual(["CS3002"]);
    expect(long.rules).toEqual([]);
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
    expect(parseCodeowners([undefined, undefined, docs]).path).toBe("docs/CODEOWNERS");
  });
});

describe("C15 time", () => {
  test.each([`${"*a".repeat(500)}*..b`, `${"**/a*/".repeat(200)}b`, `${"a?*".repeat(300)}b`])(
    "a hostile pattern is linear work: %#",
    (pattern) => {
      const codeowners = parse(`${pattern} @o\n`);
      const started = performance.now();
      for (const path of [`${"a".repeat(4000)}..c..b`, `${"aa/".repeat(1300)}b..b`, `${"ab".repeat(2000)}b`])
        ownersOf(codeowners, path);
      expect(performance.now() - started).toBeLessThan(1000);
    },
  );

  test("10 000 rules, 100 paths", () => {
    const rule = (i: number) => [`/svc${i % 500}/mod${i}/`, `*.ext${i}`, `svc${i}/**/x*.ts`, `**/gen${i}/*`][i % 4];
    const text = Array.from({ length: 10_000 }, (_, i) => `${rule(i)} @o${i}`).join("\n");
    const codeowners = parse(text);
    const started = performance.now();
    for (let i = 0; i < 100; i++) ownersOf(codeowners, `svc${i}/mod${i * 7}/a/b/c.ext${i * 4 + 1}`);
    expect(performance.now() - started).toBeLessThan(500);
    expect(owners(text, "svc4/mod4/a.ts")).toEqual(["@o4"]);
  });
});

test("property: the index changes nothing against trying each rule from the last", () => {
  const part = fc.constantFrom("a", "b", "*", "*b", "a*", "**", "a?");
  const pattern = fc.tuple(fc.boolean(), fc.array(part, { minLength: 1, maxLength: 3 }), fc.boolean());
  const line = pattern.map(([start, parts, end]) => `${start ? "/" : ""}${parts.join("/")}${end ? "/" : ""} @o`);
  const path = fc
    .array(fc.constantFrom("a", "b", "ab", "bb"), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join("/"));
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), path, (lines, p) => {
      const alone = lines.findLastIndex((l) => ownersOf(parse(l), p) !== undefined);
      expect(ownersOf(parse(lines.join("\n")), p)?.line).toBe(alone < 0 ? undefined : alone + 1);
    }),
    { numRuns: 400 },
  );
});

test("fuzz: arbitrary text never throws", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 100 }), fc.string({ maxLength: 30 }), (text, path) => {
      ownersOf(parse(text), path);
    }),
  );
});
