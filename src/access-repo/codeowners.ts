import { compilePattern } from "./codeowners-pattern.ts";
import { fileStart, finding, quote } from "./diagnostics.ts";
import { rememberPattern } from "./owners-of.ts";
import { parseOwner } from "./owner.ts";
import { codeownersPlaces } from "./policy-paths.ts";
import type { Codeowners, CodeownersRule, Diagnostic, Owner, TreeFile } from "./types.ts";

type Text = Pick<TreeFile, "path" | "text"> | undefined;

const maxBytes = 3_000_000;
const hidden = /[^\P{Cc}\t]|[\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\ufffd]/u;

/**
 * Parses the CODEOWNERS file in force: the first of `.github/`, the root, `docs/` (GitHub's order). Lines that GitHub would
 * skip are skipped and are errors; so are a missing, unreadable or over-long file: where GitHub then asks nobody, we ask
 * for the file to be mended (GITHUB.md section 2.1). Never throws.
 */
export function parseCodeowners(places: readonly [Text, Text, Text]): Codeowners {
  const diagnostics: Diagnostic[] = [];
  const index = places.findIndex((file) => file !== undefined);
  const path = codeownersPlaces[index] ?? codeownersPlaces[0];
  if (index < 0) {
    return { path, rules: [], diagnostics: [finding("CS3001", path, fileStart, "There is no CODEOWNERS file.")] };
  }
  for (const other of codeownersPlaces.filter((_, i) => i > index && places[i] !== undefined)) {
    const message = `Not in force: GitHub reads ${path} only.`;
    diagnostics.push(finding("CS3007", other, fileStart, message, { severity: "warning" }));
  }
  const text = places[index]?.text;
  if (text === undefined) {
    return {
      path,
      rules: [],
      diagnostics: [finding("CS1001", path, fileStart, "CODEOWNERS is not readable text."), ...diagnostics],
    };
  }
  if (text.length >= maxBytes || new TextEncoder().encode(text).length >= maxBytes) {
    return {
      path,
      rules: [],
      diagnostics: [finding("CS3002", path, fileStart, "CODEOWNERS is 3 MB or larger."), ...diagnostics],
    };
  }
  const rules: CodeownersRule[] = [];
  // Looked for once in the whole text; line by line only where there is something to show.
  const clean = text.replaceAll("\r\n", "\n");
  const dirty = hidden.test(clean.replaceAll("\n", ""));
  for (const [i, line] of clean.split("\n").entries()) {
    const rule = parseLine(line, i + 1, path, diagnostics, dirty);
    if (rule) rules.push(rule);
  }
  return { path, rules, diagnostics };
}

/** Words of a line with their columns; `\ ` is part of a word; a word that starts with `#` ends the line. */
function words(line: string): { readonly text: string; readonly column: number }[] {
  const found: { text: string; column: number }[] = [];
  let i = 0;
  while (i < line.length) {
    if (line[i] === " " || line[i] === "\t") {
      i++;
      continue;
    }
    if (line[i] === "#") break;
    const start = i;
    while (i < line.length && line[i] !== " " && line[i] !== "\t") i += line[i] === "\\" && i + 1 < line.length ? 2 : 1;
    found.push({ text: line.slice(start, i), column: start + 1 });
  }
  return found;
}

function parseLine(
  line: string,
  number: number,
  file: string,
  diagnostics: Diagnostic[],
  dirty: boolean,
): CodeownersRule | undefined {
  const place = (column: number, length: number) => ({ line: number, column, length });
  const strange = dirty ? line.search(hidden) : -1;
  if (strange >= 0) {
    diagnostics.push(finding("CS1003", file, place(strange + 1, 1), "Hidden character."));
    return undefined;
  }
  const [pattern, ...rest] = words(line);
  if (pattern === undefined) return undefined;
  const compiled = compilePattern(pattern.text);
  if ("unsupported" in compiled) {
    const message = `GitHub does not take ${compiled.unsupported}, and skips this line.`;
    diagnostics.push(finding("CS3003", file, place(pattern.column, pattern.text.length), message));
    return undefined;
  }
  const owners: Owner[] = [];
  for (const word of rest) {
    const owner = parseOwner(word.text);
    if (owner === undefined) {
      const message = `${quote(word.text)} is not an owner; GitHub skips this line.`;
      diagnostics.push(finding("CS3004", file, place(word.column, word.text.length), message));
      return undefined;
    }
    if (owner.kind === "email") {
      const message = `${quote(word.text)} cannot be matched to an account and does not count.`;
      diagnostics.push(finding("CS3006", file, place(word.column, word.text.length), message, { severity: "warning" }));
    }
    owners.push(owner);
  }
  const rule: CodeownersRule = { line: number, pattern: pattern.text, owners };
  rememberPattern(rule, compiled);
  return rule;
}
