import { describe, expect, test } from "vitest";
import { compilePattern, loopCost, patternFits, segmentFits } from "../../src/access-repo/codeowners-pattern.ts";

function compiled(pattern: string) {
  const result = compilePattern(pattern);
  if ("refused" in result) expect.fail(result.refused);
  return result;
}
const takes = (pattern: string, path: string) => patternFits(compiled(pattern), path.split("/"));

/**
 * Pattern, paths that it takes, paths that it does not. From GitHub's page "About code owners" and, where that points there,
 * gitignore's rules; the answers are those of `git check-ignore` as well, but for patterns that end in a lone `*`.
 */
const cases: readonly [string, string, string][] = [
  // From GitHub's page.
  ["*", "a a/b a/b/c .env .github/CODEOWNERS", ""],
  ["*.js", "a.js src/a.js src/deep/a.js lib.js/readme .js", "a.jsx a.JS js"],
  ["/build/logs/", "build/logs/a build/logs/deep/a", "build/logs src/build/logs/a build/logsx/a"],
  ["docs/*", "docs/getting-started.md docs/.hidden", "docs/build-app/troubleshooting.md docs x/docs/a.md"],
  ["apps/", "apps/a x/apps/a x/y/apps/z/a", "apps x/apps xapps/a"],
  ["/docs/", "docs/a docs/b/c", "docs x/docs/a"],
  ["/scripts/", "scripts/a", "scripts2/a"],
  ["**/logs", "logs build/logs scripts/logs/a deeply/nested/logs/a", "logsx build/log"],
  ["/apps/github", "apps/github apps/github/a", "apps/githubx apps/git apps/a x/apps/github"],
  ["Read", "Read x/Read", "read READ"],
  // A slash at the start or in the middle ties to the root; one at the end does not.
  ["logs", "logs a/logs a/logs/b", "logsx a/logs.txt"],
  ["/*.js", "a.js", "src/a.js"],
  ["a/b", "a/b a/b/c", "x/a/b a/bc"],
  ["a/b/", "a/b/c", "a/b x/a/b/c"],
  ["a*/", "ab/c x/ab/c", "ab x/ab"],
  ["*/", "a/b a/b/c", "a"],
  ["/*/", "a/b a/b/c", "a"],
  // A lone star at the end stops at the next slash; any other pattern that fits a folder takes all below.
  ["/*", "a b.txt .gitignore", "a/b"],
  ["*/*", "a/b", "a a/b/c"],
  ["a/*/*", "a/b/c", "a/b a/b/c/d x/a/b/c"],
  ["/a*", "a ab ab/c ab/c/d", "b x/ab"],
  ["a/*.md", "a/x.md a/x.md/y", "a/b/x.md x/a/x.md"],
  ["a/?", "a/b a/b/c", "a/bc"],
  ["a/*b", "a/b a/xb a/xb/c", "a/bx"],
  ["a*a", "aa aba", "a ab"],
  ["a*a?a", "aaba", "aa aba"],
  ["targets/*.yml", "targets/a.yml targets/.yml", "targets/a/b.yml targets/a.yaml"],
  ["/requests/aws-prod/", "requests/aws-prod/x.yml requests/aws-prod/2026-11/x.yml", "requests/aws-prod-2/x.yml"],
  // ** is any number of folders, also none.
  ["**", "a a/b .a", ""],
  ["/**", "a a/b", ""],
  ["**/*", "a a/b a/b/c", ""],
  ["a/**", "a/b a/b/c", "a x/a/b"],
  ["a/**/*", "a/b a/b/c", "a x/a/b"],
  ["a/**/c", "a/c a/b/c a/b/b/c a/b/c/d", "a/b x/a/c"],
  ["a/**/**/c", "a/c a/b/c", "a/b"],
  ["/**/a", "a x/a x/y/a/b", "ax"],
  ["**/a/b", "a/b x/a/b x/y/a/b/c", "a/x/b"],
  ["**/*.tf", "a.tf x/a.tf x/y/a.tf", "a.tfx"],
  ["docs/**/*.md", "docs/a.md docs/x/y/a.md docs/a.md/deep", "a.md docs/a.txt"],
  ["a/*/c", "a/b/c a/b/c/d", "a/c a/b/b/c"],
  ["a/*/", "a/b/c a/b/c/d", "a/b"],
  ["**/a/", "a/b x/a/b", "a x/a"],
  // ? is one character as people count them, never a slash.
  ["f?o", "foo fXo f\u{1f600}o a/foo", "fo fooo f/o"],
  // A backslash takes the meaning from the next character.
  ["a\\*b", "a*b", "aXb ab"],
  ["a\\?b", "a?b", "aXb"],
  ["\\[id\\].yml", "[id].yml x/[id].yml", "i.yml d.yml"],
  ["\\!a", "!a", "a b"],
  ["a!b", "a!b", "ab"],
  // What means something to other globs and to regular expressions stands for itself.
  ["{a,b}", "{a,b}", "a b"],
  ["a+(b|c)^$~:.d", "a+(b|c)^$~:.d", "abd ab.d"],
  ["@acme/x", "@acme/x @acme/x/y", "acme/x a/@acme/x"],
];

