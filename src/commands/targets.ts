import { Command } from "commander";
import { describeRole } from "../access-repo/index.ts";
import type { Diagnostic, Policy, Role, Target } from "../access-repo/types.ts";
import { forJson, forTerminal } from "../base/text.ts";
import { catalogueFile, catalogueText, requestLink } from "./catalogue.ts";
import { createFile } from "./create-file.ts";
import type { ExitCode, Io } from "./io.ts";
import { findingsText, readPolicy } from "./load-policy.ts";
import { Misuse } from "./misuse.ts";
import { type PlaceOptions, readPlace } from "./place.ts";
import { findRepo } from "./place-in-repo.ts";
import { readOnDisk } from "./plain-file.ts";
import { processIo } from "./process-io.ts";
import { diagnosticJson } from "./render-diagnostics.ts";
import { replaceFile } from "./replace-file.ts";
import { count } from "./report.ts";

export interface TargetsOptions extends PlaceOptions {
  readonly repo?: string;
  readonly write?: boolean;
  readonly json?: boolean;
}

export function targetsCommand(): Command {
  return new Command("targets")
    .description("What can be asked for, in words")
    .argument("[target/role]", "one target, or one role of it; none: all")
    .option("--repo <dir>", "the access repo's folder (default: the nearest at or above this one)")
    .option("--write", `write ${catalogueFile}: all of it, each role with a link that asks for it`)
    .option("--repository <owner/name>", "the access repo on GitHub, for links (default: the remote origin)")
    .option("--host <url>", "its GitHub host (default: the remote origin's)")
    .option("--branch <name>", "its default branch (default: origin's)")
    .option("--json", "one JSON object: ok, roles, catalogue, diagnostics")
    .exitOverride()
    .addHelpText(
      "after",
      `
Exit code: 0 fine; 1 the policy has errors; 2 misuse, with nothing on standard output.
Examples:
  countersign targets
  countersign targets aws-prod/operator --json
  countersign targets --write && git add ${catalogueFile}`,
    )
    .action(async (name: string | undefined, options: TargetsOptions) => {
      process.exitCode = await targets(name, options, processIo());
    });
}

/** `countersign targets` (DESIGN.md section 6): prints or writes, and returns the exit code. */
export async function targets(name: string | undefined, options: TargetsOptions, io: Io): Promise<ExitCode> {
  try {
    return await run(name, options, io);
  } catch (error) {
    if (!(error instanceof Misuse)) throw error;
    io.err(`${forTerminal(`countersign targets: ${error.message}`, 5000)}\n`);
    return 2;
  }
}

/** The same keys, whatever came of it. */
interface Result {
  readonly ok: boolean;
  readonly roles: readonly ShownRole[];
  /** With `--write`: the file, and whether it had to be written. */
  readonly catalogue: { readonly file: string; readonly written: boolean } | null;
  readonly diagnostics: readonly Diagnostic[];
}
const json = (result: Result): string =>
  `${forJson({ ...result, diagnostics: result.diagnostics.map(diagnosticJson) })}\n`;

async function run(name: string | undefined, options: TargetsOptions, io: Io): Promise<ExitCode> {
  if (options.write === true && name !== undefined)
    throw new Misuse(`--write writes all of ${catalogueFile}: leave out "${forTerminal(name, 100)}".`);
  const root = await findRepo(io.cwd, options.repo);
  const place = await readPlace(root, options);
  if (options.write === true && place === null)
    throw new Misuse(
      `--write: its links need the repository, and there is no remote \`origin\` on GitHub: add --repository owner/name.`,
    );
  const loaded = await readPolicy(root);
  if (!loaded.ok) {
    const { diagnostics, source } = loaded;
    if (options.json === true) io.out(json({ ok: false, roles: [], catalogue: null, diagnostics }));
    else io.err(findingsText(diagnostics, source, false));
    return 1;
  }
  const { policy } = loaded;
  const roles = chosen(policy, name).map(
    ([target, roleName, role]): ShownRole => ({
      cloud: target.cloud,
      description: target.description,
      ...describeRole(policy, target, roleName, role),
      request: place === null ? null : (requestLink(place, target, roleName, role, io.now()) ?? null),
    }),
  );
  const written =
    options.write === true && place !== null ? await write(root, catalogueText(policy, place, io.now())) : undefined;
  const catalogue = written === undefined ? null : { file: catalogueFile, written };
  if (options.json === true) io.out(json({ ok: true, roles, catalogue, diagnostics: [] }));
  else if (written === undefined) io.out(text(roles, name !== undefined));
  else io.out(`${catalogueFile} ${written ? "is written" : "is current"}: ${count(roles.length, "role")}.\n`);
  return 0;
}

const maxCatalogue = 4_000_000;

/** False where it says the same already. Never through a link, and the old text or the new. @throws Misuse */
async function write(root: string, text: string): Promise<boolean> {
  const fail = (why: string) => new Misuse(`${catalogueFile} cannot be written: ${why}.`);
  const created = await createFile(root, catalogueFile, text);
  if (created.kind === "created") return true;
  if (created.kind === "failed") throw fail(created.why);
  const file = await readOnDisk(root, catalogueFile, maxCatalogue);
  if (file.kind === "link") throw fail("it is a symbolic link");
  if (file.kind === "special") throw fail(`it is ${file.what}`);
  if (file.kind === "unreadable") throw fail(file.why);
  const before = file.bytes.toString("utf8");
  // Also where only the month of the links is another: who writes wants links of today.
  if (before === text) return false;
  const failed = await replaceFile(root, catalogueFile, before, text);
  if (failed !== undefined) throw fail(failed);
  return true;
}

/** The roles that a name stands for. @throws Misuse where it stands for none */
export function chosen(policy: Policy, name: string | undefined): readonly (readonly [Target, string, Role])[] {
  const all = [...policy.targets.values()].flatMap((target) =>
    [...target.roles].map(([roleName, role]) => [target, roleName, role] as const),
  );
  if (name === undefined) return all;
  const found = all.filter(([target, roleName]) => name === target.name || name === `${target.name}/${roleName}`);
  if (found.length > 0) return found;
  const known = name.includes("/")
    ? all.map(([target, roleName]) => `${target.name}/${roleName}`)
    : [...policy.targets.keys()];
  throw new Misuse(
    `There is no "${forTerminal(name, 100)}". ${known.length === 0 ? "There is no target yet." : `There are ${known.slice(0, 20).join(", ")}${known.length > 20 ? ", …" : ""}.`}`,
  );
}

interface ShownRole {
  readonly target: string;
  readonly role: string;
  readonly cloud: string;
  readonly description: string;
  readonly as: string;
  readonly can: readonly string[];
  readonly rules: readonly string[];
  readonly request: string | null;
}

/** Links are long: they are shown where one target or role was asked for. */
function text(roles: readonly ShownRole[], links: boolean): string {
  if (roles.length === 0) return "There is no target yet: add targets/<name>.yml.\n";
  const line = (value: string, indent: string) => `${indent}${forTerminal(value, 3000)}`;
  return roles
    .map(({ target, role, cloud, description, as, can, rules, request }) =>
      [
        `${target}/${role}  (${cloud}) ${forTerminal(description)}`.trimEnd(),
        line(`As ${as}, at most:`, "  "),
        ...can.map((value) => line(value, "    ")),
        ...rules.map((value) => line(value, "  ")),
        ...(links && request !== null ? [`  Request: ${request}`] : []),
        "",
      ].join("\n"),
    )
    .join("\n");
}
