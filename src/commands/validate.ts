import { Command, Option } from "commander";
import { eachSlipOnce, hasErrors, isPolicyPath } from "../access-repo/index.ts";
import type { Diagnostic } from "../access-repo/types.ts";
import { forLogLine, forTerminal } from "../base/text.ts";
import { applyFixes, type Fixed } from "./apply-fixes.ts";
import { checks, type LoadedRepo, policyInForce } from "./checks.ts";
import { colourful, type Io } from "./io.ts";
import { loadRepo, mendables } from "./load-repo.ts";
import { Misuse } from "./misuse.ts";
import { findRepo, pathsInRepo } from "./place-in-repo.ts";
import { processIo } from "./process-io.ts";
import { type Format, render } from "./render-diagnostics.ts";
import type { Report } from "./report.ts";

export interface ValidateOptions {
  /** Files or folders, seen from the working folder or from the repo; none: the whole access repo. */
  readonly files: readonly string[];
  readonly repo?: string;
  readonly base?: string;
  readonly fix?: boolean;
  readonly format?: Format;
  readonly json?: boolean;
  /** Findings of merged requests one by one. */
  readonly all?: boolean;
}

/** A mended file can show the next finding; more rounds than stages of checking help nobody. */
const maxRounds = 5;

/**
 * Checks an access repo, or files of it, as a folder has them, without GitHub.
 * @param progress takes a line that counts and is erased; absent where stderr is no terminal
 * @returns 0 no errors, 1 errors, 2 misuse
 */
export async function validate(options: ValidateOptions, io: Io, progress?: (text: string) => void): Promise<number> {
  const note = (text: string): void => io.err(`${forLogLine(forTerminal(text, 1000))}\n`);
  try {
    const format = formatOf(options);
    const root = await findRepo(io.cwd, options.repo);
    const wanted = selection(await pathsInRepo(root, io.cwd, options.files));
    const load = async () => await loadRepo({ root, base: options.base, wanted, now: io.now(), progress });
    let repo = await load();
    let found = await findings(repo);
    const fixed: Fixed[] = [];
    for (let round = 0; options.fix === true && round < maxRounds; round++) {
      const named = mendables(repo).filter(({ path }) => wanted(path));
      const result = await applyFixes(root, named);
      for (const { file, why } of result.failed) note(`countersign: ${file} was not mended: ${why}.`);
      if (result.fixed.length === 0) break;
      fixed.push(...result.fixed);
      repo = await load();
      found = await findings(repo);
    }
    const report = reportOf(repo, found, fixed);
    if (report.gap !== undefined) note(`countersign: what is merged already was not checked: ${report.gap}.`);
    if (options.fix === true) for (const text of leftAlone(repo, found)) note(text);
    io.out(render(report, { format, all: options.all === true, colour: colourful(io) }));
    return hasErrors(found) ? 1 : 0;
  } catch (error) {
    if (!(error instanceof Misuse)) throw error;
    note(`countersign validate: ${error.message}`);
    return 2;
  }
}

function formatOf({ format, json }: ValidateOptions): Format {
  if (json === true && format !== undefined && format !== "json")
    throw new Misuse(`--json and --format ${format} are two formats. Choose one.`);
  return json === true ? "json" : (format ?? "text");
}

/** True for the paths that were named, and for those in folders that were; for all where none was. */
function selection(paths: readonly string[]): (path: string) => boolean {
  if (paths.length === 0 || paths.includes("")) return () => true;
  const named = new Set(paths);
  return (path) => path.split("/").some((_, i, parts) => named.has(parts.slice(0, i + 1).join("/")));
}

/** All findings, those of merged requests as warnings, in the order of places. */
async function findings(repo: LoadedRepo): Promise<readonly Diagnostic[]> {
  const found: Diagnostic[] = [];
  for (const check of checks) found.push(...(await check(repo)));
  const merged = mergedFiles(repo);
  const tests = new Set([...repo.beside.tests.map(({ path }) => path), ...repo.beside.findings.map((d) => d.file)]);
  return (
    eachSlipOnce(found)
      // Errors of the policy concern every file that was named; what was read of the tests was wanted.
      .filter((d) => repo.wanted(d.file) || tests.has(d.file) || (d.severity === "error" && isPolicyPath(d.file)))
      .map((d): Diagnostic => (merged.has(d.file) ? { ...d, severity: "warning" } : d))
      .toSorted((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line || a.column - b.column))
  );
}

/** Merged requests, and merged files under `requests/` that are none. */
function mergedFiles({ requests, files, history }: LoadedRepo): ReadonlySet<string> {
  const named = requests.filter(({ state }) => state === "merged").map(({ file }) => file.path);
  const strays = files.findings.filter((d) => d.code.startsWith("CS4") && history.merged?.has(d.file));
  return new Set([...named, ...strays.map((d) => d.file)]);
}

function reportOf(repo: LoadedRepo, diagnostics: readonly Diagnostic[], fixed: readonly Fixed[]): Report {
  const { files, policy, history, requests, beside } = repo;
  const inForce = policyInForce(policy, files);
  return {
    diagnostics,
    merged: mergedFiles(repo),
    fixed,
    requests: requests.length,
    tests: inForce === undefined ? 0 : beside.tests.reduce((sum, { tests }) => sum + tests, 0),
    mends: true,
    policyChecked: inForce !== undefined,
    policyDigest: inForce?.digest,
    base: history.base,
    gap: history.gap,
    source: (file) => repo.texts.get(file),
  };
}

/** Why a finding with a fix is still there. */
function leftAlone({ requests }: LoadedRepo, found: readonly Diagnostic[]): readonly string[] {
  const perhaps = new Set(requests.filter(({ state }) => state === "perhaps").map(({ file }) => file.path));
  const files = new Set(found.filter((d) => d.fix !== undefined && perhaps.has(d.file)).map((d) => d.file));
  return [...files].map(
    (file) => `countersign: ${file} was not mended: it is committed, and may be merged. Name the base with --base.`,
  );
}

/** `countersign validate` */
export function validateCommand(): Command {
  return new Command("validate")
    .exitOverride()
    .description("Check an access repo, or files of it, before anybody else sees them")
    .argument("[files...]", "files or folders of the access repo; none: all of it")
    .option("--repo <dir>", "the access repo's folder (default: the nearest at or above this one)")
    .option("--base <ref>", "the branch that requests are merged to (default: origin's default branch, or main)")
    .option("--fix", "mend what needs no decision: misspelled keys and names")
    .option("--all", "findings of merged requests one by one")
    .addOption(new Option("--format <format>", "how to print").choices(["text", "json", "github"]))
    .option("--json", "the same as --format json")
    .addHelpText("after", help)
    .action(async (files: string[], options: Omit<ValidateOptions, "files">) => {
      const io = processIo();
      const progress = process.stderr.isTTY ? io.err : undefined;
      process.exitCode = await validate({ ...options, files }, io, progress);
    });
}

const help = `
Exit status: 0 no errors, 1 errors, 2 misuse.
Not checked here, since it needs GitHub: the named workflow, who may write there, who may approve.
Policy tests (tests/**.yml) run with the whole access repo, with a file of the policy, and where they are named themselves.
Examples:
  countersign validate
  countersign validate requests/aws-prod/2026-11/delete-stale-logs.yml --fix
  countersign validate --format github --base origin/main`;