describe("patterns, as GitHub publishes them", () => {
  test.each(cases)("%s", (pattern, taken, left) => {
    for (const path of taken.split(" ")) expect({ path, taken: takes(pattern, path) }).toEqual({ path, taken: true });
    for (const path of left.split(" ").filter(Boolean))
      expect({ path, taken: takes(pattern, path) }).toEqual({ path, taken: false });
  });

  test("escaped spaces are part of the name, also at the end", () => {
    expect(takes("/a\\ b/", "a b/c")).toBe(true);
    expect(takes("/a\\ b/", "a/c")).toBe(false);
    expect(takes("a\\ ", "a ")).toBe(true);
    expect(takes("a\\ ", "a")).toBe(false);
  });

  test("names are compared as git has them, not folded: case, spelling of Unicode", () => {
    expect(takes("/Targets/", "targets/a")).toBe(false);
    expect(takes("caf\u00e9", "cafe\u0301")).toBe(false);
  });
});

describe("patterns that are refused", () => {
  test.each([
    // GitHub's page: these rules of gitignore do not work.
    ["!docs/", "CS3003"],
    ["!", "CS3003"],
    ["[ab].yml", "CS3003"],
    ["a]b", "CS3003"],
    ["\\[a].yml", "CS3003"],
    ["\\#x", "CS3003"],
    ["a/\\#x", "CS3003"],
    // hmarr/codeowners starts a comment here, gitignore takes the character.
    ["a#b", "CS3008"],
    // gitignore: as one star; hmarr/codeowners: ***, an error; others: as ** between slashes.
    ["***", "CS3008"],
    ["a**b", "CS3008"],
    ["a**", "CS3008"],
    ["**a/b", "CS3008"],
    // gitignore: in sub-folders of a only; hmarr/codeowners: all below a.
    ["a/**/", "CS3008"],
    ["**/", "CS3008"],
    ["/**/", "CS3008"],
    ["a\\", "CS3008"],
    ["a\\\\b", "CS3008"],
    ["a\\/b", "CS3008"],
    ["a\\\tb", "CS3008"],
    // GitHub's own words: "will never match anything, did you mean `*` instead?"
    ["/", "CS3009"],
    ["//", "CS3009"],
    ["a//b", "CS3009"],
    ["a//", "CS3009"],
    ["./a", "CS3009"],
    ["a/../b", "CS3009"],
    ["..", "CS3009"],
    ["", "CS3009"],
    ["a".repeat(4097), "CS3009"],
  ])("%j", (pattern, code) => expect(compilePattern(pattern)).toMatchObject({ code }));

  test("what was meant is offered where it is sure", () => {
    expect(compilePattern("./docs/")).toMatchObject({ fix: "/docs/" });
    expect(compilePattern("/")).toMatchObject({ fix: "*" });
    expect(compilePattern("./a/../b")).not.toHaveProperty("fix");
    expect(compilePattern("././a")).not.toHaveProperty("fix");
  });

  test("4 096 characters are a pattern", () => expect(takes("a".repeat(4096), "a".repeat(4096))).toBe(true));
});

describe("C15 work", () => {
  const hostile: readonly [string, string][] = [
    [`${"*a".repeat(500)}*..b`, `${"a".repeat(4000)}..c..b`],
    [`${"**/a*/".repeat(200)}b`, `${"aa/".repeat(1300)}b..b`],
    [`${"a?*".repeat(300)}b`, `${"ab".repeat(2000)}b`],
    [`**/${"x/".repeat(2000)}y`, "x/".repeat(2000)],
    ["**/*a*b".repeat(300).replaceAll("b**", "b/**"), "ab/".repeat(1300)],
  ];
  test.each(hostile)("%#: each name of a pattern meets each name of a path at most once", (pattern, path) => {
    const { parts } = compiled(pattern);
    const segments = path.split("/");
    let met = 0;
    patternFits({ parts, key: "*" }, segments, (part, segment) => {
      met++;
      return segmentFits(part, segment);
    });
    expect(met).toBeLessThanOrEqual(parts.length * segments.length);
  });

  test("only names with several wildcards cost a loop", () => {
    expect(loopCost(compiled("/svc*/**/x*.ts"))).toBe(0);
    expect(loopCost(compiled("a/*b*/c"))).toBe(3);
    expect(loopCost(compiled("a?c"))).toBe(3);
  });
});
