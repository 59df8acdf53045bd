import { lstat, mkdir, open, realpath } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { Command } from "commander";
import { parseOwner } from "../access-repo/index.ts";
import type { Owner } from "../access-repo/types.ts";
import { forJson, forTerminal } from "../base/text.ts";
import { accessRepoFiles } from "./init/files.ts";
import type { NewAccessRepo } from "./init/policy.ts";
import type { ExitCode, Io } from "./io.ts";
import { Misuse } from "./misuse.ts";
import { readPlace } from "./place.ts";
import { readOnDisk } from "./plain-file.ts";
import { processIo } from "./process-io.ts";

export interface InitOptions {
  readonly repository?: string;
  readonly host?: string;
  readonly owners?: readonly string[];
  readonly workflowRepository?: string;
  readonly url?: string;
  readonly json?: boolean;
}

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
    .option("--owners <list>", "who owns everything at first, such as @acme/platform", more)
    .option(
      "--workflow-repository <owner/name>",
      "a repository whose workflows may use the examples (default: <owner>/infra)",
    )
    .option("--url <url>", "where the server answers: editors then read the schemas from it")
    .option("--json", "one JSON object: the files written")
    .exitOverride()
    .addHelpText(
      "after",
      `
Writes only files that are not there; where one of its files exists with another text, nothing is written at all.
Exit code: 0 written; 1 files are in the way; 2 misuse.
Examples:
  countersign init access --repository acme/access --owners @acme/platform
  gh repo clone acme/access && countersign init access --owners "@alice @bob"`,
    )
    .action(async (dir: string, options: InitOptions) => {
      process.exitCode = await init(dir, options, processIo());
    });
}

/** `countersign init` (DESIGN.md section 6): writes the files, prints what comes next, and returns the exit code. */
export async function init(dir: string, options: InitOptions, io: Io): Promise<ExitCode> {
  try {
    const asked = resolve(io.cwd, dir);
    const repo = await described(asked, options);
    const files = accessRepoFiles(repo, io.now());
    await mkdir(asked, { recursive: true }).catch(() => {
      throw new Misuse(
        `"${forTerminal(dir, 200)}" cannot be made: something else is there, or the folder above may not be written.`,
      );
    });
    const root = await realpath(asked);
    const inTheWay = await different(root, files);
    if (inTheWay.length > 0) {
      for (const path of inTheWay) io.err(`${path} is there with another text.\n`);
      io.err("Nothing was written: move these files away, or choose another folder.\n");
      return 1;
    }
    const written: string[] = [];
    for (const [path, text] of files) if (await put(root, path, text)) written.push(path);
    if (options.json === true) io.out(`${forJson({ dir: root, repository: repo.repository, written })}\n`);
    else io.out(next(dir, repo, written));
    return 0;
  } catch (error) {
    if (!(error instanceof Misuse)) throw error;
    io.err(`${forTerminal(`countersign init: ${error.message}`, 5000)}\n`);
    return 2;
  }
}

const fullName = /^[A-Za-z0-9](?:-?[A-Za-z0-9_]){0,99}\/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/;

async function described(dir: string, options: InitOptions): Promise<NewAccessRepo> {
  const place = await readPlace(dir, { ...(options.host && { host: options.host }) }).catch(() => null);
  // A name that everybody sees is a placeholder: whoever forgets to replace it has owners that nobody is, and is denied.
  const repository = options.repository ?? place?.fullName ?? `your-org/${repositoryName(basename(dir))}`;
  const [owner = ""] = repository.split("/");
  const workflowRepository = options.workflowRepository ?? `${owner}/infra`;
  for (const [flag, name] of [
    ["--repository", repository],
    ["--workflow-repository", workflowRepository],
  ] as const)
    if (!fullName.test(name)) throw new Misuse(`${flag}: write owner/name, not "${forTerminal(name, 100)}".`);
  if (workflowRepository.split("/")[0]?.toLowerCase() !== owner.toLowerCase())
    throw new Misuse(`--workflow-repository: it must have the same owner as the access repo, ${owner}.`);
  const owners = (options.owners ?? [`@${owner}/access-owners`]).map((text): Owner => {
    const parsed = parseOwner(text);
    if (parsed === undefined || parsed.kind === "email")
      throw new Misuse(`--owners: write @login or @org/team, not "${forTerminal(text, 100)}".`);
    return parsed;
  });
  if (owners.length === 0) throw new Misuse("--owners: name at least one owner.");
  return { host: hostOf(options.host ?? place?.host), repository, owners, workflowRepository, url: urlOf(options.url) };
}

const repositoryName = (folder: string): string => folder.replace(/[^A-Za-z0-9._-]+/g, "-").slice(0, 100) || "access";

function hostOf(text = "https://github.com"): string {
  const url = URL.parse(text);
  if (
    url === null ||
    !/^https?:$/.test(url.protocol) ||
    url.pathname !== "/" ||
    url.search !== "" ||
    url.username !== ""
  )
    throw new Misuse(`--host: write an address such as https://github.com, not "${forTerminal(text, 100)}".`);
  return url.origin;
}

function urlOf(text: string | undefined): string | null {
  if (text === undefined) return null;
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== "" || url.hash !== "" || url.username !== "")
    throw new Misuse(
      `--url: write the server's address, such as https://countersign.acme.example, not "${forTerminal(text, 100)}".`,
    );
  return url.href.replace(/\/$/, "");
}

/** Paths of `files` where something else is: another text, a link, or a file in place of a folder. */
async function different(root: string, files: ReadonlyMap<string, string>): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [path, text] of files) {
    if (await folderInTheWay(root, path)) found.push(path);
    else {
      const stat = await lstat(join(root, path)).catch(() => undefined);
      if (stat === undefined) continue;
      const there = await readOnDisk(root, path, text.length * 4);
      if (there.kind !== "file" || there.bytes.toString("utf8") !== text) found.push(path);
    }
  }
  return found;
}

/** Whether a folder of the path is something else: writing through a link would leave the repo. */
async function folderInTheWay(root: string, path: string): Promise<boolean> {
  const parts = path.split("/").slice(0, -1);
  for (let i = 1; i <= parts.length; i++) {
    const stat = await lstat(join(root, ...parts.slice(0, i))).catch(() => undefined);
    if (stat !== undefined && !stat.isDirectory()) return true;
  }
  return false;
}

/** True where the file was written; false where it is there already, with this text. */
async function put(root: string, path: string, text: string): Promise<boolean> {
  const place = join(root, path);
  await mkdir(dirname(place), { recursive: true });
  const handle = await open(place, "wx").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return undefined;
    throw new Misuse(
      `${path} cannot be written: ${error instanceof Error && "code" in error ? String(error.code) : "unknown"}.`,
    );
  });
  if (handle === undefined) return false;
  await handle.writeFile(text);
  await handle.close();
  return true;
}

function next(dir: string, repo: NewAccessRepo, written: readonly string[]): string {
  const shown = forTerminal(dir, 500);
  return `${[
    `Wrote ${written.length} files to ${shown}, an access repo for ${repo.repository}:`,
    "",
    ...written.filter((path) => !path.startsWith(".vscode/")).map((path) => `  ${path}`),
    "",
    "Next:",
    `  countersign validate --repo ${shown}                  # all of it, with its policy tests`,
    `  countersign targets --repo ${shown}                   # what can be asked for`,
    `  countersign new hello/reader --repo ${shown} --reason "Try Countersign for the first time" --workflow-file .github/workflows/hello.yml`,
    "Then read its README.md: it says what to replace, and how to enroll it.",
  ].join("\n")}\n`;
}
