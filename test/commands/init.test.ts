import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import * as fc from "fast-check";
import { load } from "js-yaml";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { jsonSchemas, loadPolicy, parsePolicyTests, parseTarget } from "../../src/access-repo/index.ts";
import type { TreeFile } from "../../src/access-repo/types.ts";
import { openCatalogue } from "../../src/action-catalogue/index.ts";
import { objectId } from "../../src/base/ids.ts";
import { describeRepo, type InitOptions } from "../../src/commands/init/describe.ts";
import { accessRepoFiles } from "../../src/commands/init/files.ts";
import { runPolicyTests } from "../../src/commands/policy-tests.ts";
import { placed } from "../access-repo/expect-codes.ts";
import { type Folder, newFolder } from "./access-repo.ts";
import { bash } from "./bash.ts";
import { acts, commandsIn } from "./run.ts";

const now = new Date("2026-11-24T09:00:00Z");
let folder: Folder;
beforeEach(() => {
  folder = newFolder({ empty: true });
});
afterEach(() => folder.remove());
const acme = { repository: "acme/access", owners: ["@acme/platform"] };

describe("init", () => {
  test("in a folder that is made: a whole access repo without a finding", async () => {
    const { code, out, err } = await commandsIn(folder.dir).init("new/access", acme);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^Wrote 19 files to new\/access, an access repo for acme\/access:\n/);
    expect(out).toContain("\n  countersign validate --repo new/access ");
    expect(await commandsIn(join(folder.dir, "new/access")).validate()).toMatchObject({
      code: 0,
      out: "No findings in 0 requests, the policy and 6 policy tests.\n",
    });
  });
  test("in a fresh clone: the remote and its default branch say where it is, without their credentials", async () => {
    folder.git("init", "-q", "-b", "trunk");
    folder.git("remote", "add", "origin", "https://alice:s3cr3t@ghe.acme.example/acme/access.git");
    const { out } = await commandsIn(folder.dir).init(".", { owners: ["@acme/platform"] });
    expect(out).toContain("an access repo for acme/access:");
    expect(folder.read("CATALOG.md")).toContain("(https://ghe.acme.example/acme/access/new/trunk?");
    expect(folder.read(".github/workflows/validate.yml")).toContain('push: { branches: ["trunk"] }');
    folder.commit({});
    expect(folder.git("grep", "-l", "ghe.acme.example", "HEAD")).toBe("HEAD:CATALOG.md");
    expect(() => folder.git("grep", "-I", "s3cr3t", "HEAD")).toThrow("Command failed");
    expect(await commandsIn(folder.dir).validate()).toMatchObject({ code: 0 });
  });
  test("below another repository is not that repository", async () => {
    folder.git("init", "-q");
    folder.git("remote", "add", "origin", "https://github.com/acme/countersign.git");
    mkdirSync(join(folder.dir, "access"));
    const { out } = await commandsIn(folder.dir).init("access");
    expect(out).toContain("an access repo for your-org/access:");
    expect(out).toContain("That name is a placeholder");
    expect(folder.read("access/README.md")).toContain("- [ ] replace `your-org/access` in all files");
  });
  test("takes the organization from the teams where nothing else says it", async () => {
    const { out } = await commandsIn(folder.dir).init("access", { owners: ["@acme/platform"] });
    expect(out).toContain("an access repo for acme/access:");
  });
  test("again: nothing is changed", async () => {
    const { init } = commandsIn(folder.dir);
    await init(".", acme);
    expect((await init(".", acme)).out).toMatch(/^Wrote 0 files /);
    rmSync(join(folder.dir, "AGENTS.md"));
    expect(JSON.parse((await init(".", { ...acme, json: true })).out)).toEqual({
      ok: true,
      dir: folder.dir,
      repository: "acme/access",
      written: ["AGENTS.md"],
      in_the_way: [],
    });
  });
  test("in the checkout by npx says how to run the next command", async () => {
    const env = { npm_command: "exec", npm_config_local_prefix: folder.dir };
    const { out } = await commandsIn(folder.dir, { env }).init("../my access", acme);
    expect(out).toContain("\n  npx countersign validate --repo '../my access' ");
  });
});

