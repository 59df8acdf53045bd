import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { NewOptions } from "../../src/commands/new.ts";
import { newFolder } from "./access-repo.ts";
import { pasted } from "./bash.ts";
import { asks, newRepo, type Repo, workflow } from "./new-repo.ts";
import { acts, commandsIn } from "./run.ts";

const month = "requests/hello/2026-11";
let repo: Repo;
beforeEach(async () => {
  repo = await newRepo();
});
afterEach(() => repo.remove());

const hello = (draft: NewOptions["draft"] = {}, more: Partial<NewOptions> = {}) =>
  repo.new("hello/reader", { draft: { reason: "Read the repository once", workflow, ...draft }, ...more });

const keys = ["ok", "path", "text", "link", "commands", "written", "diagnostics"];
const json = (text: string): Record<string, unknown> => {
  const value = JSON.parse(text) as Record<string, unknown>;
  expect(Object.keys(value)).toEqual(keys);
  return value;
};

describe("a new request", () => {
  test.each(Object.entries(asks))("of %s is written, valid, with the link and the git commands", async (role, ask) => {
    const { code, out, err } = await repo.new(role, { draft: { ...ask.draft, workflow } });
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const path = /^Wrote (.*)$/m.exec(out)?.[1] ?? "";
    expect(path).toMatch(new RegExp(`^requests/${role.split("/")[0]}/2026-11/[a-z0-9-]+\\.yml$`));
    expect(await repo.validate({ files: [path] })).toMatchObject({ code: 0 });
    const link = new URL(/https:.*/.exec(out)?.[0] ?? "");
    expect(link.origin + link.pathname).toBe("https://github.com/acme/access/new/main");
    expect(link.searchParams.get("filename")).toBe(path);
    expect(link.searchParams.get("value")).toBe(repo.read(path));
    const commands = out.split("\n").filter((line) => /^ {2}(?:git|gh) /.test(line));
    expect(pasted(commands)).toContainEqual(["git", "add", path]);
    expect(out).not.toMatch(acts);
  });
  test("the commands that it prints make a pull request of that file alone", async () => {
    const bare = newFolder({ empty: true });
    bare.git("init", "-q", "--bare", "-b", "main");
    repo.git("push", "-q", bare.dir, "main");
    // Somebody is on a branch with another commit, and the remote is known to the clone.
    repo.git("fetch", "-q", bare.dir, "+refs/heads/main:refs/remotes/origin/main");
    repo.git("switch", "-q", "-c", "mine");
    repo.commit({ "notes.md": "mine" });
    const { commands } = json((await hello({}, { json: true })).out);
    for (const [program, ...args] of pasted(commands as string[])) {
      if (program !== "git") continue;
      repo.git(...args.map((arg) => (arg === "origin" ? bare.dir : arg)));
    }
    const files = bare.git("diff", "--name-only", "main", "request/hello/read-the-repository-once");
    expect(files).toBe(`${month}/read-the-repository-once.yml`);
    bare.remove();
  });
  test("is one JSON object with --json", async () => {
    expect(json((await hello({}, { json: true })).out)).toMatchObject({
      ok: true,
      path: `${month}/read-the-repository-once.yml`,
      text: repo.read(`${month}/read-the-repository-once.yml`),
      link: expect.stringMatching(/^https:\/\/github\.com\/acme\/access\/new\/main\?filename=/),
      written: true,
      diagnostics: [],
    });
  });
  test("is only printed with --print", async () => {
    const { code, out } = await hello({}, { print: true });
    expect(code).toBe(0);
    expect(out).toBe(
      "version: 1\nrole: reader\nreason: Read the repository once\nworkflow:\n  file: .github/workflows/run.yml\n",
    );
    expect(json((await hello({}, { print: true, json: true })).out)).toMatchObject({ ok: true, written: false });
    expect(repo.git("status", "--porcelain")).toBe("");
  });
  test("from another folder comes with the way there", async () => {
    const { out } = await commandsIn(join(repo.dir, "..")).new("hello/reader", {
      draft: { reason: "Read the repository once", workflow },
      repo: "access repo",
    });
    expect(out).toContain("Wrote access repo/requests/hello/2026-11/read-the-repository-once.yml\n");
    expect(pasted(out.split("\n").filter((line) => /^ {2}(?:cd|git) /.test(line))).slice(0, 3)).toEqual([
      ["cd", "access repo"],
      ["git", "switch", "--no-track", "-c", "request/hello/read-the-repository-once", "main"],
      ["git", "add", "requests/hello/2026-11/read-the-repository-once.yml"],
    ]);
  });
  test("from a folder of the repo is added from there", async () => {
    const { out } = await commandsIn(join(repo.dir, "targets")).new("hello/reader", {
      draft: { reason: "Read the repository once", workflow },
    });
    expect(out).toContain("  git add ../requests/hello/2026-11/read-the-repository-once.yml\n");
  });
  test("of a target with one role needs no name of it", async () =>
    expect(await repo.new("hello", { draft: { reason: "Read the repository once", workflow } })).toMatchObject({
      code: 0,
    }));
  test("in a folder without git has no git commands, and says what is not known", async () => {
    rmSync(join(repo.dir, ".git"), { recursive: true });
    const { code, out, err } = await hello();
    expect({ code, err }).toEqual({
      code: 0,
      err: "countersign new: whether the name was used before is not known: this folder is not the top of a git repository.\n",
    });
    expect(out).toContain("This folder is no clone of the access repo");
    expect(out).not.toContain("git ");
    const placed = await hello({}, { repository: "acme/access" });
    expect(placed.out).toContain("Next, in the browser:\n  https://github.com/acme/access/new/main?");
  });
});

