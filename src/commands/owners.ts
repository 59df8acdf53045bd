import { resolve } from "node:path";
import { Command } from "commander";
import { type Codeowners, type Diagnostic, hasErrors, ownersOf } from "../access-repo/index.ts";
import { ownerText } from "../approval/index.ts";
import { forJson, forTerminal } from "../base/text.ts";
import { readCodeownersFile, readCodeownersInForce } from "./codeowners-file.ts";
import type { ExitCode, Io } from "./io.ts";
import { processIo } from "./process-io.ts";
import { repositoryPath } from "./repository-path.ts";

interface OwnersOptions {
  readonly codeowners?: string;
  readonly repo?: string;
  readonly json?: boolean;
}

/** One path in the JSON output. */
interface Owned {
  readonly path: string;
  /** As CODEOWNERS spells them; without e-mail addresses, which never count. Empty: nobody can approve. */
  readonly owners: readonly string[];
  /** Of the rule that decides; null where none matches. */
  readonly line: number | null;
  readonly pattern: string | null;
}

export function ownersCommand(): Command {
  return new Command("owners")
    .description("Who owns paths of an access repo, and by which line of CODEOWNERS")
    .argument("<path...>", "paths as the repository has them; they need not exist")
    .option("--codeowners <file>", "this file instead of the one in force")
    .option("--repo <dir>", "the access repo's folder", ".")
    .option("--json", "one JSON array: path, owners, line, pattern")
    .exitOverride()
    .addHelpText(
      "after",
      `
The file in force is the first of .github/CODEOWNERS, CODEOWNERS and docs/CODEOWNERS. Findings about it go to standard error.
Exit code: 0 every path has owners; 1 some path has none, or the file has errors; 2 misuse.
Examples:
  countersign owners targets/aws-prod.yml requests/aws-prod/2026-11/fix.yml
  git diff -z --name-only main | xargs -0 countersign owners --json`,
    )
    .action(async (paths: string[], options: OwnersOptions) => {
      process.exitCode = await owners(paths, options, processIo());
    });
}

/** `countersign owners` (DESIGN.md section 6): prints, and returns the exit code. Never throws. */
export async function owners(paths: readonly string[], options: OwnersOptions, io: Io): Promise<ExitCode> {
  const misuse = (why: string): ExitCode => {
    io.err(`${forTerminal(why, 5000)}\n`);
    return 2;
  };
  if (paths.length === 0) return misuse("Name at least one path, for example targets/aws-prod.yml.");
  const repo = options.repo ?? ".";
  const wanted: string[] = [];
  for (const given of paths) {
    const checked = repositoryPath(given, resolve(io.cwd, repo));
    if ("problem" in checked) return misuse(checked.problem);
    wanted.push(checked.path);
  }
  const codeowners = await (options.codeowners === undefined
    ? readCodeownersInForce(repo, io.cwd)
    : readCodeownersFile(options.codeowners, io.cwd));
  if (typeof codeowners === "string") return misuse(codeowners);

  const answers = wanted.map((path) => ownedBy(codeowners, path));
  io.out(options.json ? `${forJson(answers)}\n` : table(answers));
  for (const found of codeowners.diagnostics) io.err(findingText(found));
  if (hasErrors(codeowners.diagnostics)) {
    io.err(`${forTerminal(codeowners.path)} has errors: Countersign accepts no policy with it.\n`);
    return 1;
  }
  return answers.some((answer) => answer.owners.length === 0) ? 1 : 0;
}

function ownedBy(codeowners: Codeowners, path: string): Owned {
  const rule = ownersOf(codeowners, path);
  // Where we decide, addresses stand for nobody (approval/owners.ts); a list of people who may approve must not hold them.
  const counting = rule?.owners.filter((owner) => owner.kind !== "email") ?? [];
  return { path, owners: counting.map(ownerText), line: rule?.line ?? null, pattern: rule?.pattern ?? null };
}

function table(answers: readonly Owned[]): string {
  const rows = answers.map(({ path, owners, line, pattern }) => [
    forTerminal(path, 4096),
    owners.length > 0 ? owners.map((owner) => forTerminal(owner)).join(" ") : "nobody: Countersign denies",
    line === null ? "no line matches" : `line ${line}: ${forTerminal(pattern ?? "", 200)}`,
  ]);
  // One very long path must not push all the others off the screen.
  const width = (column: number) =>
    Math.min(
      60,
      rows.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), 0),
    );
  const [first, second] = [width(0), width(1)];
  return rows.map(([path, who, why]) => `${path?.padEnd(first)}  ${who?.padEnd(second)}  ${why}\n`).join("");
}

const findingText = ({ file, line, column, severity, code, message, hint }: Diagnostic): string =>
  `${forTerminal(file)}:${line}:${column}: ${severity} ${code}: ${forTerminal(message)}\n  ${forTerminal(hint)}\n`;
