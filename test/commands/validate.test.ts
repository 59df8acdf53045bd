import { spawnSync } from "node:child_process";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { at, fine, type Folder, newFolder } from "./access-repo.ts";

const wrong = fine.replace("role: operator", "role: operatr");

let folder: Folder;
beforeEach(() => {
  folder = newFolder();
});
afterEach(() => folder.remove());

describe("exit status", () => {
  test("0: nothing is wrong", async () => {
    folder.write({ [at("a")]: fine, [at("b")]: fine });
    expect(await folder.validate()).toMatchObject({ code: 0, out: "No findings in 2 requests and the policy.\n" });
  });
  test("0: warnings only", async () => {
    folder.write({ "docs/CODEOWNERS": "* @acme/x\n" });
    expect((await folder.validate()).out).toContain("1 warning in 1 file\n");
    expect(await folder.findings()).toMatchObject({
      code: 0,
      json: { ok: true, diagnostics: [{ severity: "warning" }] },
    });
  });
  test("1: errors", async () => {
    folder.write({ [at("a")]: wrong });
    expect(await folder.findings()).toMatchObject({ code: 1, json: { ok: false } });
  });
  test("2: no access repo", async () => {
    const empty = newFolder({ empty: true });
    expect(await empty.validate()).toMatchObject({ code: 2, out: "", err: expect.stringContaining("--repo DIR") });
    expect(await empty.validate({ repo: "." })).toMatchObject({ code: 2 });
    expect(await empty.validate({ repo: "nowhere" })).toMatchObject({ code: 2 });
    empty.write({ file: "x" });
    expect(await empty.validate({ repo: "file" })).toMatchObject({ code: 2 });
    empty.remove();
  });
  test("2: two formats", async () => {
    expect(await folder.validate({ json: true, format: "github" })).toMatchObject({ code: 2, out: "" });
    expect(await folder.validate({ json: true, format: "json" })).toMatchObject({ code: 0 });
  });
  test("an access repo that lacks its settings is a finding, not misuse", async () => {
    const bare = newFolder({ empty: true });
    bare.write({ [at("a")]: fine });
    const { code, found } = await bare.findings();
    expect({ code, found }).toMatchObject({
      code: 1,
      found: expect.arrayContaining([".github/countersign.yml:1:1 CS2003 error"]),
    });
    bare.remove();
  });
});

describe("the policy", () => {
  const settings = ".github/countersign.yml";
  test("with errors: requests are judged by themselves only, and that is said", async () => {
    folder.write({ [settings]: "version: 2\n", [at("a")]: wrong, [at("b")]: `${fine}nonsense: 1\n` });
    const { code, found, json } = await folder.findings();
    expect(found).toEqual([`${settings}:1:10 CS1011 error`, `${at("b")}:17:1 CS1007 error`]);
    expect({ code, json }).toMatchObject({ code: 1, json: { policy_checked: false, policy_digest: null } });
    expect((await folder.validate()).out).toContain("not checked against the policy, because the policy has errors");
  });
  test("errors of it are told whatever file was named; warnings are not", async () => {
    folder.write({ "docs/CODEOWNERS": "x", [at("a")]: fine });
    expect((await folder.findings({ files: [at("a")] })).found).toEqual([]);
    folder.write({ [settings]: "version: 2\n" });
    expect((await folder.findings({ files: [at("a")] })).found).toEqual([`${settings}:1:10 CS1011 error`]);
  });
  test("CS2030: a session policy that AWS would not take", async () => {
    const resources = Array.from({ length: 60 }, (_, i) => `"arn:aws:s3:::acme-${"x".repeat(30)}-${i}"`).join(", ");
    folder.write({ [at("a")]: fine.replace('"arn:aws:s3:::acme-stale-logs"', resources) });
    expect((await folder.findings()).found).toEqual([`${at("a")}:5:1 CS2030 error`]);
  });
});

