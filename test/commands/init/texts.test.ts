import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Folder, newFolder } from "../access-repo.ts";
import { bash } from "../bash.ts";
import { commandsIn } from "../run.ts";
import { runProcess } from "../run-process.ts";
import { acme, filesFor } from "./world.ts";

let folder: Folder;
beforeEach(() => {
  folder = newFolder({ empty: true });
});
afterEach(() => folder.remove());

describe("README.md and AGENTS.md", () => {
  const shell = (text: string): string[] => [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1] ?? "");
  /** Each command line as the shell splits it, without comments. */
  const lines = (script: string): string[][] =>
    bash(`npx() { printf '%s\\0' "$@"; printf '\\n'; }\n${script}`)
      .split("\n")
      .slice(0, -1)
      .map((line) => line.split("\0").slice(0, -1));

  const runAll = (cwd: string, commands: readonly string[][]) =>
    runProcess(
      cwd,
      commands.map((args) => args.slice(1)),
    );

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
    const text = readFileSync(join(import.meta.dirname, "../../../README.md"), "utf8");
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
    const action = load(readFileSync(join(import.meta.dirname, "../../../action/action.yml"), "utf8")) as {
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
