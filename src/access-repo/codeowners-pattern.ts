import { type GlobToken, runFits, tokensFit } from "./glob.ts";

/** A compiled pattern over the segments of a path. */
export interface PathPattern {
  readonly parts: readonly Part[];
  /** What every matching path has, for the index of owners-of.ts: its first segment, some segment, or some segment's end. */
  readonly first?: string;
  readonly segment?: string;
  readonly ending?: string;
}
/** A run of segments (`**`), or a test for one. */
type Part = "run" | ((segment: string) => boolean);

const anything: Part = () => true;

/**
 * Compiles a CODEOWNERS pattern by GitHub's published rules, or says why GitHub would not take it. Segments, never regular
 * expressions (LIBRARIES.md section 5). Case is significant.
 */
export function compilePattern(text: string): PathPattern | { readonly unsupported: string } {
  const segments = splitSegments(text);
  if (typeof segments === "string") return { unsupported: segments };
  const anchoredByStart = segments[0]?.length === 0;
  if (anchoredByStart) segments.shift();
  const directory = segments.length > 0 && segments.at(-1)?.length === 0;
  if (directory) segments.pop();
  if (segments.length === 0 || segments.some((s) => s.length === 0)) return { unsupported: "an empty path segment" };

  const anchored = anchoredByStart || segments.length > 1;
  const parts: Part[] = [];
  for (const tokens of segments) {
    const stars = longestRun(tokens);
    if (stars > 2 || (stars === 2 && tokens.length > 2))
      return { unsupported: "** that does not stand alone between slashes" };
    parts.push(stars === 2 ? "run" : segmentTest(tokens));
  }
  const last = segments.at(-1) ?? [];
  if (directory || parts.at(-1) === "run") {
    // `docs/` and `docs/**`: what is below, not the thing itself.
    if (parts.at(-1) === "run") parts.pop();
    parts.push(anything, "run");
  } else if (!(anchored && last.length === 1 && last[0] === "any")) {
    // `docs/*` stops at the next slash; any other pattern that fits a directory takes all below it.
    parts.push("run");
  }
  const literals = segments.map(literalOf);
  const segment = literals.find((literal) => literal !== undefined);
  const [first] = literals;
  if (anchored && first !== undefined) return { parts, first };
  const whole: readonly Part[] = anchored ? parts : ["run", ...parts];
  if (segment !== undefined) return { parts: whole, segment };
  const ending = segments.map(endOf).find((end) => end !== "");
  return ending === undefined ? { parts: whole } : { parts: whole, ending };
}

export const patternFits = (pattern: PathPattern, segments: readonly string[]): boolean =>
  runFits(
    pattern.parts,
    segments,
    (part) => part === "run",
    (part, segment) => part !== "run" && part(segment),
  );

/** Tokens of each segment, or why not. `\` makes the next character literal. */
function splitSegments(text: string): GlobToken[][] | string {
  const segments: GlobToken[][] = [[]];
  const characters = Array.from(text);
  if (characters[0] === "!") return "negation with !";
  for (let i = 0; i < characters.length; i++) {
    const c = characters[i] ?? "";
    const segment = segments.at(-1);
    if (c === "/") segments.push([]);
    else if (c === "*") segment?.push("any");
    else if (c === "?") segment?.push("one");
    else if (c === "[" || c === "]") return "a range with [ ]";
    else if (c === "#") return "# inside a pattern";
    else if (c === "\\") {
      const next = characters[++i];
      if (next === undefined || next === "/" || next === "\\") return "a backslash at this place";
      if (next === "#") return "\\#";
      segment?.push({ literal: next });
    } else segment?.push({ literal: c });
  }
  return segments;
}

function longestRun(tokens: readonly GlobToken[]): number {
  let longest = 0;
  let run = 0;
  for (const token of tokens) {
    run = token === "any" ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}

const literalOf = (tokens: readonly GlobToken[]): string | undefined =>
  tokens.every((t) => typeof t === "object") ? tokens.map((t) => t.literal).join("") : undefined;

/** The literal characters after the last wildcard. */
const endOf = (tokens: readonly GlobToken[]): string =>
  literalOf(tokens.slice(tokens.findLastIndex((t) => typeof t === "string") + 1)) ?? "";

/** A test for one segment. Most patterns are a literal, or a literal start and end around one `*`: no loop for those. */
function segmentTest(tokens: readonly GlobToken[]): (segment: string) => boolean {
  const literal = literalOf(tokens);
  if (literal !== undefined) return (segment) => segment === literal;
  const head = tokens.slice(
    0,
    tokens.findIndex((t) => typeof t === "string"),
  );
  const start = literalOf(head) ?? "";
  const end = endOf(tokens);
  const least = start.length + end.length;
  const middle = tokens.slice(head.length, tokens.length - Array.from(end).length);
  if (middle.length === 1 && middle[0] === "any") {
    return (segment) => segment.length >= least && segment.startsWith(start) && segment.endsWith(end);
  }
  return (segment) =>
    segment.length >= least &&
    segment.startsWith(start) &&
    segment.endsWith(end) &&
    tokensFit(tokens, Array.from(segment));
}
