import { oneLine } from "../base/text.ts";
import { type Code, type CodeEntry, codes } from "./codes.ts";
import type { Diagnostic, Locate, Span } from "./finding-types.ts";

/** Start of a file: where a finding stands that has no better place. */
export const fileStart: Span = { line: 1, column: 1, length: 1, partial: true };
/** For a file without positions. */
export const nowhere: Locate = () => fileStart;

/** Text of people inside a message: one line, clipped, quoted (CHECKLIST C62; each sink escapes again for itself). */
export const quote = (text: string, max = 80): string => `"${clipped(text, max).replaceAll('"', "'")}"`;

/** One line of at most `max` characters, at a cost that a long text does not raise. */
export const clipped = (text: string, max: number): string => oneLine(text.slice(0, 8 * max), max);

/** `U+200B` */
export const codePoint = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;

/** `a, b or c`; of long lists the first five. */
export function listed(word: "and" | "or", texts: readonly string[]): string {
  if (texts.length > 5) return `${texts.slice(0, 5).join(", ")}, …`;
  return texts.length < 2 ? (texts[0] ?? "nothing") : `${texts.slice(0, -1).join(", ")} ${word} ${texts.at(-1) ?? ""}`;
}

interface More {
  /** What to write instead; without it, the code's usual cure. */
  readonly hint?: string | undefined;
  readonly fix?: string | undefined;
  /** Otherwise that of the code. */
  readonly severity?: "error" | "warning";
}

/** What the registry says of the code. */
export const severityOf = (code: Code): Diagnostic["severity"] => {
  const entry: CodeEntry = codes[code];
  return entry.severity ?? "error";
};

/** True where a line of the file would show nothing. */
export const isAboutWholeFile = ({ code }: Pick<Diagnostic, "code">): boolean => {
  const entries: Readonly<Record<string, CodeEntry>> = codes;
  return Object.hasOwn(entries, code) && entries[code]?.wholeFile === true;
};

/** The one builder of diagnostics. */
export function finding(code: Code, file: string, at: Span, message: string, more: More = {}): Diagnostic {
  return {
    file,
    line: at.line,
    column: at.column,
    length: Math.max(1, at.length),
    severity: more.severity ?? severityOf(code),
    code,
    message,
    hint: more.hint ?? codes[code].cure,
    ...(more.fix === undefined || at.partial ? {} : { fix: more.fix }),
  };
}

export const hasErrors = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some((d) => d.severity === "error");

// More than a person reads, and more than GitHub shows; a hostile file could earn tens of thousands.
export const mostFindings = 100;
const sameness = (d: Diagnostic): string => `${d.file}\n${d.line}:${d.column}:${d.code}:${d.message}`;

/** Findings of one file as they are found, each once; who looks asks `full` first, so that no more are made than are said. */
export interface Findings {
  readonly all: readonly Diagnostic[];
  readonly full: () => boolean;
  readonly add: (found: Diagnostic) => void;
}

/** Holds at most 100 errors; of warnings as many as are added. */
export function findings(): Findings {
  const all = new Map<string, Diagnostic>();
  let errors = 0;
  return {
    get all() {
      return [...all.values()];
    },
    full: () => errors >= mostFindings,
    add: (found) => {
      const key = sameness(found);
      if (all.has(key) || (found.severity === "error" && errors >= mostFindings)) return;
      if (found.severity === "error") errors++;
      all.set(key, found);
    },
  };
}

/** By place, each said once, at most 100. */
export function inOrder(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const once = [...new Map(diagnostics.map((d) => [sameness(d), d])).values()];
  // Warnings never push an error out of sight: many a decision is "no errors here".
  const kept = [...once.filter((d) => d.severity === "error"), ...once.filter((d) => d.severity === "warning")];
  return kept
    .slice(0, mostFindings)
    .sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line || a.column - b.column));
}
