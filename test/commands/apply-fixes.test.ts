import { chmodSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Diagnostic } from "../../src/access-repo/types.ts";
import { applyFixes } from "../../src/commands/apply-fixes.ts";
import { replaceFile } from "../../src/commands/replace-file.ts";
import { at, fine, type Folder, newFolder } from "./access-repo.ts";

let folder: Folder;
beforeEach(() => {
  folder = newFolder();
});
afterEach(() => folder.remove());
const inside = (path: string): string => join(folder.dir, path);
const replace = (...pairs: readonly (readonly [string, string])[]): string =>
  pairs.reduce((text, [from, to]) => text.replace(from, to), fine);

describe("--fix", () => {
  test("mends several places of a file, stage after stage, and says what it did", async () => {
    folder.write({
      [at("a")]: replace(
        ["reason:", "reson:"],
        ["role: operator", 'role: "operatr" # why'],
        ["heads/main", "heads/mian"],
        ["environment: production", "environment: Production"],
      ),
    });
    const { code, out } = await folder.validate({ fix: true });
    expect(out).toBe(`${at("a")}:3:1: fixed CS1007: reson -> reason
${at("a")}:2:7: fixed CS2011: "operatr" -> operator
${at("a")}:11:8: fixed CS2020: refs/heads/mian -> refs/heads/main
${at("a")}:12:16: fixed CS2022: Production -> production

No findings in 1 request and the policy.
`);
    expect(code).toBe(0);
    expect(folder.read(at("a"))).toBe(replace(["role: operator", "role: operator # why"]));
  });
  test("several in one line", async () => {
    folder.write({
      [at("a")]: fine.replace(
        /workflow:\n(?: {2}.*\n)+/,
        "workflow: { reposiory: acme/infra, flie: .github/workflows/x.yml, envronment: production }\n",
      ),
    });
    expect(await folder.validate({ fix: true })).toMatchObject({ code: 0 });
    expect(folder.read(at("a"))).toContain(
      "workflow: { repository: acme/infra, file: .github/workflows/x.yml, environment: production }\n",
    );
  });
  test("keeps line ends, mode and everything else of the file", async () => {
    const text = replace(["role: operator", "role: operatr   # \u65e5\u672c \u{1f600}"]).replaceAll("\n", "\r\n");
    folder.write({ [at("a")]: text });
    chmodSync(inside(at("a")), 0o640);
    expect(await folder.validate({ fix: true })).toMatchObject({ code: 0 });
    expect(folder.read(at("a"))).toBe(text.replace("operatr", "operator"));
    expect(statSync(inside(at("a"))).mode & 0o777).toBe(0o640);
    expect(readdirSync(inside("requests/aws-prod/2026-11"))).toEqual(["a.yml"]);
  });
  test("writes what got better, although the file has other errors, which are told", async () => {
    folder.write({ [at("a")]: replace(["role: operator", "role: operatr"], ["duration: 1h", "duration: 9h"]) });
    const { code, out } = await folder.validate({ fix: true });
    expect(code).toBe(1);
    expect(out).toContain("fixed CS2011");
    expect(out).toContain("error CS2013");
    expect(folder.read(at("a"))).toContain("role: operator\n");
  });
  test("does not write what gets no better: a value that spans lines", async () => {
    const text = replace(["role: operator", "role: >-\n  operatr"]);
    folder.write({ [at("a")]: text });
    const { code, out } = await folder.validate({ fix: true });
    expect(code).toBe(1);
    expect(out).not.toContain("fixed");
    expect(folder.read(at("a"))).toBe(text);
  });
  test("mends the policy first, and then what is judged under it", async () => {
    folder.write({
      ".github/countersign.yml": "version: 1\naprovals: 1\n",
      [at("a")]: replace(["role: operator", "role: operatr"]),
    });
    expect(await folder.validate({ fix: true })).toMatchObject({ code: 0 });
    expect(folder.read(".github/countersign.yml")).toBe("version: 1\napprovals: 1\n");
  });
  test("says in JSON what it did", async () => {
    folder.write({ [at("a")]: replace(["role: operator", "role: operatr"]) });
    const { json } = await folder.findings({ fix: true });
    expect(json).toMatchObject({
      ok: true,
      fixed: [{ file: at("a"), line: 2, column: 7, code: "CS2011", from: "operatr", to: "operator" }],
    });
  });
  test("touches nothing without being asked, and only what was named", async () => {
    const text = replace(["role: operator", "role: operatr"]);
    folder.write({ [at("a")]: text, [at("b")]: text });
    await folder.validate();
    expect(folder.read(at("a"))).toBe(text);
    await folder.validate({ fix: true, files: [at("a")] });
    expect(folder.read(at("a"))).toBe(fine);
    expect(folder.read(at("b"))).toBe(text);
  });
});

