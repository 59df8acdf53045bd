import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { describeRole } from "../access-repo/index.ts";
import type { Policy, Role, Target } from "../access-repo/types.ts";
import { forJson, forTerminal } from "../base/text.ts";
import { catalogueFile } from "./beside-policy.ts";
import { catalogueText, requestLink, sameCatalogue } from "./catalogue.ts";
import type { ExitCode, Io } from "./io.ts";
import { readPolicy } from "./load-policy.ts";
import { Misuse } from "./misuse.ts";
import { type PlaceOptions, readPlace } from "./place.ts";
import { findRepo } from "./place-in-repo.ts";
import { readOnDisk } from "./plain-file.ts";
import { processIo } from "./process-io.ts";

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
    .option("--write", `write ${catalogueFile}, the same with Request links`)
    .option("--repository <owner/name>", "the access repo on GitHub, for links (default: the remote origin)")
    .option("--host <url>", "its GitHub host (default: the remote origin's)")
    .option("--branch <name>", "its default branch (default: origin's)")
    .option("--json", "one JSON array of roles")
    .exitOverride()
    .addHelpText(
      "after",
      `
Exit code: 0 fine; 1 the policy has errors; 2 misuse.
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
    const root = await findRepo(io.cwd, options.repo);
    const loaded = await readPolicy(root, io);
    if (loaded === undefined) return 1;
    const place = await readPlace(root, options);
    const { policy } = loaded;
    if (options.write === true) {
      if (name !== undefined)
        throw new Misuse(`--write writes all of ${catalogueFile}: leave out "${forTerminal(name, 100)}".`);
      const text = catalogueText(policy, place, io.now());
      const file = await readOnDisk(root, catalogueFile, 4_000_000);
      if (file.kind === "link" || file.kind === "special")
        throw new Misuse(`${catalogueFile} is no plain file. Delete it first.`);
      const same = file.kind === "file" && sameCatalogue(file.bytes.toString("utf8"), text);
      if (!same) await writeFile(join(root, catalogueFile), text);
      io.out(`${catalogueFile} ${same ? "is current" : "is written"}: ${policy.targets.size} targets.\n`);
      if (place === null) io.err("Without a remote `origin` or --repository it has no Request links.\n");
      return 0;
    }
    const roles = chosen(policy, name);
    const shown = roles.map(([target, roleName, role]) => ({
      cloud: target.cloud,
      description: target.description,
      ...describeRole(policy, target, roleName, role),
      request: place === null ? null : (requestLink(place, target, roleName, role, io.now()) ?? null),
    }));
    io.out(options.json === true ? `${forJson(shown)}\n` : text(shown, name !== undefined));
    return 0;
  } catch (error) {
    if (!(error instanceof Misuse)) throw error;
    io.err(`${forTerminal(`countersign targets: ${error.message}`, 5000)}\n`);
    return 2;
  }
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

interface Shown {
  readonly target: string;
  readonly role: string;
  readonly cloud: string;
  readonly description: string;
  readonly can: readonly string[];
  readonly rules: readonly string[];
  readonly request: string | null;
}

/** Links are long: they are shown where one target or role was asked for. */
function text(roles: readonly Shown[], links: boolean): string {
  if (roles.length === 0) return "There is no target yet: add targets/<name>.yml.\n";
  const line = (value: string, indent: string) => `${indent}${forTerminal(value, 3000)}`;
  return roles
    .map(({ target, role, cloud, description, can, rules, request }) =>
      [
        `${target}/${role}  (${cloud}) ${forTerminal(description)}`.trimEnd(),
        ...can.map((value) => line(value, "  can: ")),
        ...rules.map((value) => line(value, "  ")),
        ...(links && request !== null ? [`  Request: ${request}`] : []),
        "",
      ].join("\n"),
    )
    .join("\n");
}
