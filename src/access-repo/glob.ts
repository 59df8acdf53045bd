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

/**
 * Whole match of `*` and `?` against text of one code unit per character, such as the names of actions. The way of `runFits`
 * without its calls: for one file this is asked a hundred thousand times.
 */
export function wildFits(pattern: string, text: string): boolean {
  let p = 0;
  let i = 0;
  let run = -1;
  let resume = 0;
  while (i < text.length) {
    const part = p < pattern.length ? pattern.charCodeAt(p) : -1;
    if (part === 0x2a) {
      run = p++;
      resume = i;
    } else if (part === 0x3f || part === text.charCodeAt(i)) {
      p++;
      i++;
    } else if (run >= 0) {
      p = run + 1;
      i = ++resume;
    } else return false;
  }
  while (p < pattern.length && pattern.charCodeAt(p) === 0x2a) p++;
  return p === pattern.length;
}

/** `*` any run of characters, `?` any one where `one` is set, else itself. */
function globTokens(pattern: string, one = false): readonly GlobToken[] {
  return Array.from(pattern).map((c) => (c === "*" ? "any" : c === "?" && one ? "one" : { literal: c }));
}

/** Whole-text match with `*` only. The text must already be one path segment, or have no segments. */
export const globFits = (pattern: string, text: string): boolean => tokensFit(globTokens(pattern), Array.from(text));

// Wildcards among character codes: a run, one character, and the same two without a colon.
const anyRun = -1;
const anyOne = -2;
const inField = -2;
const fieldRun = anyRun + inField;
const fieldOne = anyOne + inField;
const colon = 0x3a;
/** Region and account of a real ARN, not empty, without a colon, and the colon behind each. */
const regionAndAccount = [fieldOne, fieldRun, colon, fieldOne, fieldRun, colon];

/** A glob whose wildcards are told from characters, for one that is compared with many. */
export type Symbols = ArrayLike<number>;

export function symbols(glob: string): Symbols {
  const found = new Int32Array(glob.length);
  for (let i = 0; i < glob.length; i++) {
    const c = glob.charCodeAt(i);
    found[i] = c === 0x2a ? anyRun : c === 0x3f ? anyOne : c;
  }
  return found;
}

/** True where some text fits both patterns (`*` and `?`). Time is the product of the lengths. */
export const globsMeet = (a: string, b: string): boolean => symbolsMeet(symbols(a), symbols(b));

/**
 * True where a pattern of region, account and rest can take a real `region:account:rest`, of which `rest` is a glob whose
 * wildcards hold no colon. Not field by field: a `*` may go beyond its colon ("If the * wildcard is the last character of a resource
 * ARN segment, it can expand to match beyond the colon boundaries", IAM User Guide, JSON policy elements: Resource), so that
 * `*:microvm-image:x` takes `eu-west-1:123456789012:microvm-image:x`.
 */
export const meetsArnEnd = (pattern: string, rest: string): boolean =>
  symbolsMeet(symbols(pattern), [
    ...regionAndAccount,
    ...Array.from(symbols(rest), (symbol) => (symbol < 0 ? symbol + inField : symbol)),
  ]);

/** As `globsMeet`. */
export function symbolsMeet(left: Symbols, right: Symbols): boolean {
  // row[j]: can what was read of left and the first j of right produce the same text?
  let row = new Uint8Array(right.length + 1);
  let next = new Uint8Array(right.length + 1);
  row[0] = 1;
  for (let j = 1; j <= right.length; j++) row[j] = isRun(right[j - 1]) ? (row[j - 1] ?? 0) : 0;
  for (let i = 0; i < left.length; i++) {
    const l = left[i] ?? 0;
    next[0] = isRun(l) ? (row[0] ?? 0) : 0;
    for (let j = 1; j <= right.length; j++) {
      const r = right[j - 1] ?? 0;
      const both = row[j - 1] === 1 && agree(l, r);
      // A run is over, or takes one more from the other side.
      const byLeft = isRun(l) && (row[j] === 1 || (next[j - 1] === 1 && agree(l, r)));
      const byRight = isRun(r) && (next[j - 1] === 1 || (row[j] === 1 && agree(l, r)));
      next[j] = both || byLeft || byRight ? 1 : 0;
    }
    [row, next] = [next, row];
  }
  return row[right.length] === 1;
}

const isRun = (symbol: number | undefined): boolean => symbol === anyRun || symbol === fieldRun;

/** Whether some one character fits both. */
function agree(l: number, r: number): boolean {
  if (l >= 0 && r >= 0) return l === r;
  // One of the two is a wildcard.
  return !(l <= fieldRun && r === colon) && !(r <= fieldRun && l === colon);
}
