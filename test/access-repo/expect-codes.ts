import { expect } from "vitest";
import type { Diagnostic, Parsed } from "../../src/access-repo/index.ts";

/** `line:column CODE` of every finding: what a table says about a text. */
export const placed = (diagnostics: readonly Diagnostic[]): string[] =>
  diagnostics.map((d) => `${d.line}:${d.column} ${d.code}`);

export const codesOf = (diagnostics: readonly Diagnostic[]): string[] => [...new Set(diagnostics.map((d) => d.code))];

/** The value, or a failure that shows what was found. */
export function valueOf<T>(parsed: Parsed<T>): T {
  if (!parsed.ok) expect.fail(parsed.diagnostics.map((d) => `${d.line}:${d.column} ${d.code} ${d.message}`).join("\n"));
  return parsed.value;
}
