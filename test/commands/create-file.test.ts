import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createFile, notAFolder } from "../../src/commands/create-file.ts";

let parent = "";
let root = "";
beforeEach(() => {
  parent = realpathSync(mkdtempSync(join(tmpdir(), "create-file-")));
  root = join(parent, "repo");
  mkdirSync(root);
});
afterEach(() => rmSync(parent, { recursive: true }));

describe("a file that is created", () => {
  test("comes with its folders, and with all of its text", async () => {
    expect(await createFile(root, "a/b/c.yml", "ä\n")).toEqual({ kind: "created" });
    expect(readFileSync(join(root, "a/b/c.yml"), "utf8")).toBe("ä\n");
  });
  test("is never put over another", async () => {
    writeFileSync(join(root, "a"), "old");
    mkdirSync(join(root, "folder"));
    symlinkSync("nowhere", join(root, "dangling"));
    for (const path of ["a", "folder", "dangling"])
      expect(await createFile(root, path, "new")).toEqual({ kind: "there" });
    expect(readFileSync(join(root, "a"), "utf8")).toBe("old");
    expect(existsSync(join(root, "nowhere"))).toBe(false);
  });
  test("of two at once one has the name", async () => {
    const made = await Promise.all(Array.from({ length: 8 }, (_, i) => createFile(root, "a/b", `${i}`)));
    expect(made.filter(({ kind }) => kind === "created")).toHaveLength(1);
    expect(made.filter(({ kind }) => kind === "there")).toHaveLength(7);
  });
  test("is never written through a link in place of a folder", async () => {
    mkdirSync(join(parent, "other"));
    symlinkSync("../other", join(root, "requests"));
    expect(await createFile(root, "requests/a.yml", "x")).toEqual({ kind: "failed", why: "requests is not a folder" });
    expect(await createFile(root, "requests/b/a.yml", "x")).toMatchObject({ kind: "failed" });
    symlinkSync("not-there", join(root, "targets"));
    expect(await createFile(root, "targets/a.yml", "x")).toMatchObject({ kind: "failed" });
    expect(readdirSync(join(parent, "other"))).toEqual([]);
    expect(readdirSync(parent).sort()).toEqual(["other", "repo"]);
  });
  test.each([
    ["a file where a folder is wanted", "a/b/c", "a is not a folder"],
    ["a name that is too long for the disk", `x/${"y".repeat(300)}`, "its name is too long for this disk"],
    ["a name that no file can have", "x/\0", "the system says ERR_INVALID_ARG_VALUE"],
  ])("%s is a reason in our words", async (_, path, why) => {
    writeFileSync(join(root, "a"), "");
    expect(await createFile(root, path, "x")).toEqual({ kind: "failed", why });
  });
  // Nobody can write to /proc, root neither, and it says so in a way that kept Node trying for ever.
  test.runIf(existsSync("/proc/self/fdinfo"))("a place that may not be written is one, too", async () => {
    expect(await createFile("/proc/sys", "countersign/a", "x")).toMatchObject({ kind: "failed" });
  });
});

test("the first folder that is none", async () => {
  mkdirSync(join(root, "a"));
  writeFileSync(join(root, "a/b"), "");
  expect(await notAFolder(root, "a/b/c/d")).toBe("a/b");
  expect(await notAFolder(root, "a/x/y")).toBeUndefined();
  expect(await notAFolder(root, "top")).toBeUndefined();
});
