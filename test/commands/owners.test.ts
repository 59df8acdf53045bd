import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { owners, ownersCommand } from "../../src/commands/owners.ts";
import { fakeIo } from "./fake-io.ts";

let repo = "";
beforeEach(() => {
  repo = mkdtempSync(join(tmpdir(), "owners-"));
});
afterEach(() => rmSync(repo, { recursive: true }));

function write(path: string, text: string | Uint8Array): void {
  mkdirSync(dirname(join(repo, path)), { recursive: true });
  writeFileSync(join(repo, path), text);
}
async function run(paths: readonly string[], options: Parameters<typeof owners>[1] = {}) {
  const { io, printed } = fakeIo(repo);
  const code = await owners(paths, options, io);
  return { code, ...printed };
}
const json = async (paths: readonly string[], options: Parameters<typeof owners>[1] = {}) => {
  const { code, out } = await run(paths, { ...options, json: true });
  return { code, value: JSON.parse(out) as unknown };
};
const place = ".github/CODEOWNERS";

describe("what it says", () => {
  test("JSON: the owners, the line and the pattern that decide", async () => {
    write(place, "# all\n* @alice\n/targets/ @acme/sre @bob # two\n");
    expect(await json(["targets/aws-prod.yml", "README.md"])).toEqual({
      code: 0,
      value: [
        { path: "targets/aws-prod.yml", owners: ["@acme/sre", "@bob"], line: 3, pattern: "/targets/" },
        { path: "README.md", owners: ["@alice"], line: 2, pattern: "*" },
      ],
    });
  });

  test("JSON: nobody, by no line, by a line without owners, by a line with addresses only", async () => {
    write(place, "/a/ @alice\n/a/b\n*.go x@acme.example\n/c x@acme.example @bob\n");
    expect(await json(["z", "a/b", "x.go", "c"])).toEqual({
      code: 1,
      value: [
        { path: "z", owners: [], line: null, pattern: null },
        { path: "a/b", owners: [], line: 2, pattern: "/a/b" },
        { path: "x.go", owners: [], line: 3, pattern: "*.go" },
        { path: "c", owners: ["@bob"], line: 4, pattern: "/c" },
      ],
    });
  });

  test("for people: aligned, one line a path", async () => {
    write(place, "* @alice\n/targets/ @acme/sre @bob\n/docs/\n");
    expect(await run(["targets/aws-prod.yml", "a", "docs/x"])).toEqual({
      code: 1,
      out: [
        "targets/aws-prod.yml  @acme/sre @bob              line 2: /targets/\n",
        "a                     @alice                      line 1: *\n",
        "docs/x                nobody: Countersign denies  line 3: /docs/\n",
      ].join(""),
      err: expect.stringMatching(/^\.github\/CODEOWNERS:3:1: warning CS3010: .*GitHub asks nobody/) as string,
    });
  });

  test("a file with errors is not in force, whatever its other lines say", async () => {
    write(place, "* @alice\n[x] @bob\n");
    const { code, out, err } = await run(["a"]);
    expect(code).toBe(1);
    expect(out).toContain("@alice");
    expect(err).toMatch(/^\.github\/CODEOWNERS:2:1: error CS3003: .*\n {2}.*\n/);
    expect(err).toContain("Countersign accepts no policy with it");
  });
});

