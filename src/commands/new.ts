import { mkdir, open, readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { newFileLink, parseRequest, parseRequestPath } from "../access-repo/index.ts";
import type { Diagnostic, RequestFile, RequestPath } from "../access-repo/types.ts";
import { forJson, forTerminal } from "../base/text.ts";
import { monthOf } from "./catalogue.ts";
import { type Draft, draftRequest, nameFrom } from "./draft-request.ts";
import { openRepo, readHistory } from "./history.ts";
import type { ExitCode, Io } from "./io.ts";
import { readPolicy } from "./load-policy.ts";
import { Misuse } from "./misuse.ts";
import { type PlaceOptions, readPlace } from "./place.ts";
import { findRepo, pathsInRepo } from "./place-in-repo.ts";
import { planRequest } from "./plan-request.ts";
import { render } from "./render-diagnostics.ts";
import { plainReport } from "./report.ts";
import { chosen } from "./targets.ts";
import { openCatalogue } from "../action-catalogue/index.ts";

export interface NewOptions extends PlaceOptions {
  readonly repo?: string;
  readonly from?: string;
  readonly name?: string;
  readonly draft: Draft;
  /** Print the file, write nothing. */
  readonly print?: boolean;
  readonly json?: boolean;
}

/** `countersign new` (DESIGN.md section 6): writes the file, prints what to do with it, and returns the exit code. */
export async function newRequest(name: string | undefined, options: NewOptions, io: Io): Promise<ExitCode> {
  try {
    const root = await findRepo(io.cwd, options.repo);
    const loaded = await readPolicy(root, io);
    if (loaded === undefined) return 1;
    const older = options.from === undefined ? undefined : await olderRequest(root, options.from, io);
    const roleName = name ?? (older === undefined ? undefined : `${older.path.target}/${older.file.role}`);
    if (roleName === undefined)
      throw new Misuse("Name what to ask for, such as aws-prod/operator; `countersign targets` lists it.");
    const [found, ...more] = chosen(loaded.policy, roleName);
    if (found === undefined || more.length > 0)
      throw new Misuse(
        `${roleName} has several roles: ${[found, ...more].map((one) => `${roleName}/${one?.[1] ?? ""}`).join(", ")}. Name one.`,
      );
    const [target, role] = found;
    const { text, parsed } = draftRequest({ ...options.draft, role }, older?.file);
    const path = await freePath(
      root,
      target.name,
      options.name ?? nameFrom(parsed.ok ? parsed.value.reason : ""),
      options.name !== undefined,
      io,
    );
    const fail = (diagnostics: readonly Diagnostic[]): ExitCode => refuse(diagnostics, path, text, options, io);
    if (!parsed.ok) return fail(parsed.diagnostics);
    const basis = { ...loaded, actions: await openCatalogue() };
    const asked = { file: parsed.value, at: parsed.at, path, now: io.now(), merged: false };
    const planned = await planRequest(basis, asked);
    if (!planned.ok) return fail(planned.diagnostics);
    if (options.print !== true) await write(join(root, path.path), text);
    const place = await readPlace(root, options);
    const link = place === null ? null : (newFileLink(place, path.path, text) ?? null);
    const where = relative(io.cwd, join(root, path.path)) || path.path;
    const commands = gitCommands(where, path, `${target.name}/${role}: ${parsed.value.reason}`);
    if (options.json === true)
      io.out(`${forJson({ path: path.path, text, link, commands, written: options.print !== true })}\n`);
    else if (options.print === true) io.out(text);
    else {
      const next = [
        "",
        "Next:",
        ...commands.map((command) => `  ${command}`),
        ...(link === null ? [] : ["", "Or without git, in the browser:", `  ${link}`]),
      ];
      io.out(`Wrote ${forTerminal(where, 1000)}\n\n${text.replace(/^/gm, "  ").trimEnd()}\n${next.join("\n")}\n`);
    }
    return 0;
  } catch (error) {
    if (!(error instanceof Misuse)) throw error;
    io.err(`${forTerminal(`countersign new: ${error.message}`, 5000)}\n`);
    return 2;
  }
}

async function olderRequest(
  root: string,
  from: string,
  io: Io,
): Promise<{ readonly path: RequestPath; readonly file: RequestFile }> {
  const [path] = await pathsInRepo(root, io.cwd, [from]);
  const name = path === undefined ? undefined : parseRequestPath(path);
  if (name === undefined) throw new Misuse(`--from: "${forTerminal(from, 200)}" is not a request.`);
  const parsed = parseRequest(await readFile(join(root, name.path), "utf8"), name.path);
  if (!parsed.ok)
    throw new Misuse(`--from: ${name.path} has errors; \`countersign validate ${name.path}\` shows them.`);
  return { path: name, file: parsed.value };
}

/** A path that no request has or had. A name that was asked for is taken or refused, never changed. */
async function freePath(root: string, target: string, base: string, asked: boolean, io: Io): Promise<RequestPath> {
  const folder = `requests/${target}/${monthOf(io.now())}`;
  const repo = await openRepo(root);
  const history = "gap" in repo ? undefined : await readHistory(repo, undefined);
  for (let number = 1; number < 1000; number++) {
    const name = number === 1 ? base : `${base}-${number}`;
    const path = parseRequestPath(`${folder}/${name}.yml`);
    if (path === undefined)
      throw new Misuse(`--name: write a name of a-z, 0-9 and -, not "${forTerminal(base, 100)}".`);
    const there = await readFile(join(root, path.path)).then(
      () => true,
      () => false,
    );
    const used = there || history?.used?.has(path.path) === true || history?.committed?.has(path.path) === true;
    if (!used) return path;
    if (asked)
      throw new Misuse(`--name: ${path.path} is there or was there before. A name is used once: choose another.`);
  }
  throw new Misuse(`Every name like ${base} is taken: choose one with --name.`);
}

/** Never over a file that appeared meanwhile. */
async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const handle = await open(file, "wx").catch((error: unknown) => {
    throw new Misuse(
      `${file} cannot be written: ${error instanceof Error && "code" in error ? String(error.code) : "unknown"}.`,
    );
  });
  await handle.writeFile(text);
  await handle.close();
}

function refuse(
  diagnostics: readonly Diagnostic[],
  path: RequestPath,
  text: string,
  options: NewOptions,
  io: Io,
): ExitCode {
  const report = plainReport(
    diagnostics.map((d) => ({ ...d, file: path.path })),
    () => text,
  );
  const format = options.json === true ? "json" : "text";
  io.out(render(report, { format, all: true, colour: io.tty && !io.env["NO_COLOR"] }));
  io.err("Nothing was written: the request would have these errors.\n");
  return 1;
}

/** In single quotes nothing has a meaning for a POSIX shell but the quote itself (CHECKLIST C62). */
const shellQuoted = (text: string): string =>
  /^[A-Za-z0-9_./:@=-]+$/.test(text) ? text : `'${forTerminal(text, 200).replaceAll("'", `'\\''`)}'`;

function gitCommands(where: string, path: RequestPath, title: string): readonly string[] {
  const branch = `request/${path.name}`;
  return [
    `git switch -c ${branch}`,
    `git add ${shellQuoted(where)}`,
    `git commit -m ${shellQuoted(`Ask for ${title}`)}`,
    `git push -u origin ${branch}`,
    "gh pr create --fill",
  ];
}
