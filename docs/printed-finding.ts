import { type Code, type CodeEntry, codes } from "../src/access-repo/codes.ts";
import { visible } from "../src/access-repo/example-text.ts";
import type { Diagnostic } from "../src/access-repo/types.ts";

/** A finding as `countersign validate` prints it. `text`: of the file that it is in. */
export function printedFinding(found: Diagnostic, code: Code, text: string): string {
  const { file, line, column, length, severity, message, hint, fix } = found;
  const entry: CodeEntry = codes[code];
  const source = entry.wholeFile ? undefined : text.split("\n")[line - 1];
  const number = String(line).padStart(3);
  const out = [`${file}:${line}:${column}: ${severity} ${code}: ${message}`];
  if (source !== undefined) {
    const before = visible(source.slice(0, column - 1));
    const under = visible(source.slice(column - 1, column - 1 + length));
    const after = visible(source.slice(column - 1 + length));
    out.push(
      "    |",
      `${number} | ${before}${under}${after}`,
      `    | ${" ".repeat(before.length)}${"^".repeat(Math.max(1, under.length))}`,
    );
  }
  out.push(`    = help: ${hint}`);
  if (source !== undefined && fix !== undefined)
    out.push(`${number} + ${source.slice(0, column - 1)}${fix}${source.slice(column - 1 + length)}`);
  return out.join("\n");
}
