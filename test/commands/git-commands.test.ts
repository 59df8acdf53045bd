import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseRequestPath } from "../../src/access-repo/index.ts";
import { gitCommands } from "../../src/commands/git-commands.ts";
import { pasted } from "./bash.ts";

const file = "requests/aws-prod/2026-11/delete-logs.yml";
const path = parseRequestPath(file) ?? expect.fail();
const at = {
  root: "/srv/access",
  cwd: "/srv/access",
  path,
  base: "origin/main",
  title: "Ask for aws-prod/operator: why",
};

describe("the commands that make a pull request", () => {
  test("start at the base, so that nothing else comes along", () =>
    expect(gitCommands(at)).toEqual([
      "git switch --no-track -c request/aws-prod/delete-logs origin/main",
      `git add ${file}`,
      "git commit -m 'Ask for aws-prod/operator: why'",
      "git push -u origin request/aws-prod/delete-logs",
      "gh pr create --fill",
    ]));
  test("start where one is, where no base is known", () =>
    expect(gitCommands({ ...at, base: undefined })[0]).toBe("git switch -c request/aws-prod/delete-logs"));
  test.each([
    ["in a folder of the repo", "/srv/access/targets", undefined, `../${file}`],
    ["deep in it, with a name that is none of ours", "/srv/access/a b/$(id)", undefined, `../../${file}`],
    ["above it", "/srv", "cd access", file],
    ["beside it", "/srv/countersign", "cd ../access", file],
    ["beside it, with its name in front", "/srv/access-2", "cd ../access", file],
    ["elsewhere", "/home/alice", "cd ../../srv/access", file],
  ])("%s lead to the file", (_, cwd, first, added) => {
    const commands = gitCommands({ ...at, cwd });
    expect(commands.filter((command) => command.startsWith("cd "))).toEqual(first === undefined ? [] : [first]);
    expect(commands).toContain(`git add ${added}`);
  });
  test("C62 pasted into a shell they are these commands with these arguments, whatever the names and the reason are", () => {
    const name = fc.oneof(
      fc.string({ minLength: 1 }),
      fc.constantFrom("-rf", "a b", "$(touch x)", "`id`", "it's", "a;b", "*", "!!", "\u001b[2J", "a\nb", "~"),
    );
    const folder = name.map((text) => text.replaceAll(/[/\0]/g, "_")).filter((text) => !/^\.{0,2}$/.test(text));
    const title = fc.oneof(fc.string(), fc.constantFrom('it\'s $(id) `id` "x" \\ !!', "-x", ""));
    const branch = fc.constantFrom("origin/main", "origin/$(id)", "origin/a'b", "-x", undefined);
    const samples = fc.sample(fc.record({ folder, title, branch }), 60);
    const all = samples.map(({ folder, title, branch }) =>
      gitCommands({ ...at, root: `/srv/${folder}`, cwd: "/srv", title, base: branch }),
    );
    const run = pasted(all.flat());
    let i = 0;
    for (const [n, { folder, title }] of samples.entries()) {
      const shown = !/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u.test(folder);
      if (shown) expect(run[i++]).toEqual(["cd", folder.startsWith("-") ? `./${folder}` : folder]);
      expect(run[i++]?.slice(0, 2)).toEqual(["git", "switch"]);
      expect(run[i++]).toEqual(["git", "add", file]);
      const commit = run[i++] ?? [];
      expect(commit.slice(0, 3)).toEqual(["git", "commit", "-m"]);
      expect(commit).toHaveLength(4);
      if (!/[^ -~]/.test(title) && title.length < 200) expect(commit[3]).toBe(title);
      expect(run[i++]).toEqual(["git", "push", "-u", "origin", "request/aws-prod/delete-logs"]);
      expect(run[i++]).toEqual(["gh", "pr", "create", "--fill"]);
      expect(all[n]).toHaveLength(shown ? 6 : 5);
    }
    expect(i).toBe(run.length);
  });
});
