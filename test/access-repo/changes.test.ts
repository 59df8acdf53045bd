import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Change, classifyChanges, isPolicyPath, parseRequestPath } from "../../src/access-repo/index.ts";
import { codesOf } from "./expect-codes.ts";

const added = (path: string): Change => ({ path, status: "added" });
const request = "requests/aws-prod/2026-11/delete-logs.yml";
const refusal = (changes: readonly Change[]): string[] => {
  const kind = classifyChanges(changes);
  return kind.kind === "refused" ? codesOf(kind.diagnostics) : [kind.kind];
};

describe("what a pull request may hold", () => {
  test.each<[string, readonly Change[], string]>([
    ["one added request", [added(request)], "request"],
    ["two added requests", [added(request), added("requests/gcp-dev/x.yml")], "request"],
    ["a deleted request", [{ path: request, status: "removed" }], "revocation"],
    ["the settings", [{ path: ".github/countersign.yml", status: "modified" }], "policy"],
    ["a target", [added("targets/x.yml")], "policy"],
    ["a policy file and the manual", [{ path: "CODEOWNERS", status: "removed" }, added("README.md")], "policy"],
    [
      "a policy file renamed away",
      [{ path: "old/CODEOWNERS.txt", status: "renamed", previousPath: "docs/CODEOWNERS" }],
      "policy",
    ],
    ["a folder in targets", [added("targets/sub/x.yml")], "policy"],
    ["the manual", [added("README.md"), { path: "a.txt", status: "renamed", previousPath: "b.txt" }], "other"],
    ["a folder with a similar name", [added("requests-old/x.yml"), added("targets.md")], "other"],
    ["nothing", [], "other"],
    ["an unchanged request beside the manual", [{ path: request, status: "unchanged" }, added("README.md")], "other"],
  ])("%s", (_, changes, kind) => expect(classifyChanges(changes).kind).toBe(kind));

  test("paths are all that is touched, the old names too", () => {
    const change: Change = { path: "targets/b.yml", status: "renamed", previousPath: "targets/a.yml" };
    expect(classifyChanges([change])).toEqual({ kind: "policy", paths: ["targets/b.yml", "targets/a.yml"] });
  });
});

describe("a refusal names what is in the way", () => {
  test.each<[string, readonly Change[], string, RegExp, RegExp]>([
    ["another file", [added(request), added("README.md")], "CS4001", /with "README\.md"\.$/, /Keep the requests/],
    [
      "others",
      [added("b"), added(request), added("a"), added("c")],
      "CS4001",
      /with "b" and 2 more\.$/,
      /another for the rest/,
    ],
    ["CODEOWNERS in lower case", [added("docs/codeowners")], "CS4005", /nearly/, /"docs\/CODEOWNERS"/],
    ["a folder in upper case", [added("Targets/X.yml")], "CS4005", /nearly/, /"targets\/x\.yml"/],
    ["a backslash", [added("requests\\a\\b.yml")], "CS4007", /a backslash/, /plain characters/],
    ["a hidden character", [added("a\u200bb")], "CS4007", /hidden character U\+200B/, /./],
    ["a way up", [added("a/../b")], "CS4007", /the part "\.\."/, /./],
    ["nothing between slashes", [added("a//b")], "CS4007", /the part ""/, /./],
    ["a space at the end", [added("a /b")], "CS4007", /the part "a "/, /./],
    ["too long", [added("a".repeat(1025))], "CS4007", /longer than 1024/, /./],
  ])("%s", (_, changes, code, message, hint) => {
    const kind = classifyChanges(changes);
    if (kind.kind !== "refused") expect.fail(kind.kind);
    const found = kind.diagnostics.find((d) => d.code === code);
    expect(found?.message).toMatch(message);
    expect(found?.hint).toMatch(hint);
  });
});

