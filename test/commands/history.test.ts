import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { at, fine, type Folder, newFolder } from "./access-repo.ts";

// A request under a policy that has moved on: broken today, and nothing that anybody could mend.
const broken = fine.replace("role: operator", "role: former");
const started = fine.replace("duration: 1h", "duration: 1h\nstart: 2026-11-01T09:00:00Z");

let folder: Folder;
beforeEach(() => {
  folder = newFolder();
  folder.git("init", "-q", "-b", "main");
});
afterEach(() => folder.remove());

const branch = (name = "ask"): string => folder.git("checkout", "-q", "-b", name);
const inside = (path: string): string => join(folder.dir, path);

describe("what is merged", () => {
  test("may be broken today and may have started: warnings, and no error", async () => {
    folder.commit({ [at("old")]: broken, [at("past")]: started });
    branch();
    const { code, found, json } = await folder.findings();
    expect({ code, found }).toEqual({ code: 0, found: [`${at("old")}:2:7 CS2011 warning`] });
    expect(json).toMatchObject({ ok: true, history: "known", base: "main", diagnostics: [{ merged: true }] });
  });
  test("is counted in text, and told one by one with --all", async () => {
    folder.commit({ [at("old")]: broken, [at("older")]: broken, "requests/README.md": "x" });
    const short = await folder.validate();
    expect(short.out).toContain(
      "3 warnings in 3 merged requests, which can be ended but not mended (--all shows them): ",
    );
    expect(short.out).toContain("2 CS2011, 1 CS4004");
    expect(short.out).not.toContain("old.yml");
    expect(short.code).toBe(0);
    const long = await folder.validate({ all: true });
    expect(long.out).toContain(`${at("older")}:2:7: warning CS2011`);
    expect((await folder.validate({ format: "github" })).out).not.toContain("::warning");
  });
  test("committed on a branch is not merged", async () => {
    folder.commit({});
    branch();
    folder.commit({ [at("new")]: broken });
    expect((await folder.findings()).found).toEqual([`${at("new")}:2:7 CS2011 error`]);
  });
  test("on the base branch itself, after the merge, all of it is", async () => {
    folder.commit({ [at("new")]: broken });
    expect((await folder.findings()).found).toEqual([`${at("new")}:2:7 CS2011 warning`]);
  });
  test("with other line ends is the same file", async () => {
    folder.commit({ [at("old")]: broken });
    folder.write({ [at("old")]: broken.replaceAll("\n", "\r\n") });
    expect((await folder.findings()).found).toEqual([`${at("old")}:2:7 CS2011 warning`]);
  });
  test("and deleted on the base since this branch left it is not new here", async () => {
    folder.commit({ [at("revoked")]: broken });
    branch();
    folder.commit({ [at("new")]: fine });
    folder.git("checkout", "-q", "main");
    rmSync(inside(at("revoked")));
    folder.commit({});
    folder.git("checkout", "-q", "ask");
    expect((await folder.findings()).found).toEqual([`${at("revoked")}:2:7 CS2011 warning`]);
  });
});

describe("C10 C33 what was merged stays what it was", () => {
  test("another content under a merged name", async () => {
    folder.commit({ [at("old")]: fine });
    folder.write({ [at("old")]: fine.replace("1h", "2h") });
    expect((await folder.findings()).found).toEqual([`${at("old")}:1:1 CS4002 error`]);
  });
  test("a pipe in its place is no warning", async () => {
    folder.commit({ [at("old")]: fine });
    rmSync(inside(at("old")));
    execFileSync("sh", ["-c", 'mkfifo "$0"', inside(at("old"))]);
    expect((await folder.findings()).found).toEqual([`${at("old")}:1:1 CS2001 error`]);
  });
  test("another mode", async () => {
    folder.commit({ [at("old")]: fine });
    chmodSync(inside(at("old")), 0o755);
    expect((await folder.findings()).found).toEqual([`${at("old")}:1:1 CS2001 error`]);
  });
  test("a name that the base had before, deleted, renamed, brought by a merge itself or by a branch of it", async () => {
    folder.commit({ [at("gone")]: fine, [at("gone-2")]: fine, [at("moved")]: fine });
    rmSync(inside(at("gone")));
    folder.git("mv", at("moved"), at("target"));
    folder.commit({});
    branch("quiet");
    folder.commit({ [at("in-side")]: fine });
    rmSync(inside(at("in-side")));
    folder.commit({});
    folder.git("checkout", "-q", "main");
    folder.git("merge", "-q", "--no-ff", "-m", "x", "quiet");
    branch("side");
    folder.commit({ "README.md": "side" });
    folder.git("checkout", "-q", "main");
    folder.commit({ "other.md": "main" });
    folder.git("merge", "-q", "--no-commit", "side");
    folder.commit({ [at("by-merge")]: fine });
    rmSync(inside(at("by-merge")));
    rmSync(inside(at("target")));
    folder.commit({});
    branch();
    const names = ["by-merge", "gone", "in-side", "moved", "target"];
    folder.commit(Object.fromEntries([...names, "other"].map((name) => [at(name), fine])));
    const { found, json } = await folder.findings();
    expect(found).toEqual(names.map((name) => `${at(name)}:1:1 CS2026 error`));
    expect(json.diagnostics[1]).toMatchObject({
      message: "main has had a file of this name before.",
      hint: `Rename it, for example to ${at("gone-3")}.`,
    });
  });
  test("a name that only another branch had is free", async () => {
    folder.commit({});
    branch("other");
    folder.commit({ [at("x")]: fine });
    rmSync(inside(at("x")));
    folder.commit({});
    folder.git("checkout", "-q", "main");
    branch();
    folder.write({ [at("x")]: fine });
    expect((await folder.findings()).found).toEqual([]);
  });
});

