import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { InitOptions } from "../../src/commands/init/describe.ts";
import { type Folder, newFolder } from "./access-repo.ts";
import { acme } from "./init/world.ts";
import { commandsIn } from "./run.ts";

let folder: Folder;
beforeEach(() => {
  folder = newFolder({ empty: true });
});
afterEach(() => folder.remove());

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