test.each([
  ["requests/aws-prod/x.yaml", "requests/aws-prod/x.yml"],
  ["requests/aws-prod/Delete Logs.YML", "requests/aws-prod/delete-logs.yml"],
  ["requests/aws_prod/202611/x", "requests/aws-prod/2026-11/x.yml"],
  ["requests/aws-prod/Ünïcode_.yml", "requests/aws-prod/unicode.yml"],
  ["requests/aws-prod/2026-13/x.yml", undefined],
  ["requests/README.md", undefined],
  ["requests/a/2026-11/b/x.yml", undefined],
])("a wrong path %s: the hint has the right one, where there is one", (path, meant) => {
  const kind = classifyChanges([added(path)]);
  if (kind.kind !== "refused") expect.fail(kind.kind);
  expect(kind.diagnostics[0]).toMatchObject({
    code: "CS4004",
    hint: meant === undefined ? expect.stringContaining("for example") : `Rename it to ${meant}.`,
  });
});

describe("C10 C11 anything that is not plainly one thing is refused, with the way out", () => {
  test.each<[string, readonly Change[], string]>([
    ["request and CODEOWNERS", [added(request), { path: ".github/CODEOWNERS", status: "modified" }], "CS4001"],
    ["request and policy", [added(request), added("targets/x.yml")], "CS4001"],
    ["request and workflow", [added(request), added(".github/workflows/x.yml")], "CS4001"],
    ["request and .gitattributes", [added(request), added(".gitattributes")], "CS4001"],
    ["request and .gitmodules", [added(request), added(".gitmodules")], "CS4001"],
    ["request and manual", [added(request), added("README.md")], "CS4001"],
    ["added and deleted", [added(request), { path: "requests/a/b.yml", status: "removed" }], "CS4001"],
    ["an edit", [{ path: request, status: "modified" }], "CS4002"],
    ["a change of mode", [{ path: request, status: "changed" }], "CS4002"],
    ["a rename", [{ path: request, status: "renamed", previousPath: "requests/a/b.yml" }], "CS4003"],
    ["a rename from elsewhere", [{ path: request, status: "renamed", previousPath: "drafts/b.yml" }], "CS4003"],
    ["a rename to elsewhere", [{ path: "drafts/b.yml", status: "renamed", previousPath: request }], "CS4003"],
    ["a copy", [{ path: request, status: "copied", previousPath: "requests/a/b.yml" }], "CS4003"],
    ["policy-bot's own wrong word", [{ path: request, status: "deleted" }], "CS4008"],
    ["an unknown status", [{ path: "README.md", status: "teleported" }], "CS4008"],
    ["a manual under requests/", [added("requests/README.md")], "CS4004"],
    ["another ending", [added("requests/aws-prod/x.yaml")], "CS4004"],
    ["a thirteenth month", [added("requests/aws-prod/2026-13/x.yml")], "CS4004"],
    ["a file in place of the folder", [added("requests")], "CS4004"],
    ["101 requests", Array.from({ length: 101 }, (_, i) => added(`requests/a/r${i}.yml`)), "CS4006"],
    ["C09 a list that may be cut", Array.from({ length: 3000 }, (_, i) => added(`docs/${i}.md`)), "CS4009"],
  ])("%s", (_, changes, code) => {
    expect(refusal(changes)).toContain(code);
    const kind = classifyChanges(changes);
    if (kind.kind === "refused") for (const d of kind.diagnostics) expect(d.hint.length).toBeGreaterThan(10);
  });
  test("100 requests are fine", () =>
    expect(classifyChanges(Array.from({ length: 100 }, (_, i) => added(`requests/a/r${i}.yml`))).kind).toBe("request"));
});

