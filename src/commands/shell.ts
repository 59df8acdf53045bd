import { sep } from "node:path";
import { forTerminal } from "../base/text.ts";
import type { Io } from "./io.ts";

/**
 * A word of a command that a person pastes into a POSIX shell: that very text, and nothing else (CHECKLIST C62). In single quotes
 * nothing has a meaning but the quote itself. Undefined for what cannot be shown on one line of a terminal as it is, and would
 * have to become another word.
 */
export function shellWord(text: string): string | undefined {
  if (forTerminal(text, text.length) !== text) return undefined;
  return /^[A-Za-z0-9_./:@%+,][A-Za-z0-9_./:@%+,=-]*$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * What a person types to run us again. npm says that it runs us from a checkout, where `npx countersign` is ours; elsewhere npx
 * would ask the registry for whatever has the name.
 */
export function programName({ env, cwd }: Pick<Io, "env" | "cwd">): string {
  const checkout = env["npm_config_local_prefix"];
  const byNpx = env["npm_command"] === "exec" && checkout !== undefined && checkout !== "";
  return byNpx && `${cwd}${sep}`.startsWith(`${checkout}${sep}`) ? "npx countersign" : "countersign";
}
