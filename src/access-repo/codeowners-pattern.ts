import { type GlobToken, runFits, tokensFit } from "./glob.ts";

/** A compiled pattern over the segments of a path. */
export interface PathPattern {
  readonly parts: readonly Part[];
  /** Where the index of owners-of.ts keeps the pattern: what every path that it takes must have (`keysOf`). */
  readonly key: string;
}
/** A run of segments (`**`), or a test for one. */
export type Part = "run" | Segment;
/** A literal name; a start and an end around one `*`; or several wildcards, which alone need a loop. */
export type Segment =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "ends"; readonly start: string; readonly end: string }
  | { readonly kind: "glob"; readonly start: string; readonly end: string; readonly tokens: readonly GlobToken[] };

/** Why a pattern is no rule, for the parser to report with its place. */
export interface Refusal {
  /** CS3003: GitHub skips the line. CS3008: can be read in two ways. CS3009: takes no path. */
  readonly code: "CS3003" | "CS3008" | "CS3009";
  readonly refused: string;
  readonly hint: string;
  /** The pattern that was meant, where that is sure. */
  readonly fix?: string;
}

const anything: Segment = { kind: "ends", start: "", end: "" };
// Linux and git take no path of 4 096 bytes or more (PATH_MAX).
const longestPattern = 4096;
/** So much of a start or an end is a key. */
const keyLength = 8;

/**
 * Compiles a CODEOWNERS pattern by GitHub's page "About code owners" and, where that points there, gitignore's rules; or says
 * why not. Case is significant. Segments, never regular expressions (LIBRARIES.md section 5). Where neither text decides and
 * other readers of CODEOWNERS disagree, the line is refused instead of guessed: the guess would decide who may approve.
 */
export function compilePattern(text: string): PathPattern | Refusal {
  if (text.length > longestPattern) return never("More than 4 096 characters are longer than any path", "Shorten it.");
  if (text.startsWith("!"))
    return skipped("negation with !", "List what is owned; a later line overrides an earlier one.");
  const segments = text.split("/");
  const fromRoot = segments[0] === "" && segments.length > 1;
  if (fromRoot) segments.shift();
  const directory = segments.length > 1 && segments.at(-1) === "";
  if (directory) segments.pop();
  const parts: Part[] = [];
  for (const segment of segments) {
    const part = wrongName(segment, text) ?? compileSegment(segment);
    if (typeof part === "object" && "refused" in part) return part;
    parts.push(part);
  }
  // gitignore: a slash at the start or in the middle ties the pattern to the root, one at the end does not.
  const anchored = fromRoot || segments.length > 1;
  const key = keyOf(parts, anchored);
  if (parts.at(-1) === "run" && directory) {
    // gitignore: folders below only; most readers of CODEOWNERS: all that is below.
    return ambiguous(
      "**/ at the end",
      "Write folder/ for all that is below, folder/*/ for what is in its sub-folders.",
    );
  }
  if (directory || parts.at(-1) === "run") {
    // `docs/` and `docs/**`: what is below, not a file of that name.
    if (parts.at(-1) === "run") parts.pop();
    parts.push(anything, "run");
  } else if (!(anchored && segments.at(-1) === "*")) {
    // GitHub's page: `docs/*` stops at the next slash, which is not gitignore's way. Any other pattern that fits a folder
    // takes all below it: `/apps/github`, `*.d`, `/a*`.
    parts.push("run");
  }
  return { parts: anchored ? parts : ["run", ...parts], key };
}

const skipped = (what: string, hint: string): Refusal => ({
  code: "CS3003",
  refused: `GitHub does not take ${what}`,
  hint,
});
const ambiguous = (what: string, hint: string): Refusal => ({
  code: "CS3008",
  refused: `${what} can be read in two ways, and GitHub's page does not say which is right`,
  hint,
});
const never = (refused: string, hint: string, fix?: string): Refusal => ({
  code: "CS3009",
  refused,
  hint,
  ...(fix === undefined ? {} : { fix }),
});

/** Names that no path of a repository has. GitHub says so of `/`, in the description of its codeowners/errors API. */
function wrongName(segment: string, text: string): Refusal | undefined {
  if (text === "/") return never("/ alone takes no path", "Write * for everything.", "*");
  if (segment === "") return never("Two slashes with nothing between take no path", "Write one slash.");
  if (segment !== "." && segment !== "..") return undefined;
  const meant = text.slice(1);
  const sure = text.startsWith("./") && !("refused" in compilePattern(meant));
  const hint = "Write the path from the root of the repository, as in /docs/.";
  return never(`No path has a folder "${segment}"`, hint, sure ? meant : undefined);
}