describe("C13 path tricks are refused", () => {
  test.each([
    ["dots", ["requests/aws-prod/../x.yml"], "CS4007"],
    ["a dot", ["requests/./x.yml"], "CS4007"],
    ["a backslash", ["requests\\aws-prod\\x.yml"], "CS4007"],
    ["a trailing dot", ["targets/x.yml."], "CS4007"],
    ["a trailing space", ["targets/x.yml "], "CS4007"],
    ["right-to-left", ["targets/\u202ex.yml"], "CS4007"],
    ["a control character", ["docs/a\nb.md"], "CS4007"],
    ["a double slash", ["docs//a.md"], "CS4007"],
    ["git's own folder", ["docs/.GIT/config"], "CS4007"],
    ["another case of requests/", ["Requests/aws-prod/x.yml"], "CS4005"],
    ["another case of targets/", ["Targets/aws-prod.yml"], "CS4005"],
    ["another case of CODEOWNERS", [".github/codeowners"], "CS4005"],
    ["wide letters", ["ｔargets/aws-prod.yml"], "CS4005"],
    ["two that differ by case", ["docs/A.md", "docs/a.md"], "CS4005"],
    ["two that differ by composition", ["docs/\u00e4.md", "docs/a\u0308.md"], "CS4005"],
  ])("%s", (_, paths, code) => expect(refusal(paths.map(added))).toContain(code));

  test.each([
    ["requests/aws-prod/x.yml", { target: "aws-prod", name: "x" }],
    ["requests/aws-prod/2026-12/x.yml", { target: "aws-prod", month: "2026-12", name: "x" }],
  ])("%s is a request", (path, expected) => expect(parseRequestPath(path)).toEqual({ path, ...expected }));

  test.each([
    "requests/x.yml",
    "requests/aws-prod/2026-00/x.yml",
    "requests/aws-prod/2026-1/x.yml",
    "requests/aws-prod/2026-11/y/x.yml",
    "requests/Aws/x.yml",
    "requests/aws-prod/-x.yml",
    "requests/aws-prod/x.yml\n",
    "requests/aws-prod/x.YML",
    "requests/aws:prod/x.yml",
    `requests/${"a".repeat(64)}/x.yml`,
    "/requests/aws-prod/x.yml",
  ])("%j is not a request", (path) => expect(parseRequestPath(path)).toBeUndefined());

  test("policy paths", () => {
    for (const path of [
      ".github/countersign.yml",
      "targets/a.yml",
      "targets/a/b",
      "targets",
      "CODEOWNERS",
      "docs/CODEOWNERS",
    ]) {
      expect(isPolicyPath(path)).toBe(true);
    }
    for (const path of ["requests/a/b.yml", "README.md", "docs/x.md", ".github/workflows/x.yml"])
      expect(isPolicyPath(path)).toBe(false);
  });
});

test("C10 property: a request or revocation touches request files only, all in one way", () => {
  const path = fc.constantFrom(
    request,
    "requests/a/b.yml",
    "requests/a/c.txt",
    "targets/a.yml",
    "README.md",
    "CODEOWNERS",
  );
  const status = fc.constantFrom("added", "removed", "modified", "renamed", "copied", "changed", "unchanged", "odd");
  const change = fc.record({ path, status, previousPath: fc.option(path, { nil: undefined }) });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 4 }), (changes) => {
      const kind = classifyChanges(changes);
      if (kind.kind !== "request" && kind.kind !== "revocation") return;
      const wanted = kind.kind === "request" ? "added" : "removed";
      for (const c of changes.filter((c) => c.status !== "unchanged")) {
        expect(c.status).toBe(wanted);
        expect(parseRequestPath(c.path)).toBeDefined();
      }
    }),
  );
});

describe("C15 the work for one pull request is bounded", () => {
  const renames = (count: number, of: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => ({ path: of(i), previousPath: of(i + count), status: "renamed" }));

  // One such list took a minute, and with longer paths three.
  test("C13 paths of characters that fold to eighteen each are refused where all together are too much to compare", () => {
    const kind = classifyChanges(renames(2999, (i) => `${"\ufdfa".repeat(900)}${i}`));
    if (kind.kind !== "refused") expect.fail(kind.kind);
    expect(kind.diagnostics).toMatchObject([{ code: "CS4005" }]);
  });
  test("the longest list in any script is fine", () => {
    expect(classifyChanges(renames(2999, (i) => `docs/${"\u65e5\u672c\u8a9e".repeat(15)}/${i}.md`)).kind).toBe("other");
  });
  test("C13 a long path that begins like one of ours is seen as before", () => {
    for (const path of [
      `Requests/${"\ufdfa".repeat(900)}`,
      `TARGETS/${"a".repeat(900)}`,
      `\uff32equests/${"x".repeat(300)}`,
    ]) {
      expect(classifyChanges([{ path, status: "added" }])).toMatchObject({
        kind: "refused",
        diagnostics: [{ code: "CS4005" }],
      });
    }
  });
  test("of thousands of refusals a hundred are said", () => {
    const kind = classifyChanges(renames(2999, (i) => `requests/x${i}\u202e`));
    expect(kind).toMatchObject({ kind: "refused" });
    if (kind.kind === "refused") expect(kind.diagnostics).toHaveLength(100);
  });
});