describe("--fix never changes what may have been approved", () => {
  const text = replace(["role: operator", "role: operatr"]);
  test("a merged request", async () => {
    folder.git("init", "-q", "-b", "main");
    folder.commit({ [at("old")]: text });
    expect(await folder.validate({ fix: true })).toMatchObject({ code: 0 });
    expect(folder.read(at("old"))).toBe(text);
  });
  test("one that was changed since", async () => {
    folder.git("init", "-q", "-b", "main");
    folder.commit({ [at("old")]: fine });
    folder.write({ [at("old")]: text });
    expect(await folder.validate({ fix: true })).toMatchObject({ code: 1 });
    expect(folder.read(at("old"))).toBe(text);
  });
  test("one that is committed where no base is known, and it says so", async () => {
    folder.git("init", "-q", "-b", "main");
    folder.commit({ [at("a")]: text });
    folder.git("checkout", "-q", "--detach");
    folder.git("branch", "-q", "-D", "main");
    folder.write({ [at("b")]: text });
    const { code, err } = await folder.validate({ fix: true });
    expect(code).toBe(1);
    expect(err).toContain(`${at("a")} was not mended: it is committed, and may be merged. Name the base with --base.`);
    expect(folder.read(at("a"))).toBe(text);
    expect(folder.read(at("b"))).toBe(fine);
  });
  test("a link, or what it leads to", async () => {
    folder.write({ "../outside.yml": text, [at("a")]: text });
    symlinkSync("../../../../outside.yml", inside(at("link")));
    symlinkSync("../../outside.yml", inside("targets/link.yml"));
    expect(await folder.validate({ fix: true })).toMatchObject({ code: 1 });
    expect(folder.read("../outside.yml")).toBe(text);
    expect(lstatSync(inside("targets/link.yml")).isSymbolicLink()).toBe(true);
  });
});

describe("applyFixes", () => {
  const finding = (column: number, length: number, fix: string, code = "CS1007"): Diagnostic => ({
    file: "f",
    line: 1,
    column,
    length,
    severity: "error",
    code,
    message: `${column}`,
    hint: "",
    fix,
  });
  const apply = async (
    text: string,
    wanted: readonly Diagnostic[],
    judge: (text: string) => readonly Diagnostic[] = () => [],
  ) => {
    writeFileSync(inside("f"), text);
    const result = await applyFixes(folder.dir, [{ path: "f", text, found: wanted, judge }]);
    return [readFileSync(inside("f"), "utf8"), result.fixed.length];
  };
  test("replaces from the end, so that places stay right", async () => {
    expect(await apply("aa bb cc\n", [finding(1, 2, "x"), finding(7, 2, "long"), finding(4, 2, "yyy")])).toEqual([
      "x yyy long\n",
      3,
    ]);
  });
  test("does not let two overlap, nor go past a line, nor bring a line end or a hidden character", async () => {
    expect(await apply("abcdef\n", [finding(1, 3, "x"), finding(3, 2, "y")])).toEqual(["abcdef\n", 0]);
    expect(await apply("ab\ncd\n", [finding(2, 3, "x")])).toEqual(["ab\ncd\n", 0]);
    for (const fix of ["x\ny", "\u202e", "\u001b[m", ""])
      expect(await apply("ab\n", [finding(1, 1, fix)])).toEqual(["ab\n", 0]);
  });
  test("leaves warnings alone", async () => {
    expect(await apply("ab\n", [{ ...finding(1, 1, "x"), severity: "warning" }])).toEqual(["ab\n", 0]);
  });
  test("takes the good ones of several", async () => {
    const judge = (text: string): readonly Diagnostic[] =>
      text.includes("y") ? [{ ...finding(4, 1, "z", "CS1008"), message: "new" }] : [];
    expect(await apply("aa bb\n", [finding(1, 2, "x"), finding(4, 2, "y")], judge)).toEqual(["x bb\n", 1]);
  });
  test("refuses what leaves the finding, or brings another of the same stage, not what was hidden", async () => {
    const one = finding(1, 2, "x");
    expect(await apply("aa\n", [one], () => [one])).toEqual(["aa\n", 0]);
    expect(await apply("aa\n", [one], () => [finding(1, 1, "q", "CS1011")])).toEqual(["aa\n", 0]);
    expect(await apply("aa\n", [one], () => [finding(1, 1, "q", "CS2013")])).toEqual(["x\n", 1]);
    const late = finding(1, 2, "x", "CS2018");
    expect(await apply("aa\n", [late], () => [{ ...late, code: "CS2016" }])).toEqual(["aa\n", 0]);
  });
});

describe("writing", () => {
  test("a file that was changed in the meantime stays as it is", async () => {
    writeFileSync(inside("f"), "theirs");
    expect(await replaceFile(folder.dir, "f", "mine", "new")).toBe("it was changed in the meantime");
    expect(folder.read("f")).toBe("theirs");
    expect(readdirSync(folder.dir).filter((name) => name.endsWith("~"))).toEqual([]);
  });
  test("never through a link in the path", async () => {
    folder.write({ "../outside/f": "old" });
    symlinkSync("../outside", inside("d"));
    expect(await replaceFile(folder.dir, "d/f", "old", "new")).toBe("a folder of its path is a symbolic link");
    symlinkSync("../outside/f", inside("l"));
    expect(await replaceFile(folder.dir, "l", "old", "new")).toBe("it is not a plain file");
    expect(folder.read("../outside/f")).toBe("old");
  });
});