describe("the base", () => {
  /** A clone of a repository whose main has one broken request, and whose branch adds another. */
  function cloned(...options: string[]): Folder {
    folder.commit({ [at("old")]: broken });
    branch();
    folder.commit({ [at("new")]: broken });
    folder.git("checkout", "-q", "main");
    const clone = newFolder({ empty: true });
    clone.git("clone", "-q", ...options, `file://${folder.dir}`, ".");
    return clone;
  }
  const both = { old: `${at("old")}:2:7 CS2011`, new: `${at("new")}:2:7 CS2011` };
  async function asked(clone: Folder, options = {}) {
    try {
      return await clone.findings(options);
    } finally {
      clone.remove();
    }
  }

  test("is origin's default branch, also where a local main is ahead of it", async () => {
    const clone = cloned();
    clone.commit({ [at("mine")]: broken });
    const { found, json } = await asked(clone);
    expect(found).toEqual([`${at("mine")}:2:7 CS2011 error`, `${both.old} warning`]);
    expect(json.base).toBe("origin/main");
  });
  test("is the one that is named", async () => {
    const clone = cloned();
    clone.git("checkout", "-q", "origin/ask");
    expect((await clone.findings()).found).toEqual([`${both.new} error`, `${both.old} warning`]);
    expect((await asked(clone, { base: "origin/ask" })).found).toEqual([`${both.new} warning`, `${both.old} warning`]);
  });
  test("is never a tag that is named like it", async () => {
    const clone = cloned();
    clone.git("checkout", "-q", "--detach", "origin/ask");
    clone.git("tag", "origin/main", "origin/ask");
    clone.git("tag", "main", "origin/ask");
    for (const base of ["origin/main", "main"])
      expect((await clone.findings({ base })).found).toEqual([`${both.new} error`, `${both.old} warning`]);
    expect((await asked(clone)).found).toEqual([`${both.new} error`, `${both.old} warning`]);
  });
  test.each(["nowhere", "--all", "", "-1", "HEAD:requests"])(
    "%j names no commit: misuse, with the way out",
    async (base) => {
      folder.commit({});
      const { code, err } = await folder.validate({ base });
      expect(code).toBe(2);
      expect(err).toContain("git fetch origin");
    },
  );
  test("as a job checks out a pull request, nothing is taken for merged, and that is said", async () => {
    const clone = cloned();
    clone.git("checkout", "-q", "--detach", "origin/ask");
    for (const ref of ["refs/remotes/origin/HEAD", "refs/remotes/origin/main", "refs/heads/main"])
      clone.git("update-ref", "--no-deref", "-d", ref);
    const { err } = await clone.validate();
    expect(err).toMatch(/^countersign: what is merged already was not checked: .*--base origin\/main/);
    const { found, json } = await asked(clone);
    expect(found).toEqual([`${both.new} error`, `${both.old} error`]);
    expect(json).toMatchObject({ history: "unknown", base: null });
  });
  test("in a shallow clone files can be compared, names cannot", async () => {
    const clone = cloned("--depth=1");
    rmSync(join(clone.dir, at("old")));
    clone.write({ [at("x")]: broken });
    const { err } = await clone.validate();
    expect(err).toContain("fetch-depth: 0");
    const { found, json } = await asked(clone);
    expect(found).toEqual([`${at("x")}:2:7 CS2011 error`]);
    expect(json).toMatchObject({ history: "unknown", base: "origin/main" });
  });
  test("is the only branch of a repository without remotes, whatever its name", async () => {
    folder.git("checkout", "-q", "-b", "trunk");
    folder.commit({ [at("old")]: broken });
    expect(await folder.findings()).toMatchObject({ found: [`${both.old} warning`], json: { base: "trunk" } });
    folder.git("remote", "add", "upstream", "https://git.example");
    expect(await folder.findings()).toMatchObject({ found: [`${both.old} error`], json: { history: "unknown" } });
  });
});

