/** A symbol of a compiled glob: a literal character, any one character, or any run of characters. */
export type GlobToken = { readonly literal: string } | "one" | "any";

/**
 * Whole match with two pointers. `fits` is asked at most once for each pair of a part and an item, so the time is at most
 * pattern times text: only the last run is ever retried; each retry starts one item later, so a part that follows it meets
 * another item each time; and once the next run is reached, the parts before it are never met again. Regular expressions are
 * not used: one of that kind needed 143 s on `*a*a*..b` (LIBRARIES.md section 5).
 */
export function runFits<P, T>(
  pattern: ArrayLike<P>,
  text: ArrayLike<T>,
  isRun: (p: P) => boolean,
  fits: (p: P, t: T) => boolean,
): boolean {
  let p = 0;
  let i = 0;
  let run = -1;
  let resume = 0;
  while (i < text.length) {
    const part = pattern[p];
    if (part !== undefined && isRun(part)) {
      run = p++;
      resume = i;
    } else if (part !== undefined && fits(part, text[i] as T)) {
      p++;
      i++;
    } else if (run >= 0) {
      p = run + 1;
      i = ++resume;
    } else return false;
  }
  for (let part = pattern[p]; part !== undefined && isRun(part); part = pattern[p]) p++;
  return p === pattern.length;
}

const isAny = (token: GlobToken): boolean => token === "any";

/** Whole match of tokens against characters. */
export const tokensFit = (tokens: readonly GlobToken[], characters: readonly string[]): boolean =>
  runFits(
    tokens,
    characters,
    isAny,
    (token, c) => token === "one" || (typeof token === "object" && token.literal === c),
  );

/** Whole match of `*` and `?` against text of one code unit per character, such as the names of actions. */
export const wildFits = (pattern: string, text: string): boolean =>
  runFits(
    pattern,
    text,
    (p) => p === "*",
    (p, c) => p === "?" || p === c,
  );

/** `*` any run of characters, `?` any one where `one` is set, else itself. */
export function globTokens(pattern: string, one = false): readonly GlobToken[] {
  return Array.from(pattern).map((c) => (c === "*" ? "any" : c === "?" && one ? "one" : { literal: c }));
}

/** Whole-text match with `*` only. The text must already be one path segment, or have no segments. */
export const globFits = (pattern: string, text: string): boolean => tokensFit(globTokens(pattern), Array.from(text));

/** True where some text fits both patterns (`*` and `?`). Time is the product of the lengths. */
export function globsMeet(a: string, b: string): boolean {
  const left = globTokens(a, true);
  const right = globTokens(b, true);
  // row[j]: can the first i tokens of left and the first j of right produce the same text?
  let row: boolean[] = [true];
  for (let j = 1; j <= right.length; j++) row.push(row[j - 1] === true && right[j - 1] === "any");
  for (let i = 1; i <= left.length; i++) {
    const l = left[i - 1];
    const next: boolean[] = [row[0] === true && l === "any"];
    for (let j = 1; j <= right.length; j++) {
      const r = right[j - 1];
      const both = row[j - 1] === true && agree(l, r);
      next.push(
        both ||
          (l === "any" && (row[j] === true || next[j - 1] === true)) ||
          (r === "any" && (row[j] === true || next[j - 1] === true)),
      );
    }
    row = next;
  }
  return row[right.length] === true;
}

function agree(l: GlobToken | undefined, r: GlobToken | undefined): boolean {
  if (l === undefined || r === undefined) return false;
  if (typeof l === "string" || typeof r === "string") return true;
  return l.literal === r.literal;
}
