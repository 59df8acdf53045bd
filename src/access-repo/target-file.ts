import { type Finder, checkTarget } from "./target-check.ts";
import { finding, hasErrors, inOrder } from "./diagnostics.ts";
import { readFile } from "./read-file.ts";
import { targetSchema } from "./target-schema.ts";
import type { Locate, Parsed, Role, Target } from "./types.ts";
import { parseTargetPath } from "./policy-paths.ts";

/** A target with the positions of its parts, for checks that need the settings or other targets. */
export type ParsedTarget = Parsed<Target> & { readonly at?: Locate };

/**
 * Parses `targets/<name>.yml`, any kind, with every default filled in. The name comes from the path. Never throws.
 * (DESIGN.md section 3)
 */
export function parseTarget(text: string | undefined, path: string): ParsedTarget {
  const read = readFile(text, path, targetSchema);
  if (!read.ok) return read;
  const { at } = read;
  const diagnostics = [...read.diagnostics];
  const report: Finder = (code, where, message, more) =>
    diagnostics.push(finding(code, path, at(where), message, more));
  const name = parseTargetPath(path);
  if (name === undefined)
    report("CS2002", [], "A target is a file targets/<name>.yml; the name has a-z, 0-9 and - only.");
  const file = read.value;
  const value: Target = {
    name: name ?? "",
    version: file.version,
    cloud: file.cloud,
    description: file.description ?? "",
    ...("region" in file && file.region !== undefined ? { region: file.region } : {}),
    roles: new Map<string, Role>(Object.entries(file.roles)),
    sets: new Map(file.cloud === "aws" ? Object.entries(file.sets) : []),
  };
  checkTarget(value, report);
  return hasErrors(diagnostics)
    ? { ok: false, diagnostics: inOrder(diagnostics) }
    : { ok: true, value, at, diagnostics: inOrder(diagnostics) };
}
