import { realpath } from "node:fs/promises";
import { join, relative } from "node:path";
import { newFileLink } from "../access-repo/index.ts";
import type { Diagnostic } from "../access-repo/types.ts";
import { forJson, forTerminal } from "../base/text.ts";
import { createFile } from "./create-file.ts";
import { type Draft, pairProblem } from "./draft-request.ts";
import { gitCommands } from "./git-commands.ts";
import { colourful, type ExitCode, type Io } from "./io.ts";
import { findingsText, readPolicy, type Source } from "./load-policy.ts";
import { Misuse } from "./misuse.ts";
import { checkDraft, type CheckedDraft } from "./new-draft.ts";
import { freePath, pastOf } from "./new-path.ts";
import { type PlaceOptions, readPlace } from "./place.ts";
import { findRepo } from "./place-in-repo.ts";
import { diagnosticJson } from "./render-diagnostics.ts";

export interface NewOptions extends PlaceOptions {
  readonly repo?: string;
  /** An older request's file. */
  readonly from?: string;
  readonly name?: string;
  readonly draft: Draft;
  /** Print the file, write nothing. */
  readonly print?: boolean;
  readonly json?: boolean;
}

/** What came of it: the same keys in JSON, whatever came. */
interface Result {
  readonly ok: boolean;
  readonly path: string | null;
  readonly text: string | null;
  readonly link: string | null;
  readonly commands: readonly string[];
  readonly written: boolean;
  readonly diagnostics: readonly Diagnostic[];
}
const refused = { ok: false, path: null, text: null, link: null, commands: [], written: false } as const;

/** `countersign new` (DESIGN.md section 6): writes the file, prints what to do with it, and returns the exit code. */
export async function newRequest(role: string | undefined, options: NewOptions, io: Io): Promise<ExitCode> {
  try {
    return await run(role, options, io);
  } catch (error) {
    if (!(error instanceof Misuse)) throw error;
    io.err(`${forTerminal(`countersign new: ${error.message}`, 5000)}\n`);
    return 2;
  }
}

async function run(role: string | undefined, options: NewOptions, io: Io): Promise<ExitCode> {
  const problem = pairProblem(options.draft);
  if (problem !== undefined) throw new Misuse(problem);
  const root = await findRepo(io.cwd, options.repo);
  // Before anything is written: a wrong option is told first.
  const place = await readPlace(root, options);
  const loaded = await readPolicy(root);
  if (!loaded.ok) {
    const why = "Nothing was written: the policy has these errors, and no request can be checked by it.";
    return refuse({ ...refused, diagnostics: loaded.diagnostics }, loaded.source, why, options, io);
  }
  const past = await pastOf(root);
  const around = { root, cwd: io.cwd, now: io.now(), ...loaded, history: past.history };
  const draft = await checkDraft(around, { role, from: options.from, name: options.name, draft: options.draft });
  const { text } = draft;
  if (!draft.ok) {
    const { diagnostics } = draft;
    const why = "Nothing was written: the request would have these errors.";
    return refuse({ ...refused, path: draft.free.path.path, text, diagnostics }, () => text, why, options, io);
  }
  const path = options.print === true ? draft.free.path : await write(root, draft);
  const cwd = await realpath(io.cwd);
  const commands = past.isClone
    ? gitCommands({ root, cwd, path, base: past.history.base, title: `Ask for ${draft.title}` })
    : [];
  const link = place === null ? null : (newFileLink(place, path.path, text) ?? null);
  const result = { path: path.path, text, link, commands, written: options.print !== true };
  const where = relative(cwd, join(root, path.path));
  if (options.json === true) io.out(json({ ok: true, ...result, diagnostics: draft.diagnostics }));
  else if (options.print === true) io.out(text);
  else io.out(nextSteps(where, result));
  if (past.history.used === undefined)
    io.err(
      `countersign new: whether the name was used before is not known: ${past.history.gap ?? "git does not say"}.\n`,
    );
  return 0;
}

/** Two at once may have found the same name free: the slower one takes the next. @throws Misuse */
async function write(root: string, { text, free, names }: CheckedDraft) {
  for (let at = free; ; at = await freePath(names, names.asked ? 1 : at.number + 1)) {
    const made = await createFile(root, at.path.path, text);
    if (made.kind === "created") return at.path;
    if (made.kind === "failed") throw new Misuse(`${at.path.path} cannot be written: ${made.why}.`);
  }
}

function refuse(result: Result, source: Source, why: string, { json: asJson, print }: NewOptions, io: Io): ExitCode {
  if (asJson === true) io.out(json(result));
  // With --print standard output is the file: one that was redirected must not hold findings instead.
  else (print === true ? io.err : io.out)(findingsText(result.diagnostics, source, print !== true && colourful(io)));
  io.err(`${why}\n`);
  return 1;
}

const json = (result: Result): string =>
  `${forJson({ ...result, diagnostics: result.diagnostics.map(diagnosticJson) })}\n`;

type Written = Omit<Result, "ok" | "diagnostics"> & { readonly path: string; readonly text: string };

function nextSteps(where: string, { text, link, commands }: Written): string {
  const lines = text.trimEnd().split("\n");
  const browser = [
    "",
    commands.length === 0 ? "Next, in the browser:" : "Or without git, in the browser:",
    `  ${link}`,
  ];
  return `${[
    `Wrote ${forTerminal(where, 1000)}`,
    "",
    ...lines.map((line) => `  ${forTerminal(line, line.length)}`),
    ...(commands.length === 0 ? [] : ["", "Next:", ...commands.map((command) => `  ${command}`)]),
    ...(link === null ? [] : browser),
    ...(commands.length === 0 && link === null
      ? ["", "This folder is no clone of the access repo: put the file into a pull request there."]
      : []),
  ].join("\n")}\n`;
}
