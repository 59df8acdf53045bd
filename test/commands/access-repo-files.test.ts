import { execFileSync } from "node:child_process";
import { appendFileSync, chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { readOnDisk } from "../../src/commands/plain-file.ts";
import { at, fine, type Folder, newFolder } from "./access-repo.ts";

let folder: Folder;
beforeEach(() => {
  folder = newFolder();
  folder.write({ [at("good")]: fine });
});
afterEach(() => folder.remove());
const found = async () => (await folder.findings()).found;
const inside = (path: string): string => join(folder.dir, path);
const pipe = (path: string): void => void execFileSync("sh", ["-c", 'mkfifo "$0"', inside(path)]);

test("a whole access repo is read, and all else in the folder is not", async () => {
  folder.write({ "README.md": "x", "docs/requests/x.yml": "\u0000", "src/targets/y.yml": "{" });
  expect(await folder.findings()).toMatchObject({ code: 0, found: [], json: { ok: true, requests: 1 } });
});

describe("C12 what is no plain file is told, never followed", () => {
  test.each([
    ["a link to a file outside", () => symlinkSync("/etc/passwd", inside(at("x"))), `${at("x")}:1:1 CS2001 error`],
    ["a link to a good request", () => symlinkSync("good.yml", inside(at("x"))), `${at("x")}:1:1 CS2001 error`],
    ["a link to nothing", () => symlinkSync("/nowhere", inside(at("x"))), `${at("x")}:1:1 CS2001 error`],
    [
      "a link in place of a target's folder",
      () => symlinkSync("/etc", inside("requests/gcp")),
      "requests/gcp:1:1 CS2001 error",
    ],
    ["a pipe", () => pipe(at("x")), `${at("x")}:1:1 CS2001 error`],
    ["an executable", () => writeFileSync(inside(at("x")), fine, { mode: 0o755 }), `${at("x")}:1:1 CS2001 error`],
    ["a submodule", () => folder.write({ "requests/aws-dev/.git": "gitdir: x" }), "requests/aws-dev:1:1 CS2001 error"],
    ["a repository inside", () => folder.write({ "requests/a/.git/HEAD": "x" }), "requests/a:1:1 CS2001 error"],
    [
      "a folder with a file's name",
      () => folder.write({ [`${at("x")}/y.yml`]: fine }),
      `${at("x")}/y.yml:1:1 CS4004 error`,
    ],
    [
      "a target that is a link",
      () => symlinkSync("aws-prod.yml", inside("targets/b.yml")),
      "targets/b.yml:1:1 CS2001 error",
    ],
    ["a target that is a pipe", () => pipe("targets/b.yml"), "targets/b.yml:1:1 CS2001 error"],
  ])("%s", async (_, make, expected) => {
    make();
    const { code, found, json } = await folder.findings();
    expect(found).toEqual([expected]);
    expect(code).toBe(1);
    expect(JSON.stringify(json)).not.toContain("root:");
  });
  test("a folder of targets, and one in place of a target", async () => {
    folder.write({ "targets/sub/x.yml": "version: 1", "targets/y.yml/x": "x" });
    mkdirSync(inside("targets/empty"));
    expect(await found()).toEqual([
      "targets/sub:1:1 CS2001 error",
      "targets/sub:1:1 CS2002 error",
      "targets/y.yml:1:1 CS2001 error",
    ]);
  });
  test.each(["requests", "targets", ".github"])("%s itself is a link", async (name) => {
    execFileSync("mv", [inside(name), join(folder.dir, "..", "elsewhere")]);
    symlinkSync("../elsewhere", inside(name));
    const { code, found } = await folder.findings();
    expect(code).toBe(1);
    expect(found).toContain(`${name}:1:1 CS2001 error`);
  });
  test("a socket", async () => {
    const server = createServer().listen(inside(at("s")));
    await new Promise((done) => server.once("listening", done));
    expect(await found()).toEqual([`${at("s")}:1:1 CS2001 error`]);
    server.close();
  });
  test("a link that leads round in circles does not hang", async () => {
    symlinkSync("..", inside("requests/aws-prod/loop"));
    expect(await found()).toEqual(["requests/aws-prod/loop:1:1 CS2001 error"]);
  });
});

describe("C13 names", () => {
  test("names that are no request's are findings, as in a pull request", async () => {
    folder.write({
      "requests/README.md": "x",
      "requests/aws-prod/x.yaml": fine,
      "requests/aws-prod/2026-13/x.yml": fine,
      "requests/aws-prod/Upper.yml": fine,
      "requests/aws-prod/a\nb.yml": fine,
      "requests/aws-prod/\u001b[31mred.yml": fine,
    });
    expect(await found()).toEqual([
      "requests/README.md:1:1 CS4004 error",
      "requests/aws-prod/\u001b[31mred.yml:1:1 CS4007 error",
      "requests/aws-prod/\u001b[31mred.yml:1:1 CS4004 error",
      "requests/aws-prod/2026-13/x.yml:1:1 CS4004 error",
      "requests/aws-prod/Upper.yml:1:1 CS4004 error",
      "requests/aws-prod/a\nb.yml:1:1 CS4007 error",
      "requests/aws-prod/a\nb.yml:1:1 CS4004 error",
      "requests/aws-prod/x.yaml:1:1 CS4004 error",
    ]);
  });
  test("a name that is not UTF-8", async () => {
    execFileSync("sh", ["-c", "printf x > \"$(printf 'bad\\377.yml')\""], { cwd: inside("requests/aws-prod") });
    expect(await found()).toContain("requests/aws-prod/bad\ufffd.yml:1:1 CS4007 error");
  });
  test("what editors leave is not", async () => {
    folder.write({
      "requests/.gitkeep": "",
      "requests/.DS_Store": "\u0000",
      [`${at("good")}~`]: "x",
      "requests/aws-prod/2026-11/.good.yml.swp": "x",
      "targets/.DS_Store": "\u0000",
      "targets/aws-prod.yml~": "x",
    });
    expect(await found()).toEqual([]);
  });
  test("but what is committed into targets/ is policy, whatever its name", async () => {
    folder.git("init", "-q", "-b", "main");
    folder.commit({ "targets/.gitkeep": "" });
    folder.write({ "targets/.DS_Store": "\u0000" });
    expect(await found()).toEqual(["targets/.gitkeep:1:1 CS2002 error"]);
  });
  test.each(["Requests/x.yml", "targetS/x.yml", ".github/codeowners", "docs/Codeowners"])(
    "%s imitates a place that counts",
    async (path) => {
      folder.write({ [path]: "x" });
      expect((await found()).map((f) => f.split(" ")[1])).toEqual(["CS4005"]);
    },
  );
});

describe("C12 content", () => {
  test.each<[string, string | Uint8Array, string]>([
    ["not UTF-8", Buffer.from([0x76, 0xff]), "1:1 CS1001"],
    ["cut within a character", Buffer.from("a: \u00e9").subarray(0, 4), "1:1 CS1001"],
    ["UTF-16", Buffer.from(`\ufeff${fine}`, "utf16le"), "1:1 CS1001"],
    ["a byte order mark", `\ufeff${fine}`, "1:1 CS1003"],
    ["empty", "", "1:1 CS1005"],
    ["64 KiB and one", `${fine}#${"x".repeat(65_536 - fine.length)}`, "1:1 CS1002"],
    ["larger, of wide characters, cut within one", `# ${"\u65e5".repeat(40_000)}\n${fine}`, "1:1 CS1002"],
    ["far larger", Buffer.alloc(5_000_000, "a"), "1:1 CS1002"],
  ])("%s", async (_, content, expected) => {
    folder.write({ [at("x")]: content });
    expect(await found()).toEqual([`${at("x")}:${expected} error`]);
  });
  test("64 KiB exactly is fine", async () => {
    folder.write({ [at("x")]: `${fine}#${"x".repeat(65_535 - fine.length)}` });
    expect(await found()).toEqual([]);
  });
  test("CODEOWNERS may be larger, up to GitHub's limit", async () => {
    const rules = "* @acme/platform\n";
    folder.write({ ".github/CODEOWNERS": `${`# ${"x".repeat(98)}\n`.repeat(2_000)}${rules}` });
    expect(await found()).toEqual([]);
    folder.write({ ".github/CODEOWNERS": `${rules}${`# ${"x".repeat(98)}\n`.repeat(30_000)}` });
    expect((await found())[0]).toBe(".github/CODEOWNERS:1:1 CS3002 error");
  });
});

describe("what cannot be read is an error, not an absence", () => {
  const asRoot = process.getuid?.() === 0;
  test.skipIf(asRoot)("a folder without permission", async () => {
    mkdirSync(inside("requests/closed"));
    chmodSync(inside("requests/closed"), 0);
    expect(await found()).toEqual(["requests/closed:1:1 CS1001 error"]);
    chmodSync(inside("requests/closed"), 0o700);
  });
  test.skipIf(asRoot)("a file without permission", async () => {
    chmodSync(inside(at("good")), 0);
    expect(await found()).toEqual([`${at("good")}:1:1 CS1001 error`]);
  });
  test("a target that cannot be read is not a target that does not exist", async () => {
    rmSync(inside("targets/aws-prod.yml"));
    pipe("targets/aws-prod.yml");
    expect(await folder.findings()).toMatchObject({
      found: ["targets/aws-prod.yml:1:1 CS2001 error"],
      json: { policy_checked: false },
    });
  });
});

describe("a file that changes while it is read", () => {
  afterEach(() => vi.restoreAllMocks());
  /** Appends to the file before each of the first `times` reads. */
  async function changing(times: number): Promise<void> {
    const handle = await open(inside(at("good")));
    const handles = Object.getPrototypeOf(handle) as { read: (...args: unknown[]) => Promise<unknown> };
    await handle.close();
    const read = handles.read;
    let left = times;
    vi.spyOn(handles, "read").mockImplementation(function (this: unknown, ...args) {
      if (left-- > 0) appendFileSync(inside(at("good")), "# more\n");
      return read.apply(this, args);
    });
  }
  test("is read again, whole", async () => {
    await changing(1);
    expect(await readOnDisk(folder.dir, at("good"), 65_536)).toMatchObject({
      kind: "file",
      whole: true,
      bytes: Buffer.from(`${fine}# more\n`),
    });
  });
  test("is not judged by a mixture", async () => {
    await changing(100);
    expect(await readOnDisk(folder.dir, at("good"), 65_536)).toEqual({
      kind: "unreadable",
      why: "it changes while it is read",
    });
    expect(await found()).toEqual(expect.arrayContaining([`${at("good")}:1:1 CS1001 error`]));
  });
});

test("the policy's digest is the one that git's ids give", async () => {
  folder.git("init", "-q", "-b", "main");
  folder.commit({ "targets/b-.yml": "x", "targets/b.yml": "y", "targets/b0.yml": "z" });
  rmSync(inside("targets/b-.yml"));
  rmSync(inside("targets/b.yml"));
  rmSync(inside("targets/b0.yml"));
  folder.commit({ CODEOWNERS: "* @acme/x\n" });
  const { json } = await folder.findings();
  const id = (path: string): string => folder.git("rev-parse", `HEAD:${path}`);
  const { digestOf } = await import("../../src/base/canonical-json.ts");
  expect(json.policy_digest).toBe(
    digestOf({
      v: 1,
      settings: id(".github/countersign.yml"),
      targets: id("targets"),
      codeowners: [id(".github/CODEOWNERS"), id("CODEOWNERS"), null],
    }),
  );
});
