import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { programName, shellWord } from "../../src/commands/shell.ts";
import { bash } from "./bash.ts";

const nasty = [
  "$(touch x)",
  "`id`",
  "a'b",
  "''",
  "'; rm -rf ~; '",
  "!!",
  "~",
  "*",
  "a b",
  "-n",
  "\\",
  "a\\'b",
  "#",
  "{a,b}",
];

describe("a word of a command", () => {
  test("C62 is that very text to a shell, whatever it is", () => {
    const words = fc.sample(fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom(...nasty), fc.string()), 500);
    const shown = words.flatMap((word) => {
      const quoted = shellWord(word);
      return quoted === undefined ? [] : [[word, quoted] as const];
    });
    expect(shown.length).toBeGreaterThan(300);
    // One process for all of them: each word between two that are known.
    const script = shown.map(([, quoted]) => `printf '<%s>\\0' ${quoted}`).join("\n");
    expect(bash(script).split("\0").slice(0, -1)).toEqual(shown.map(([word]) => `<${word}>`));
  });
  test.each(nasty)("%s is quoted", (word) => expect(shellWord(word)).toMatch(/^'.*'$/));
  test.each(["requests/aws-prod/2026-11/a.yml", "https://github.com:443/a", "origin/main", "a=b", "x@y+z"])(
    "%s needs no quotes",
    (word) => expect(shellWord(word)).toBe(word),
  );
  test.each(["a\nb", "\u001b[2J", "a\u202eb", "tab\there", "\u0000", "\ud800"])(
    "C62 %j cannot be shown as it is, and is no word",
    (word) => expect(shellWord(word)).toBeUndefined(),
  );
});

describe("the name of the program", () => {
  const npm = { npm_command: "exec", npm_config_local_prefix: "/src/countersign" };
  test.each([
    ["by npx in the checkout", npm, "/src/countersign", "npx countersign"],
    ["by npx in a folder of it", npm, "/src/countersign/docs", "npx countersign"],
    // npx would fetch a stranger's package there.
    ["by npx from elsewhere", npm, "/src/access", "countersign"],
    ["beside it", npm, "/src/countersign-2", "countersign"],
    ["by itself", {}, "/src/countersign", "countersign"],
    ["by npm run", { ...npm, npm_command: "run-script" }, "/src/countersign", "countersign"],
  ])("run %s", (_, env, cwd, expected) => expect(programName({ env, cwd })).toBe(expected));
});