describe("what is in the way", () => {
  test.each<[string, string, (path: string) => void]>([
    ["a file with another text", "README.md", (path) => folder.write({ [path]: "# Mine\n" })],
    ["a longer file that begins like ours", "AGENTS.md", () => undefined],
    ["a folder", "CATALOG.md", (path) => mkdirSync(join(folder.dir, path))],
    ["a link", "README.md", (path) => symlinkSync("/etc/passwd", join(folder.dir, path))],
    ["a link that leads nowhere", "README.md", (path) => symlinkSync("nowhere", join(folder.dir, path))],
    ["a link in place of a folder", "targets", (path) => symlinkSync("..", join(folder.dir, path))],
    ["a file in place of a folder", ".github", (path) => folder.write({ [path]: "" })],
  ])("%s: 1, named, and nothing at all is written", async (_, path, put) => {
    const { init } = commandsIn(folder.dir);
    if (path === "AGENTS.md") {
      await init(".", acme);
      const text = folder.read(path);
      for (const name of readdirSync(folder.dir)) rmSync(join(folder.dir, name), { recursive: true });
      folder.write({ [path]: `${text}more\n` });
    }
    put(path);
    const before = readdirSync(folder.dir);
    const { code, out, err } = await init(".", acme);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toBe(
      `${path} is there with another content.\nNothing was written: move what is in the way, or choose another folder.\n`,
    );
    expect(readdirSync(folder.dir)).toEqual(before);
    expect(JSON.parse((await init(".", { ...acme, json: true })).out)).toEqual({
      ok: false,
      dir: folder.dir,
      repository: "acme/access",
      written: [],
      in_the_way: [path],
    });
  });
  test("a file in place of the whole: misuse", async () => {
    folder.write({ access: "" });
    for (const dir of ["access", "access/below"])
      expect(await commandsIn(folder.dir).init(dir, acme)).toMatchObject({
        code: 2,
        out: "",
        err: expect.stringMatching(/cannot be made: (?:something else is there|a folder of its path is a file)\.\n$/),
      });
  });
});

describe("options that do not fit", () => {
  test.each<[InitOptions, string]>([
    [{ repository: "access" }, '--repository: write owner/name, not "access".'],
    [{ owners: [] }, "--owners: name at least one owner."],
    [{ owners: ["alice"] }, '--owners: write @login or @org/team, not "alice": is it @alice.'],
    [{ owners: ["alice@example.com"] }, "--owners: write @login or @org/team"],
    [{ owners: ["@a b"] }, "--owners: write @login or @org/team"],
    [{ owners: ["@acme/platform @mallory"] }, "--owners: write @login or @org/team"],
    [{ ...acme, owners: ["@other/team"] }, "--owners: @other/team is no team of acme"],
    [{ ...acme, workflowRepository: "other/infra" }, "it must have the same owner as the access repo, acme."],
    [{ ...acme, workflowRepository: "Acme/Access" }, "name another repository than the access repo"],
    [{ ...acme, url: "countersign.example" }, "--url: write the server's address"],
    [{ ...acme, url: "https://u:tok@countersign.example" }, 'not "https://***@countersign.example".'],
    [{ ...acme, url: "https://countersign.example/?a=b" }, "--url: write the server's address"],
    [{ ...acme, host: "https://github.com/acme" }, "--host: write an address"],
  ])("%j: misuse, and no folder is made", async (options, message) => {
    const { code, out, err } = await commandsIn(folder.dir).init("access", options);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(message);
    expect(err).not.toContain("tok@");
    expect(existsSync(join(folder.dir, "access"))).toBe(false);
  });
});

/** The files for some options, and the policy that they are. */
async function filesFor(options: InitOptions, dir = "/nowhere/access") {
  const files = accessRepoFiles(await describeRepo(dir, options), now);
  const file = (path: string): TreeFile => ({
    path,
    text: files.get(path),
    mode: 0o100644,
    oid: objectId("a".repeat(40)),
  });
  const policyFiles = {
    settings: file(".github/countersign.yml"),
    targetsTree: objectId("b".repeat(40)),
    targets: [...files.keys()].filter((path) => path.startsWith("targets/")).map(file),
    codeowners: [file(".github/CODEOWNERS"), undefined, undefined] as const,
  };
  return { files, policyFiles };
}

