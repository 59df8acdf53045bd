import type { Code } from "./codes.ts";
import { compilePattern, type PathPattern } from "./codeowners-pattern.ts";
import { quote } from "./diagnostics.ts";
import { parseOwner } from "./owner.ts";
import type { CodeownersRule, Owner, Span } from "./types.ts";

/** Says something about a place of the file. */
export type Report = (code: Code, at: Span, message: string, more?: More) => void;
interface More {
  readonly hint?: string;
  readonly fix?: string | undefined;
}

/** Which of the characters that need a look a text holds at all: one pass over the file spares one over each line. */
export interface Suspicion {
  readonly hidden: boolean;
  readonly blank: boolean;
}

// Anywhere in a line: what hides or reorders text. The byte order mark is one: GitHub does not say that it skips it.
const hidden = /[^\P{Cc}\t\n]|[\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\ufffd]/u;
// In patterns and owners, not in comments, which hold emoji: blank letters, joiners, and spaces that separate no words.
const blank = /[\p{DI}\u2800]|(?! )\p{Zs}/u;

export const suspicion = (text: string): Suspicion => ({ hidden: hidden.test(text), blank: blank.test(text) });

interface Word {
  readonly text: string;
  /** From 0. */
  readonly start: number;
}

/** Words of a line; `\ ` is part of a word; a word that starts with `#` ends the line. Time is the length of the line. */
function words(line: string): readonly Word[] {
  const found: Word[] = [];
  let i = 0;
  while (i < line.length) {
    if (isSpace(line.charCodeAt(i))) {
      i++;
      continue;
    }
    if (line.charCodeAt(i) === 0x23) break;
    const start = i;
    // A backslash takes the next character with it.
    while (i < line.length && !isSpace(line.charCodeAt(i))) i += line.charCodeAt(i) === 0x5c ? 2 : 1;
    found.push({ text: line.slice(start, i), start });
  }
  return found;
}

const isSpace = (unit: number): boolean => unit === 0x20 || unit === 0x09;

const denies =
  "GitHub skips this line, so that an earlier line decides or nobody is asked; Countersign denies until it is mended";

/** One line: its rule, or undefined for a blank line, a comment, or a line that is reported as an error and skipped. */
export function parseLine(
  line: string,
  number: number,
  suspect: Suspicion,
  report: Report,
): { readonly rule: CodeownersRule; readonly pattern: PathPattern } | undefined {
  const at = (word: Word): Span => ({ line: number, column: word.start + 1, length: word.text.length });
  const skip = (...finding: Parameters<Report>): undefined => {
    report(...finding);
    return undefined;
  };
  const [pattern, ...rest] = words(line);
  const end = rest.at(-1) ?? pattern;
  const odd = suspect.hidden || suspect.blank ? oddCharacter(line, end ? end.start + end.text.length : 0) : undefined;
  if (odd) return skip("CS1003", at(odd), `${odd.what}; Countersign denies until it is deleted.`);
  if (pattern === undefined) return undefined;
  const compiled = compilePattern(pattern.text);
  if ("refused" in compiled) {
    const { code, refused, hint, fix } = compiled;
    const message =
      code === "CS3003"
        ? `${refused}. ${denies}.`
        : `${refused}. An earlier line may decide for GitHub, or nobody; Countersign denies until it is mended.`;
    return skip(code, at(pattern), message, { hint, fix });
  }
  const owners: Owner[] = [];
  for (const word of rest) {
    const owner = parseOwner(word.text);
    if (owner === undefined) {
      return skip("CS3004", at(word), `${quote(word.text)} is not an owner. ${denies}.`, meant(word.text));
    }
    owners.push(owner);
  }
  if (owners.length === 0) {
    const message = "No owners: GitHub asks nobody for what this line takes; Countersign denies it.";
    report("CS3010", at(pattern), message);
  }
  if (pattern.text.startsWith("@") && parseOwner(pattern.text)) {
    const message = `${quote(pattern.text)} is the pattern of this line, not an owner.`;
    report("CS3011", at(pattern), message);
  }
  if (owners.some((owner) => owner.kind === "email")) reportAddresses(rest, owners, at, report);
  return { rule: { line: number, pattern: pattern.text, owners }, pattern: compiled };
}

/** `end` is where the words end and the comment starts. */
function oddCharacter(line: string, end: number): (Word & { readonly what: string }) | undefined {
  const hides = line.search(hidden);
  const start = hides >= 0 ? hides : line.slice(0, end).search(blank);
  if (start < 0) return undefined;
  const point = line.codePointAt(start) ?? 0;
  const name = `U+${point.toString(16).toUpperCase().padStart(4, "0")}`;
  const what = hides >= 0 ? `Hidden character ${name}` : `${name} looks blank and separates no words`;
  return { text: String.fromCodePoint(point), start, what };
}

/** `@a,@b` and `@a,` are a common mistake, and sure to mend. Whom a name without @ means is for the writer to say. */
function meant(word: string): More {
  if (!word.startsWith("@") && parseOwner(`@${word}`)) return { hint: `Did you mean ${quote(`@${word}`)}?` };
  const pieces = word.split(",").filter((piece) => piece !== "");
  if (!word.includes(",") || pieces.length === 0 || pieces.some((piece) => parseOwner(piece) === undefined)) return {};
  const fix = pieces.join(" ");
  return { hint: `Owners have spaces between: ${fix}`, fix };
}

function reportAddresses(
  rest: readonly Word[],
  owners: readonly Owner[],
  at: (word: Word) => Span,
  report: Report,
): void {
  const alone = owners.every((owner) => owner.kind === "email");
  const outcome = alone
    ? "does not count it: nobody else owns what this line takes, so it is denied"
    : "does not count it";
  for (const [i, word] of rest.entries()) {
    if (owners[i]?.kind !== "email") continue;
    const message = `GitHub asks whoever has ${quote(word.text)}; Countersign cannot tell who that is and ${outcome}.`;
    report("CS3006", at(word), message);
  }
}
