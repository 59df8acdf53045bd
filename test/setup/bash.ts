import { spawnSync } from "node:child_process";

/** What is wrong with a script by `bash -n`; empty where nothing is. */
export function bashProblems(script: string): string {
  const { status, stderr } = spawnSync("bash", ["-n"], { input: script, encoding: "utf8" });
  return status === 0 ? "" : `${status}: ${stderr}`;
}

/** The commands that a script would run, as lists of words: every program is a function that prints its own. */
export function commandsOf(
  script: string,
  programs: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): readonly (readonly string[])[] {
  // One line of \x1f-separated words and \x1e at its end on descriptor 3, whatever the script does with its output.
  const functions = Object.entries(programs).map(
    ([name, answer]) => `${name}() { printf '%s\\x1f' ${name} "$@" >&3; printf '\\x1e' >&3; ${answer}; }\n`,
  );
  const { status, output } = spawnSync("bash", ["-s"], {
    // Nothing else can be run.
    input: `PATH=/nowhere\n${functions.join("")}${script}`,
    encoding: "utf8",
    env: { ...env, PATH: process.env["PATH"] },
    stdio: ["pipe", "pipe", "pipe", "pipe"],
  });
  if (status !== 0) throw new Error(`the script ended with ${status}: ${String(output[2])}`);
  return String(output[3])
    .split("\x1e")
    .filter((line) => line !== "")
    .map((line) => line.split("\x1f").slice(0, -1));
}
