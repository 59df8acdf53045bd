import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fine, type Folder, newFolder } from "./access-repo.ts";
import { acts } from "./run.ts";

const needs = "needs 2 @acme/sre @bob, 1 @acme/security";
const text = (expectation: string): string => `version: 1
tests:
  - name: one
    expect: ${expectation}
    requester: "@alice"
    target: aws-prod
    request:
      role: operator
      reason: Delete the old log bucket
      ticket: OPS-1
      actions: ["s3:DeleteBucket"]
      resources: ["arn:aws:s3:::acme-old-logs"]
      workflow: { file: .github/workflows/run.yml }
`;

describe("policy tests in validate", () => {
  let folder: Folder;
  beforeEach(() => {
    folder = newFolder();
  });
  afterEach(() => folder.remove());
  const good = text(needs);
  const bad = text("allowed");
  const at = "requests/aws-prod/2026-11/a.yml";

  test("runs the tests, counts them, and shows one that fails at its line", async () => {
    folder.write({ "tests/good.yml": good });
    expect((await folder.validate()).out).toBe("No findings in 0 requests, the policy and 1 policy test.\n");
    folder.write({ "tests/deep/bad.yml": bad });
    const { code, out } = await folder.validate();
    expect(code).toBe(1);
    expect(out).toBe(`tests/deep/bad.yml:4:13: error CS6001: "one": expected allowed, but it ${needs}.
    |
  4 |     expect: allowed
    |             ^^^^^^^
    = help: If that is what the policy should answer, write \`expect: ${needs}\`; otherwise mend the policy.

1 error in 1 file
More about it: countersign explain CS6001
`);
    expect(await folder.findings()).toMatchObject({ code: 1, json: { policy_tests: 2 } });
  });
  test("says nothing of tests that it did not run", async () => {
    folder.write({ "tests/bad.yml": bad, [at]: fine });
    expect(await folder.validate({ files: [at] })).toMatchObject({
      code: 0,
      out: "No findings in 1 request and the policy.\n",
    });
    expect((await folder.findings({ files: [at] })).json).toMatchObject({ policy_tests: 0 });
  });
  test.each([
    ["a file of tests", "tests/bad.yml"],
    ["their folder", "tests"],
    ["a target", "targets/aws-prod.yml"],
    ["the settings", ".github/countersign.yml"],
    ["CODEOWNERS", ".github/CODEOWNERS"],
  ])("runs them where %s is named", async (_, name) => {
    folder.write({ "tests/bad.yml": bad });
    expect((await folder.findings({ files: [name] })).found).toEqual(["tests/bad.yml:4:13 CS6001 error"]);
  });
  test("does not run them under a policy with errors, and does not say that it did", async () => {
    folder.write({ "tests/good.yml": good, ".github/countersign.yml": "version: 2\n" });
    expect(await folder.findings()).toMatchObject({
      code: 1,
      found: [".github/countersign.yml:1:10 CS1011 error"],
      json: { policy_tests: 0 },
    });
  });
  test("finds what is wrong in a file of tests", async () => {
    folder.write({
      "tests/a.yml": good.replace("expect", "expekt"),
      "tests/b.yml": "\u0000",
      "tests/c.yml": `# ${"ä".repeat(40_000)}`,
    });
    const { found } = await folder.findings();
    expect(found.filter((one) => one.includes("a.yml"))).toContain("tests/a.yml:4:5 CS1007 error");
    expect(found.some((one) => one.startsWith("tests/b.yml"))).toBe(true);
    expect(found).toContain("tests/c.yml:1:1 CS1002 error");
  });
  test("C12 tells what looks like a test and does not run, and follows no link", async () => {
    folder.write({
      "tests/a.yaml": bad,
      "tests/b c.yml": bad,
      "tests/1/2/3/4/d.yml": bad,
      "../secret.yml": bad,
      "tests/README.md": "x",
    });
    symlinkSync("../../secret.yml", join(folder.dir, "tests/e.yml"));
    mkdirSync(join(folder.dir, "../secrets"));
    symlinkSync("../../secrets", join(folder.dir, "tests/folder"));
    const { found, json } = await folder.findings();
    expect(found).toEqual(
      ["1/2/3/4/d.yml", "a.yaml", "b c.yml", "e.yml", "folder"].map((name) => `tests/${name}:1:1 CS6003 error`),
    );
    expect(json.diagnostics.map(({ message }) => message)).toEqual([
      "Its name or folder is not a test's.",
      "The ending of tests is .yml.",
      "Its name or folder is not a test's.",
      "It is a symbolic link, which is not followed.",
      "It is a symbolic link, which is not followed.",
    ]);
  });
  test("C12 follows no link in place of the folder", async () => {
    folder.write({ "../elsewhere/bad.yml": bad });
    symlinkSync("../elsewhere", join(folder.dir, "tests"));
    expect((await folder.findings()).found).toEqual(["tests:1:1 CS6003 error"]);
  });
  test("tells of files beyond the most that run", async () => {
    const many = Object.fromEntries(
      Array.from({ length: 202 }, (_, i) => [`tests/${String(i).padStart(3, "0")}.yml`, good]),
    );
    folder.write(many);
    const { found, json } = await folder.findings();
    expect(found).toEqual(["tests/200.yml:1:1 CS6003 error", "tests/201.yml:1:1 CS6003 error"]);
    expect(json).toMatchObject({ policy_tests: 200 });
  });
  test("C62 shows hostile names of tests as text", async () => {
    folder.write({ "tests/a.yml": bad.replace("name: one", 'name: "::error::x ##[group] `x` \\"q\\" 日本"') });
    const { out } = await folder.validate();
    expect(out).not.toMatch(acts);
    const github = (await folder.validate({ format: "github" })).out;
    expect(github.split("\n").filter((line) => line.startsWith("::"))).toHaveLength(1);
  });
});