describe("FILES", () => {
  beforeEach(() => folder.write({ [at("a")]: wrong, [at("b")]: wrong, "requests/aws-prod/c.yml": wrong }));
  const files = async (...names: string[]) =>
    (await folder.findings({ files: names })).found.map((f) => f.split(":")[0]);

  test("of the repo, from the repo", async () => {
    expect(await files(at("a"))).toEqual([at("a")]);
    expect(await files(`./${at("b")}`, at("a"))).toEqual([at("a"), at("b")]);
    expect(await files(join(folder.dir, at("b")))).toEqual([at("b")]);
  });
  test("folders stand for what is in them, the repo for all", async () => {
    expect(await files("requests/aws-prod/2026-11")).toEqual([at("a"), at("b")]);
    expect(await files("requests/")).toHaveLength(3);
    expect(await files(".")).toHaveLength(3);
    expect(await files("targets")).toEqual([]);
  });
  test("from a folder below, which finds the repo above: seen from there, or from the repo", async () => {
    const cwd = join(folder.dir, "requests/aws-prod/2026-11");
    for (const name of ["a.yml", at("a"), "../2026-11/a.yml"]) {
      const { out } = await folder.validate({ files: [name], json: true }, { cwd });
      expect(JSON.parse(out)).toMatchObject({ requests: 1, diagnostics: [{ file: at("a") }] });
    }
  });
  test("from elsewhere, with --repo", async () => {
    const cwd = join(folder.dir, "..");
    const { out } = await folder.validate({ files: [at("a")], repo: "access repo", json: true }, { cwd });
    expect(JSON.parse(out)).toMatchObject({ requests: 1 });
    expect(
      await folder.validate({ files: [join("access repo", at("a"))], repo: "access repo" }, { cwd }),
    ).toMatchObject({ code: 1 });
  });
  test("through a link to the repo", async () => {
    symlinkSync("access repo", join(folder.dir, "../link"));
    const cwd = join(folder.dir, "..");
    const { out } = await folder.validate({ files: [join("link", at("a"))], repo: "link", json: true }, { cwd });
    expect(JSON.parse(out)).toMatchObject({ requests: 1 });
  });
  test("that validate does not read are fine: hooks name whatever was changed", async () => {
    folder.write({ "README.md": "x" });
    expect(await folder.validate({ files: ["README.md"] })).toMatchObject({
      code: 0,
      out: "No findings in 0 requests and the policy.\n",
    });
  });
  test.each([
    ["outside", "/etc/passwd", "is not inside the access repo"],
    ["outside, by way of the repo", "requests/../../other", "is not inside the access repo"],
    ["beside, with the repo's name in front", "../access repo 2", "is not inside the access repo"],
    ["behind a link in the repo", "requests/out/passwd", "is not inside the access repo"],
    ["that do not exist", at("z"), "does not exist"],
    ["with an impossible name", "a\0b", "does not exist"],
    ["with a terminal's commands in the name", "\u001b[2Jx", '"\ufffd[2Jx" does not exist'],
  ])("%s: misuse, with the way out", async (_, name, message) => {
    folder.write({ "../other": "x", "../access repo 2": "x" });
    symlinkSync("/etc", join(folder.dir, "requests/out"));
    const { code, err } = await folder.validate({ files: [at("a"), name] });
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(err).not.toContain("\u001b");
  });
  test("a link is told, not followed, when it is named itself", async () => {
    symlinkSync("/etc/passwd", join(folder.dir, at("l")));
    expect((await folder.findings({ files: [at("l")] })).found).toEqual([`${at("l")}:1:1 CS2001 error`]);
  });
});

describe("progress", () => {
  test("counts on a terminal and is gone at the end", async () => {
    const many = Object.fromEntries(
      Array.from({ length: 401 }, (_, i) => [`requests/aws-prod/r${i}.yml`, "version: 1\n"]),
    );
    folder.write(many);
    const lines: string[] = [];
    const { validate } = await import("../../src/commands/validate.ts");
    const io = {
      out: () => undefined,
      err: () => undefined,
      cwd: folder.dir,
      env: {},
      now: () => new Date(),
      tty: true,
    };
    await validate({ files: [] }, io, (text) => lines.push(text));
    expect(lines).toContain("\r\u001b[KChecked 200 of 401 requests");
    expect(lines.at(-1)).toBe("\r\u001b[K");
  });
});

describe("colour", () => {
  const escape = "\u001b[";
  test.each([
    ["on a terminal", { tty: true }, true],
    ["not in a file or a pipe", {}, false],
    ["not with NO_COLOR", { tty: true, env: { NO_COLOR: "1" } }, false],
    ["as ever with an empty NO_COLOR", { tty: true, env: { NO_COLOR: "" } }, true],
    ["not on a dumb terminal", { tty: true, env: { TERM: "dumb" } }, false],
  ])("%s", async (_, io, expected) => {
    folder.write({ [at("a")]: wrong });
    expect((await folder.validate({}, io)).out.includes(escape)).toBe(expected);
    expect((await folder.validate({ json: true }, io)).out).not.toContain(escape);
    expect((await folder.validate({ format: "github" }, io)).out).not.toContain(escape);
  });
});

describe("as a process", () => {
  const cli = join(import.meta.dirname, "../../src/cli.ts");
  test("options that do not exist are misuse", () => {
    const run = spawnSync(process.execPath, [cli, "validate", "--nonsense"], { cwd: folder.dir, encoding: "utf8" });
    expect(run).toMatchObject({ status: 2, stdout: "", stderr: expect.stringContaining("--nonsense") });
  });
  test("findings end with 1, also where the reader leaves early", () => {
    folder.write({ [at("a")]: wrong });
    const script = '"$0" "$1" validate | true; echo "${PIPESTATUS[0]}"';
    const run = spawnSync("bash", ["-c", script, process.execPath, cli], { cwd: folder.dir, encoding: "utf8" });
    expect(run).toMatchObject({ stdout: "1\n", stderr: expect.not.stringContaining("EPIPE") });
  });
});