describe("without a history", () => {
  test("before the first commit nothing is merged, and that is known", async () => {
    folder.write({ [at("x")]: broken });
    expect(await folder.findings()).toMatchObject({
      code: 1,
      found: [`${at("x")}:2:7 CS2011 error`],
      json: { history: "known" },
    });
  });
  test("without git all requests are new", async () => {
    rmSync(inside(".git"), { recursive: true });
    folder.write({ [at("x")]: broken });
    expect(await folder.findings()).toMatchObject({
      found: [`${at("x")}:2:7 CS2011 error`],
      json: { history: "unknown" },
    });
    expect(await folder.validate({ base: "main" })).toMatchObject({ code: 2 });
  });
  test("where git cannot be run it is the same", async () => {
    folder.commit({ [at("x")]: broken });
    vi.stubEnv("PATH", "/nowhere");
    const run = await folder.findings();
    vi.unstubAllEnvs();
    expect(run).toMatchObject({ found: [`${at("x")}:2:7 CS2011 error`], json: { history: "unknown" } });
  });
  test("a repository around the folder is not its own", async () => {
    rmSync(inside(".git"), { recursive: true });
    execFileSync("git", ["init", "-q"], { cwd: join(folder.dir, "..") });
    expect((await folder.findings()).json.history).toBe("unknown");
  });
  test.skipIf(process.getuid?.() !== 0)(
    "a folder of another account, as jobs in containers have it, is read",
    async () => {
      folder.commit({ [at("old")]: broken });
      execFileSync("chown", ["-R", "12345", folder.dir]);
      expect((await folder.findings()).found).toEqual([`${at("old")}:2:7 CS2011 warning`]);
    },
  );
  test("nothing that the repository configures is run", async () => {
    folder.commit({ [at("old")]: fine });
    const trap = inside("trap.sh");
    writeFileSync(trap, `#!/bin/sh\ntouch '${folder.dir}/sprung'\n`, { mode: 0o755 });
    for (const key of ["core.fsmonitor", "core.sshCommand", "diff.external", "gpg.program", "core.pager"])
      folder.git("config", key, trap);
    folder.git("config", "log.showSignature", "true");
    folder.git("config", "core.hooksPath", folder.dir);
    folder.write({ [at("x")]: fine });
    expect((await folder.findings()).found).toEqual([]);
    expect(existsSync(inside("sprung"))).toBe(false);
  });
  test("where the file system shows no modes, the index is believed", async () => {
    folder.commit({ [at("old")]: fine });
    folder.git("config", "core.fileMode", "false");
    chmodSync(inside(at("old")), 0o755);
    folder.write({ [at("x")]: fine });
    chmodSync(inside(at("x")), 0o755);
    expect((await folder.findings()).found).toEqual([]);
    folder.git("update-index", "--chmod=+x", at("old"));
    expect((await folder.findings()).found).toEqual([`${at("old")}:1:1 CS2001 error`]);
  });
});

describe("two requests that would start one workflow", () => {
  const other = fine.replace("bucket: acme-stale-logs }", "bucket: acme-other }");
  test("C71 with other inputs, both new, are an error at the second", async () => {
    folder.commit({});
    folder.write({ [at("a")]: fine, [at("b")]: other, [at("c")]: fine });
    expect((await folder.findings()).found).toEqual([`${at("b")}:16:1 CS4010 error`]);
  });
  test("is not said where any of them may be merged", async () => {
    folder.commit({ [at("a")]: fine, [at("b")]: other });
    folder.git("checkout", "-q", "--detach");
    folder.git("branch", "-q", "-D", "main");
    expect((await folder.findings()).found).toEqual([]);
  });
  test("one of them merged is no conflict", async () => {
    folder.commit({ [at("a")]: fine });
    folder.write({ [at("b")]: other });
    expect((await folder.findings()).found).toEqual([]);
  });
});
