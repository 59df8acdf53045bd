import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { AdminResult } from "../admin/index.ts";
import { forTerminal } from "../base/text.ts";
import type { ExitCode } from "./io.ts";
import { done, failed, type KeysDeps, type KeysOptions, misuse, withKeys } from "./keys-backend.ts";

export interface ImportOptions extends KeysOptions {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly dropUnreadable?: boolean;
}
type Plan = AdminResult<"keys_import">;
type Step = Plan["steps"][number];

const most = 4 * 1024 * 1024;

/** `countersign keys import FILE`: says what it would do, asks, does it. Exit 1 where keys stay with which no server starts. */
export async function keysImport(file: string | undefined, options: ImportOptions, deps: KeysDeps): Promise<ExitCode> {
  const { io } = deps;
  if (file === undefined && !options.dropUnreadable)
    return misuse(io, "Name the file of an export: `countersign keys import keys.json`.");
  const read = file === undefined ? { exported: { v: 1, keys: [] } } : await readExport(file, deps);
  if (typeof read === "string") return misuse(io, read);
  const params = { export: read.exported, drop_unreadable: options.dropUnreadable === true };
  return withKeys(deps, options, async (call) => {
    const plan = await call("keys_import", { ...params, dry_run: true });
    if (!plan.ok) return failed(io, options, plan);
    const changes = plan.result.steps.filter((step) => step.does !== "keep");
    if (options.dryRun || changes.length === 0) {
      if (options.json) done(io, { ...plan.result, changed: false });
      else io.out(planText(plan.result, "Would change", "Nothing to do: the server has all of it."));
      return left(plan.result, options, deps);
    }
    if (!options.yes) {
      io.err(planText(plan.result, "This changes", ""));
      const answer = await deps.ask("Type yes to import: ");
      if (answer === undefined)
        return misuse(io, "There is nobody here to confirm: add --yes, or --dry-run to look only.");
      if (answer !== "yes") return failed(io, options, { code: "not_confirmed", message: "Nothing was imported." });
    }
    const reply = await call("keys_import", { ...params, dry_run: false });
    if (!reply.ok) return failed(io, options, reply);
    if (options.json) done(io, { ...reply.result, changed: true });
    else io.out(planText(reply.result, "Imported", "Nothing to do: the server has all of it."));
    return left(reply.result, options, deps);
  });
}

async function readExport(file: string, { io, stdin }: KeysDeps): Promise<{ readonly exported: unknown } | string> {
  const path = resolve(io.cwd, file);
  let text: string;
  try {
    if (file === "-") text = await stdin();
    else {
      const { size, mode } = statSync(path);
      if (size > most) return `${path} is larger than any export.`;
      text = readFileSync(path, "utf8");
      if ((mode & 0o077) !== 0)
        io.err(forTerminal(`Others may read ${path}, which holds private keys: \`chmod 600\` it.`, 5000) + "\n");
    }
  } catch (error) {
    return `${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown error"}).`;
  }
  try {
    return { exported: JSON.parse(text) as unknown };
  } catch {
    return `${file} is not a key export: expected what \`countersign keys export\` writes.`; // no cause: it quotes the text
  }
}

function left(plan: Plan, options: ImportOptions, { io }: KeysDeps): ExitCode {
  if (plan.unreadable.length === 0) return 0;
  if (!options.json)
    io.err(
      `No server starts while these do not open with SEALING_KEY: ${plan.unreadable.join(", ")}. They are not in the file. Set ` +
        "SEALING_KEY_OLD, or give them up with --drop-unreadable: ledgers that they sign cannot be written any more then.\n",
    );
  return 1;
}

function planText(plan: Plan, title: string, nothing: string): string {
  const told = plan.steps.filter((step) => step.does !== "keep" || step.why !== null);
  const changes = told.some((step) => step.does !== "keep");
  const lines = told.map((step) => `  ${step.purpose}  ${step.kid}  ${words(step)}\n`);
  return `${changes ? `${title}:` : nothing}\n${lines.join("")}`;
}

function words(step: Step): string {
  const then = step.state === null ? "" : `, then ${step.state}`;
  switch (step.does) {
    case "add":
      return `new here${then}`;
    case "add_private":
      return "gains its private half";
    case "seal_again":
      return `did not open here; sealed again${then}`;
    case "retire":
      return `published until ${step.at ?? ""}, since a newer one signs`;
    case "drop":
      return "does not open: its private half is erased";
    case "keep":
      return kept(step.why);
  }
}

function kept(why: Step["why"]): string {
  switch (why) {
    case "revoked_here":
      return "stays revoked, although the file has it";
    case "revoked_in_file":
      return "stays as it is, although the file says that it was revoked: `countersign keys revoke` if that is so";
    case "other_times":
      return "stays as it is, although the file has other times";
    case "signs_here":
      return "goes on, although the file says that it ends: nothing else could sign";
    case "does_not_open":
      return "does not open with SEALING_KEY and is not in the file";
    case null:
      return "is the same here";
  }
}