/** GitHub's own error says: "both `[` and `]` must be escaped with a `\`" (open-sauced/pizza-cli#100). */
const bracket = skipped("[ and ] without a backslash", "Write \\[ and \\] for themselves; there are no ranges.");
const hash = skipped("\\#", "No pattern can hold a #: use a wildcard, or name the folder.");
const innerHash = ambiguous("# inside a pattern", "Put a space before the # of a comment.");
const stars = ambiguous("** beside other characters", "Write * within a name, or ** alone between slashes.");
const backslash = ambiguous(
  "A backslash before \\, / or a tab, or at the end,",
  "Write \\ before a space, *, ?, [ or ].",
);

function compileSegment(text: string): Part | Refusal {
  if (!/[*?[\]\\#]/.test(text)) return { kind: "literal", text };
  if (text === "**") return "run";
  const star = text.indexOf("*");
  if (star >= 0 && star === text.lastIndexOf("*") && !/[?[\]\\#]/.test(text)) {
    return { kind: "ends", start: text.slice(0, star), end: text.slice(star + 1) };
  }
  const tokens: GlobToken[] = [];
  const characters = Array.from(text);
  for (let i = 0; i < characters.length; i++) {
    const c = characters[i] ?? "";
    if (c === "[" || c === "]") return bracket;
    if (c === "#") return innerHash;
    if (c === "*" && tokens.at(-1) === "any") return stars;
    if (c === "*") tokens.push("any");
    else if (c === "?") tokens.push("one");
    else if (c !== "\\") tokens.push({ literal: c });
    else {
      const next = characters[++i];
      if (next === "#") return hash;
      if (next === undefined || next === "\\" || next === "\t") return backslash;
      tokens.push({ literal: next });
    }
  }
  return segmentOf(tokens);
}

function segmentOf(tokens: readonly GlobToken[]): Segment {
  const first = tokens.findIndex((t) => typeof t === "string");
  if (first < 0) return { kind: "literal", text: literal(tokens) };
  const last = tokens.findLastIndex((t) => typeof t === "string");
  const [start, end] = [literal(tokens.slice(0, first)), literal(tokens.slice(last + 1))];
  return first === last && tokens[first] === "any"
    ? { kind: "ends", start, end }
    : { kind: "glob", start, end, tokens };
}

const literal = (tokens: readonly GlobToken[]): string =>
  tokens.map((t) => (typeof t === "object" ? t.literal : "")).join("");

/** Steps that one character of a path can cost at most in this pattern's loops. */
export const loopCost = (pattern: PathPattern): number =>
  pattern.parts.reduce((sum, part) => sum + (part !== "run" && part.kind === "glob" ? part.tokens.length : 0), 0);

function keyOf(parts: readonly Part[], anchored: boolean): string {
  const [first] = parts;
  if (anchored && first !== undefined && first !== "run" && first.kind === "literal") return `^${first.text}`;
  let best = "*";
  for (const part of parts) {
    if (part === "run") continue;
    if (part.kind === "literal") return `=${part.text}`;
    if (part.end !== "" && !best.startsWith("$")) best = `$${part.end.slice(-keyLength)}`;
    else if (part.start !== "" && best === "*") best = `<${part.start.slice(0, keyLength)}`;
  }
  return best;
}

/** The keys under which patterns that take this path can be kept. Each pattern has one key, and no key comes twice. */
export function keysOf(segments: readonly string[]): ReadonlySet<string> {
  const keys = new Set(["*", `^${segments[0] ?? ""}`]);
  for (const segment of segments) {
    keys.add(`=${segment}`);
    for (let length = 1; length <= Math.min(keyLength, segment.length); length++) {
      keys.add(`$${segment.slice(-length)}`);
      keys.add(`<${segment.slice(0, length)}`);
    }
  }
  return keys;
}

/**
 * Whole match of a path. The work is bounded: `runFits` compares each part with each segment at most once, and each token
 * with each character at most once, so all of it is at most (length of the pattern) times (length of the path).
 */
export const patternFits = (pattern: PathPattern, segments: readonly string[], fits = segmentFits): boolean =>
  runFits(
    pattern.parts,
    segments,
    (part) => part === "run",
    (part, segment) => part !== "run" && fits(part, segment),
  );

export function segmentFits(part: Segment, text: string): boolean {
  if (part.kind === "literal") return part.text === text;
  const room = text.length >= part.start.length + part.end.length;
  if (!room || !text.startsWith(part.start) || !text.endsWith(part.end)) return false;
  return part.kind === "ends" || tokensFit(part.tokens, Array.from(text));
}