describe("an older request", () => {
  test("is where a new one starts", async () => {
    await repo.new("aws-example/operator", { draft: { ...asks["aws-example/operator"].draft, workflow }, name: "old" });
    const old = "requests/aws-example/2026-11/old.yml";
    const { code } = await repo.new(undefined, { from: old, name: "again", draft: { ticket: "OPS-2" } });
    expect(code).toBe(0);
    expect(repo.read("requests/aws-example/2026-11/again.yml")).toBe(repo.read(old).replace("OPS-1", "OPS-2"));
  });
  test.each([
    ["is none", "README.md", "is not a request"],
    ["is not there", "requests/hello/nope.yml", "does not exist"],
    ["has errors", `${month}/bad.yml`, "has errors; `countersign validate requests/hello/2026-11/bad.yml` shows them"],
    ["is a link", `${month}/link.yml`, "is not a plain file"],
    ["is elsewhere", "/etc/passwd", "is not inside the access repo"],
  ])("that %s is misuse", async (_, from, message) => {
    repo.write({ [`${month}/bad.yml`]: "version: 2\n" });
    symlinkSync("/etc/passwd", join(repo.dir, month, "link.yml"));
    const { code, out, err } = await repo.new(undefined, { from });
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(message);
  });
});

describe("C33 a name", () => {
  const path = `${month}/read-the-repository-once.yml`;
  test("that is there is not taken again", async () => {
    await hello();
    const { out } = await hello();
    expect(out).toContain(`Wrote ${month}/read-the-repository-once-2.yml\n`);
  });
  test("that was there in the past is not taken again", async () => {
    await hello();
    repo.commit({});
    repo.git("rm", "-q", path);
    repo.git("commit", "-q", "-m", "End it early");
    expect((await hello()).out).toContain(`Wrote ${month}/read-the-repository-once-2.yml\n`);
    expect(await hello({}, { name: "read-the-repository-once" })).toMatchObject({
      code: 2,
      err: `countersign new: --name: ${path} is there or was there before. A name is used once: take another.\n`,
    });
  });
  test("of a link that leads nowhere, or of a folder, is taken", async () => {
    mkdirSync(join(repo.dir, month), { recursive: true });
    symlinkSync("nowhere", join(repo.dir, path));
    mkdirSync(join(repo.dir, path.replace(".yml", "-2.yml")));
    expect((await hello()).out).toContain("read-the-repository-once-3.yml\n");
  });
  test("that two take at once is one's", async () => {
    const all = await Promise.all(Array.from({ length: 4 }, () => hello()));
    expect(all.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(readdirSync(join(repo.dir, month))).toHaveLength(4);
    const named = await Promise.all(Array.from({ length: 3 }, () => hello({}, { name: "one" })));
    expect(named.map(({ code }) => code).sort((a, b) => a - b)).toEqual([0, 2, 2]);
  });
  test("of anything but a-z, 0-9 and - is none", async () => {
    for (const name of ["Delete Logs", "../x", "a/b", "-x", "x".repeat(64), "", "\u001b[2J", "a.yml", "é"]) {
      const { code, out, err } = await hello({}, { name });
      expect({ code, out }).toEqual({ code: 2, out: "" });
      expect(err).toContain("--name: write a name of a-z, 0-9 and -");
      expect(err).not.toMatch(acts);
    }
  });
});

describe("errors", () => {
  test("of the request: 1, shown at their line, and nothing is written", async () => {
    const { code, out, err } = await hello({ duration: "9h" });
    expect(code).toBe(1);
    expect(out).toContain(`${month}/read-the-repository-once.yml:4:11: error CS2013: 9h is longer than the role's 1h.`);
    expect(out).toContain("duration: 9h");
    expect(err).toBe("Nothing was written: the request would have these errors.\n");
    expect(repo.git("status", "--porcelain")).toBe("");
  });
  test("of the request: on standard error where standard output is the file", async () => {
    const { code, out, err } = await hello({ duration: "9h" }, { print: true });
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toContain("CS2013");
  });
  test("of the request: in JSON, with the same keys", async () => {
    expect(json((await hello({ duration: "9h" }, { json: true })).out)).toMatchObject({
      ok: false,
      link: null,
      commands: [],
      written: false,
      diagnostics: [{ code: "CS2013", line: 4, fix: null }],
    });
  });
  test("of what was typed: shown in the text that it would be", async () => {
    const { code, out } = await repo.new("hello/reader", { draft: { workflow } });
    expect(code).toBe(1);
    expect(out).toContain('CS1009: The key "reason" is missing.');
  });
  test("of the policy: 1, and no request is checked by it", async () => {
    repo.write({ "targets/hello.yml": "version: 2\n" });
    const plain = await hello();
    expect(plain).toMatchObject({ code: 1, err: expect.stringContaining("the policy has these errors") });
    expect(plain.out).toContain('targets/hello.yml:1:1: error CS1009: The key "cloud" is missing.');
    expect(json((await hello({}, { json: true })).out)).toMatchObject({ ok: false, path: null, text: null });
  });
  test("of AWS's names: the nearest that there are", async () => {
    const draft = { ...asks["aws-example/operator"].draft, workflow, actions: ["s3:DeleteBuckets"] };
    expect((await repo.new("aws-example/operator", { draft })).code).toBe(1);
  });
  test.each([
    ["no role", undefined, {}, "Name what to ask for"],
    ["a role that is not there", "hello/writer", {}, 'There is no "hello/writer". There are aws-example/operator'],
    ["a target that is not there", "helo", {}, 'There is no "helo". There are aws-example, azure-example'],
    ["an address that is none", "hello", { host: "ftp://x" }, "--host: write an address"],
    ["an input without a value", "hello", { draft: { inputs: ["dry_run"] } }, "--input: write name=value"],
    ["no repo", "hello", { repo: "/nowhere" }, "--repo: there is no folder"],
  ])("%s: misuse, before anything is written", async (_, role, options, message) => {
    const { code, out, err } = await repo.new(role, options);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(message);
    expect(repo.git("status", "--porcelain")).toBe("");
  });
  test("several roles of a target: they are named", async () => {
    const text = repo.read("targets/hello.yml");
    repo.write({ "targets/hello.yml": text + text.slice(text.indexOf("  reader:")).replace("reader:", "writer:") });
    expect((await repo.new("hello")).err).toBe(
      "countersign new: hello has several roles: hello/reader, hello/writer. Name one.\n",
    );
  });
});

describe("what is in the way", () => {
  test("a link in place of a folder: nothing is written through it", async () => {
    renameSync(join(repo.dir, "targets"), join(repo.dir, "../other"));
    mkdirSync(join(repo.dir, "targets"));
    repo.write({ "targets/hello.yml": "" });
    renameSync(join(repo.dir, "targets"), join(repo.dir, "../empty"));
    renameSync(join(repo.dir, "../other"), join(repo.dir, "targets"));
    symlinkSync("../empty", join(repo.dir, "requests"));
    const { code, err } = await hello();
    expect(code).toBe(2);
    expect(err).toContain("cannot be written: requests is not a folder");
    expect(readdirSync(join(repo.dir, "../empty"))).toEqual(["hello.yml"]);
  });
  test("a file in place of a folder", async () => {
    mkdirSync(join(repo.dir, "requests"));
    writeFileSync(join(repo.dir, "requests/hello"), "");
    const { code, err } = await hello();
    expect(code).toBe(2);
    expect(err).toContain("cannot be written: requests/hello is not a folder");
  });
});

describe("C62 hostile text", () => {
  test("is a reason like any other, where it is one line", async () => {
    const reasons = [
      '$(touch x); it\'s "me"',
      "`id` && rm -rf ~ !! * {a,b} \\",
      "Approved-by: mallory, really",
      "日本語 で 理由 を 書く",
    ];
    for (const [i, reason] of reasons.entries()) {
      const { code, out } = await hello({ reason }, { name: `x${i}`, json: true });
      expect(code).toBe(0);
      const { commands } = json(out);
      expect(pasted(commands as string[])).toContainEqual(["git", "commit", "-m", `Ask for hello/reader: ${reason}`]);
    }
    expect(await repo.validate({ files: [month] })).toMatchObject({ code: 0 });
  });
  test("is no reason, where it is more than that or too long", async () => {
    const reasons = [
      "a\nrole: admin # hidden",
      "\u001b[2Jcleared screen",
      "right\u202eto left text",
      "x".repeat(501),
      "x".repeat(1e6),
    ];
    for (const reason of reasons) {
      const { code, out, err } = await hello({ reason });
      expect(code).toBe(1);
      expect(out + err).not.toMatch(acts);
      expect(out.length + err.length).toBeLessThan(5000);
    }
  });
});
