import { spawnSync } from "node:child_process";

/** Runs a script in bash; its output, where the script is fine. */
export function bash(script: string): string {
  const run = spawnSync("bash", ["--noprofile", "--norc", "-euo", "pipefail"], { input: script, encoding: "utf8" });
  if (run.status !== 0) throw new Error(run.stderr);
  return run.stdout;
}

/** What a person who pastes these commands into bash really runs: each command with its arguments. None of them is carried out. */
export function pasted(commands: readonly string[]): readonly (readonly string[])[] {
  const tell = (name: string) => `${name}() { printf '%s\\0' "$#" ${name} "$@"; }`;
  const parts = bash([...["git", "gh", "cd"].map(tell), ...commands].join("\n")).split("\0");
  const found: string[][] = [];
  for (let i = 0; i < parts.length - 1; ) {
    const count = Number(parts[i]);
    found.push(parts.slice(i + 1, i + 2 + count));
    i += count + 2;
  }
  return found;
}
