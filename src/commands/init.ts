import { lstat, realpath } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { forJson, forTerminal } from "../base/text.ts";
import { createFile, makeFolder, notAFolder } from "./create-file.ts";
import { describeRepo, type InitOptions } from "./init/describe.ts";
import { accessRepoFiles } from "./init/files.ts";
import type { NewAccessRepo } from "./init/repo.ts";
import type { ExitCode, Io } from "./io.ts";
import { Misuse } from "./misuse.ts";
import { shown } from "./place.ts";
import { readOnDisk, reason } from "./plain-file.ts";
import { processIo } from "./process-io.ts";
import { programName, shellWord } from "./shell.ts";

const more = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  ...value.split(/[\s,]+/).filter(Boolean),
];

export function initCommand(): Command {
  return new Command("init")
    .description("Write a complete access repo: a first target, examples, CODEOWNERS, policy tests, CI, README")
    .argument("<dir>", "an empty folder, a fresh clone, or a folder that is made")
    .option("--repository <owner/name>", "the access repo on GitHub (default: the folder's remote origin)")
    .option("--host <url>", "its GitHub host (default: the remote origin's, or https://github.com)")
    .option("--branch <name>", "its default branch (default: origin's, or main)")
    .option("--owners <list>", "who owns everything at first, such as @acme/platform", more)
    .option(
      "--workflow-repository <owner/name>",
      "a repository whose workflows may use the examples (default: <owner>/infra)",
    )
    .option("--url <url>", "where the server answers: editors then read the schemas from it")
    .option("--json", "one JSON object: ok, dir, repository, written, in_the_way")
    .exitOverride()
    .addHelpText(
      "after",
      `
Writes only files that are not there; where one of its files exists with another text, nothing is written at all.
Exit code: 0 written; 1 files are in the way; 2 misuse, with nothing on standard output.
Examples:
  countersign init ../access --repository acme/access --owners @acme/platform
  gh repo clone acme/access ../access && countersign init ../access --owners "@alice @bob"`,
    )
    .action(async (dir: string, options: InitOptions) => {
      process.exitCode = await init(dir, options, processIo());
    });
}

/** `countersign init` (DESIGN.md section 6): writes the files, prints what comes next, and returns the exit code. */
export async function init(dir: string, options: InitOptions, io: Io): Promise<ExitCode> {
  try {
    return await run(dir, options, io);
  } catch (error) {
    if (!(error instanceof Misuse)) throw error;
    io.err(`${forTerminal(`countersign init: ${error.message}`, 5000)}\n`);
    return 2;
  }
}

async function run(dir: string, options: InitOptions, io: Io): Promise<ExitCode> {
  const asked = resolve(io.cwd, dir);
  const repo = await describeRepo(asked, options);
  const files = accessRepoFiles(repo, io.now());
  await makeFolder(asked).catch((error: unknown) => {
    throw new Misuse(`${shown(dir)} cannot be made: ${reason(error)}.`);
  });
  const root = await realpath(asked);
  const inTheWay = await different(root, files);
  const result = { dir: root, repository: repo.place.fullName };
  if (inTheWay.length > 0) {
    if (options.json === true) io.out(`${forJson({ ok: false, ...result, written: [], in_the_way: inTheWay })}\n`);
    for (const path of inTheWay) io.err(`${path} is there with another content.\n`);
    io.err("Nothing was written: move what is in the way, or choose another folder.\n");
    return 1;
  }
  const written: string[] = [];
  for (const [path, text] of files) {
    const made = await createFile(root, path, text);
    if (made.kind === "created") written.push(path);
    if (made.kind === "failed")
      throw new Misuse(`${path} cannot be written: ${made.why}. ${written.length} files are written; run it again.`);
  }
  if (options.json === true) io.out(`${forJson({ ok: true, ...result, written, in_the_way: [] })}\n`);
  else io.out(next(dir, repo, written, io));
  return 0;
}

/** Paths of `files` where something else is: another text, a link, or a file in place of a folder. */
async function different(root: string, files: ReadonlyMap<string, string>): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const [path, text] of files) {
    const folder = await notAFolder(root, path);
    if (folder !== undefined) found.add(folder);
    else {
      const stat = await lstat(join(root, path)).catch(() => undefined);
      if (stat === undefined) continue;
      const there = await readOnDisk(root, path, Buffer.byteLength(text));
      if (there.kind !== "file" || there.bytes.toString("utf8") !== text) found.add(path);
    }
  }
  return [...found];
}

function next(dir: string, repo: NewAccessRepo, written: readonly string[], io: Io): string {
  const folder = shellWord(dir.startsWith("-") ? `./${dir}` : dir) ?? "<the folder>";
  const run = programName(io);
  return `${[
    `Wrote ${written.length} files to ${forTerminal(dir, 500)}, an access repo for ${repo.place.fullName}:`,
    "",
    ...written.filter((path) => !path.startsWith(".vscode/")).map((path) => `  ${path}`),
    "",
    ...(repo.placeholder
      ? [
          "That name is a placeholder: --repository owner/name, or a remote `origin` of the folder, says the real one.",
          "",
        ]
      : []),
    "Next:",
    `  ${run} validate --repo ${folder}      # all of it, with its policy tests`,
    `  ${run} targets --repo ${folder}       # what can be asked for`,
    `  ${run} new hello/reader --repo ${folder} --reason "Try Countersign for the first time" --workflow-file .github/workflows/hello.yml`,
    "Then read its README.md: it says what to replace, and how to enroll it.",
  ].join("\n")}\n`;
}