describe("which file", () => {
  test("C53 GitHub's order of places, the others told", async () => {
    write("docs/CODEOWNERS", "* @docs\n");
    expect((await json(["a"])).value).toMatchObject([{ owners: ["@docs"] }]);
    write("CODEOWNERS", "* @root\n");
    expect((await json(["a"])).value).toMatchObject([{ owners: ["@root"] }]);
    write(place, "* @github\n");
    expect((await json(["a"])).value).toMatchObject([{ owners: ["@github"] }]);
    expect((await run(["a"])).err).toContain("CS3007");
  });
  test("C16 no file: nobody, and it says that GitHub would ask nobody", async () => {
    const { code, out, err } = await run(["a"]);
    expect(code).toBe(1);
    expect(out).toBe("a  nobody: Countersign denies  no line matches\n");
    expect(err).toMatch(/CS3001.*GitHub would ask nobody/);
  });
  test("C12 a link is what git has: not followed, not passed over", async () => {
    write("real", "* @mallory\n");
    write("CODEOWNERS", "* @root\n");
    mkdirSync(join(repo, ".github"));
    symlinkSync(join(repo, "real"), join(repo, place));
    expect(await json(["a"])).toMatchObject({ code: 1, value: [{ owners: [] }] });
    rmSync(join(repo, ".github"), { recursive: true });
    mkdirSync(join(repo, "elsewhere"));
    writeFileSync(join(repo, "elsewhere/CODEOWNERS"), "* @mallory\n");
    symlinkSync(join(repo, "elsewhere"), join(repo, ".github"));
    expect((await json(["a"])).value).toMatchObject([{ owners: ["@root"] }]);
  });
  test("the name's case counts, as on GitHub", async () => {
    write(".github/codeowners", "* @mallory\n");
    expect(await json(["a"])).toMatchObject({ code: 1, value: [{ owners: [] }] });
  });
  test("--repo and --codeowners", async () => {
    write("sub/CODEOWNERS", "* @sub\n");
    write("other.txt", "x @other\n[bad]\n");
    expect((await json(["a"], { repo: "sub" })).value).toMatchObject([{ owners: ["@sub"] }]);
    const { code, out, err } = await run(["x"], { codeowners: "other.txt" });
    expect({ code, out }).toEqual({ code: 1, out: "x  @other  line 1: x\n" });
    expect(err).toMatch(/^other\.txt:2:1: error CS3003/);
  });
  test("C12 bytes that are not UTF-8, a byte order mark, a file larger than GitHub loads", async () => {
    write("latin1", Buffer.from("* @a # caf\xe9\n", "latin1"));
    write("bom", "\ufeff* @a\n");
    write("large", Buffer.concat([Buffer.alloc(2_999_999, "#"), Buffer.from("\u20ac\u20ac\n* @a\n")]));
    expect((await run(["a"], { codeowners: "latin1" })).err).toContain("latin1:1:1: error CS1001");
    expect((await run(["a"], { codeowners: "bom" })).err).toContain("bom:1:1: error CS1003");
    expect((await run(["a"], { codeowners: "large" })).err).toContain("large:1:1: error CS3002");
  });
});

describe("misuse is 2, with what to do", () => {
  test.each([
    [[], /Name at least one path/],
    [[""], /names no file/],
    [["./"], /names no file/],
    [["a/../b"], /out of the repository/],
    [["../a"], /out of the repository/],
    [["a//b"], /empty folder/],
    [["a/./b"], /empty folder/],
    [["targets/"], /names no file/],
    [["dir"], /is a folder/],
    [[process.execPath], /outside of the repository/],
    [["a".repeat(4097)], /longer than any path/],
  ])("%#: %j", async (paths, message) => {
    write("dir/CODEOWNERS", "");
    write(place, "* @a\n");
    const { code, out, err } = await run(["ok", ...paths].slice(paths.length === 0 ? 1 : 0));
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(message);
  });
  test.each([
    [{ repo: "none" }, /--repo/],
    [{ repo: ".github/CODEOWNERS" }, /--repo/],
    [{ codeowners: "none" }, /--codeowners/],
    [{ codeowners: ".github" }, /--codeowners/],
  ])("%j cannot be read", async (options, message) => {
    write(place, "* @a\n");
    const { code, err } = await run(["a"], options);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });
  test("no path on the command line", async () => {
    const command = ownersCommand().configureOutput({ writeErr: () => {} });
    await expect(command.parseAsync([], { from: "user" })).rejects.toMatchObject({ code: "commander.missingArgument" });
  });
});

test("paths as people write them are paths as git has them", async () => {
  write(place, "/a/b @x\n");
  const { value } = await json(["a/b", "./a/b", "/a/b", "././a/b", join(repo, "a/b")]);
  expect(value).toEqual(Array.from({ length: 5 }, () => ({ path: "a/b", owners: ["@x"], line: 1, pattern: "/a/b" })));
});

test("names that this disk cannot hold are looked up all the same", async () => {
  write(place, "* @x\n");
  const paths = ["a".repeat(300), "a\0b", `${"a/".repeat(2000)}b`, "\ud800", "-x", "CON", "a\\b"];
  expect((await json(paths)).value).toEqual(paths.map((path) => ({ path, owners: ["@x"], line: 1, pattern: "*" })));
});

test("a folder that is reached through a link is the same repository", async () => {
  write("real/CODEOWNERS", "/a @x\n");
  symlinkSync(join(repo, "real"), join(repo, "link"));
  expect((await json([join(repo, "real/a")], { repo: "link" })).value).toMatchObject([{ path: "a", owners: ["@x"] }]);
  expect((await json([join(repo, "link/a")], { repo: "link" })).value).toMatchObject([{ path: "a", owners: ["@x"] }]);
});

test("C62 nothing that a terminal acts on is printed, and JSON keeps the value", async () => {
  const path = "a\u001b[2J\u009b\u202eb\nc";
  write(place, `* @a\n/x\u200b @b\n`);
  const human = await run([path]);
  // One line of ours for the path, two for the finding, one for the file; no other control character.
  expect(human.out + human.err).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
  expect(human.out.trimEnd().split("\n")).toHaveLength(1);
  const { out } = await run([path], { json: true });
  expect(out).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
  expect(JSON.parse(out)).toMatchObject([{ path }]);
});