describe("what init writes", () => {
  const login = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,38}$/);
  const owner = login.filter((name) => !/--|-$/.test(name));
  const slug = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,20}$/);
  const name = fc.stringMatching(/^[A-Za-z0-9._-]{1,30}$/).filter((text) => !/^\.{1,2}$|\.git$/.test(text));

  test("has no finding and passes its own tests, whoever the owners are and whatever the repository is called", async () => {
    const actions = await openCatalogue();
    await fc.assert(
      fc.asyncProperty(
        owner,
        name,
        fc.array(fc.oneof(login, fc.constantFrom("somebody", "SOMEBODY-2", "an-owner", "null", "012")), {
          maxLength: 3,
        }),
        fc.array(slug, { maxLength: 8 }),
        fc.option(fc.constantFrom("https://cs.example", "https://cs.example/base/"), { nil: undefined }),
        async (org, repository, people, teams, url) => {
          fc.pre(repository.toLowerCase() !== "infra");
          const owners = [...people.map((one) => `@${one}`), ...teams.map((one) => `@${org}/${one}`)];
          const { files, policyFiles } = await filesFor({
            repository: `${org}/${repository}`,
            ...(owners.length > 0 && { owners }),
            ...(url !== undefined && { url }),
          });
          const loaded = loadPolicy(policyFiles);
          if (!loaded.ok) expect.fail(placed(loaded.diagnostics).join("; "));
          // Of CODEOWNERS a person is a warning at most: who alone owns a path cannot ask for it.
          expect(loaded.diagnostics.filter((d) => d.severity === "error")).toEqual([]);
          const tests = parsePolicyTests(files.get("tests/policy.yml"), "tests/policy.yml");
          if (!tests.ok) expect.fail(placed(tests.diagnostics).join("; "));
          const basis = { policy: loaded.policy, files: policyFiles, actions };
          expect(await runPolicyTests(basis, { path: "tests/policy.yml", ...tests }, now)).toEqual([]);
          for (const text of files.values()) expect(text).not.toMatch(acts);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("parses: every JSON and YAML file", async () => {
    const { files } = await filesFor(acme);
    for (const [path, text] of files) {
      if (path.endsWith(".json")) expect(JSON.parse(text)).toBeTypeOf("object");
      if (path.endsWith(".yml")) expect(load(text)).toBeTypeOf("object");
    }
  });
  test.each(["main", "release/2.0", 'a"b', "${{ github.token }}", "x]}\nenv: {a: b", "**", "-x"])(
    "is a workflow of one job that only reads, whatever the default branch is: %j",
    async (branch) => {
      const repo = await describeRepo("/nowhere", acme);
      const files = accessRepoFiles({ ...repo, place: { ...repo.place, defaultBranch: branch } }, now);
      const text = files.get(".github/workflows/validate.yml") ?? "";
      expect(load(text)).toMatchObject({
        on: { pull_request: null, push: { branches: [/^[a-z./0-9]+$/.test(branch) ? branch : "**"] } },
        permissions: { contents: "read" },
        jobs: { validate: { "runs-on": "ubuntu-latest" } },
      });
      expect(Object.keys(load(text) as object)).toEqual(["name", "on", "permissions", "jobs"]);
    },
  );
  test("shows in comments only what can be written", async () => {
    const { files, policyFiles } = await filesFor(acme);
    const settings = files.get(".github/countersign.yml") ?? "";
    const shown = [...settings.matchAll(/^# ([a-z_]+: .*)$/gm)].map((match) => match[1] ?? "");
    expect(shown).toHaveLength(4);
    for (const line of shown) {
      const key = line.slice(0, line.indexOf(":"));
      const text = `${settings.replace(new RegExp(`^${key}:.*$`, "m"), "")}${line}\n`;
      const loaded = loadPolicy({ ...policyFiles, settings: { ...policyFiles.settings, text } });
      expect(placed(loaded.diagnostics)).toEqual([]);
    }
    const gcp = (files.get("targets/gcp-example.yml") ?? "").replaceAll(/^ {4}# (boundary:| {2}- \{)/gm, "    $1");
    expect(gcp).toContain("\n    boundary:\n      - {");
    expect(parseTarget(gcp, "targets/gcp-example.yml").diagnostics).toEqual([]);
  });
  test("maps every kind of file to its schema, in the repository or on the server", async () => {
    const settings = (await filesFor(acme)).files;
    const mapping = JSON.parse(settings.get(".vscode/settings.json") ?? "") as {
      "yaml.schemas": Record<string, string>;
    };
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    for (const name of Object.keys(jsonSchemas())) {
      const copy = `.vscode/schemas/${name}.json`;
      expect(Object.keys(mapping["yaml.schemas"])).toContain(`./${copy}`);
      expect(() => ajv.compile(JSON.parse(settings.get(copy) ?? "") as object)).not.toThrow();
    }
    const served = (await filesFor({ ...acme, url: "https://cs.acme.example/" })).files;
    expect([...served.keys()].filter((path) => path.includes("schemas"))).toEqual([]);
    expect(served.get(".vscode/settings.json")).toContain(
      '"https://cs.acme.example/schemas/request.json": "requests/**/*.yml"',
    );
  });
  test("does not claim what no server decides yet", async () => {
    const { files } = await filesFor(acme);
    const settings = files.get(".github/countersign.yml") ?? "";
    expect(load(settings)).toEqual({ version: 1, approvals: 1, frozen: [] });
    for (const [path, text] of files) {
      if (path.endsWith(".json")) continue;
      for (const line of text.split("\n").filter((one) => /break.glass|auto_approve|pending_expiry/i.test(one)))
        expect(line).toMatch(/this version|^# (?:break_glass|pending_expiry): |^# break_glass need/);
    }
  });
});

describe("README.md and AGENTS.md", () => {
  const shell = (text: string): string[] => [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1] ?? "");
  /** Each command line as the shell splits it, without comments. */
  const lines = (script: string): string[][] =>
    bash(`npx() { printf '%s\\0' "$@"; printf '\\n'; }\n${script}`)
      .split("\n")
      .slice(0, -1)
      .map((line) => line.split("\0").slice(0, -1));

  const runAll = (cwd: string, commands: readonly string[][]): { code: number; out: string; err: string }[] => {
    const many = join(import.meta.dirname, "run-many.ts");
    const argument = JSON.stringify(commands.map((args) => args.slice(1)));
    const run = spawnSync(process.execPath, [many, argument], { cwd, encoding: "utf8" });
    return JSON.parse(run.stdout) as { code: number; out: string; err: string }[];
  };

  test("show only commands that work, in their order, in a checkout with the clone beside it", async () => {
    const clone = join(folder.dir, "access");
    const checkout = join(folder.dir, "countersign");
    mkdirSync(checkout);
    mkdirSync(clone);
    const git = (...args: string[]) => folder.git("-C", clone, ...args);
    git("init", "-q", "-b", "main");
    git("remote", "add", "origin", "https://github.com/acme/access.git");
    // By the process's clock, since the commands run in a process.
    await commandsIn(folder.dir, { now: () => new Date() }).init("access", acme);
    git("add", "--all");
    git("commit", "-q", "-m", "x");
    const blocks = ["README.md", "AGENTS.md"].flatMap((path) => shell(folder.read(`access/${path}`)));
    expect(blocks).toHaveLength(2);
    const commands = blocks.flatMap(lines);
    expect(commands.length).toBeGreaterThanOrEqual(10);
    expect(new Set(commands.map(([program]) => program))).toEqual(new Set(["countersign"]));
    const results = runAll(checkout, commands);
    expect(results.map(({ code, err }, i) => [commands[i]?.join(" "), code, err])).toEqual(
      commands.map((args) => [args.join(" "), 0, ""]),
    );
    for (const [i, args] of commands.entries())
      if (args.includes("--json")) expect(JSON.parse(results[i]?.out ?? "")).toMatchObject({ ok: true });
  });
  test("as does our own README, which begins with init", () => {
    const text = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");
    const commands = shell(text)
      .filter((block) => block.includes("npx countersign init"))
      .flatMap(lines);
    expect(commands.length).toBeGreaterThanOrEqual(5);
    const checkout = join(folder.dir, "countersign");
    mkdirSync(checkout);
    expect(runAll(checkout, commands).map(({ code }, i) => [commands[i]?.join(" "), code])).toEqual(
      commands.map((args) => [args.join(" "), 0]),
    );
  });
  test("show a request and a step that are what they say", async () => {
    const text = (await filesFor(acme)).files.get("README.md") ?? "";
    const [request = "", step = ""] = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? "");
    const path = /^# (requests\/.*)$/m.exec(request)?.[1] ?? "";
    const { init, validate } = commandsIn(folder.dir);
    await init(".", acme);
    folder.write({ [path]: request });
    expect(await validate({ files: [path] })).toMatchObject({ code: 0 });
    expect(load(step)).toMatchObject({ permissions: { "id-token": "write" } });
    const action = load(readFileSync(join(import.meta.dirname, "../../action/action.yml"), "utf8")) as {
      inputs: Record<string, unknown>;
    };
    const given = valueAt(load(step), ["steps", 0, "with"]);
    for (const input of Object.keys(given as object)) expect(Object.keys(action.inputs)).toContain(input);
  });
  test("name the package nowhere where npx would fetch a stranger's", async () => {
    const { files } = await filesFor(acme);
    for (const path of ["README.md", "AGENTS.md"])
      expect(files.get(path)).toContain("is not published as a package. Run the commands in a checkout of it");
    expect(files.get(".github/workflows/validate.yml")).toContain("npx --no -- countersign validate");
  });
});

const valueAt = (value: unknown, path: readonly (string | number)[]): unknown =>
  path.reduce((inner, key) => (inner as Record<string | number, unknown>)[key], value);
