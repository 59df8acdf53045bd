import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Diagnostic, hasErrors, parseTarget, type Target } from "../access-repo/index.ts";

/** The targets of a working folder. */
export interface TargetFiles {
  /** Those that parse. */
  readonly targets: readonly Target[];
  /** Errors of the others, by path. */
  readonly broken: ReadonlyMap<string, readonly Diagnostic[]>;
}

/** The largest file that the parser takes, and one byte more, so that it says so itself. */
const most = 64 * 1024 + 1;

/** Reads every `targets/<name>.yml` below a folder; undefined where there is no folder `targets`. Plain files only (C12). */
export function readTargetFiles(root: string): TargetFiles | undefined {
  let names: string[];
  try {
    names = readdirSync(join(root, "targets"), { withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".yml"))
      .map(({ name }) => name)
      .sort();
  } catch {
    return undefined;
  }
  const targets: Target[] = [];
  const broken = new Map<string, readonly Diagnostic[]>();
  for (const name of names) {
    const path = `targets/${name}`;
    const parsed = parseTarget(read(join(root, path)), path);
    if (parsed.ok) targets.push(parsed.value);
    else
      broken.set(
        path,
        parsed.diagnostics.filter((found) => hasErrors([found])),
      );
  }
  return { targets, broken };
}

function read(path: string): string | undefined {
  try {
    if (statSync(path).size > most) return " ".repeat(most);
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(readFileSync(path));
  } catch {
    return undefined;
  }
}
