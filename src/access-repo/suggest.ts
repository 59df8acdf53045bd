import { quote } from "./diagnostics.ts";
import { yamlText } from "./yaml-text.ts";

/**
 * Edit distance with swaps of neighbours, as far as `most`; anything above it where it is more. Only the cells that can still
 * be in reach are filled: files of thousands of near misses are the cheapest way to cost a server time.
 */
export function distance(a: string, b: string, most: number): number {
  const over = most + 1;
  if (Math.abs(a.length - b.length) > most) return over;
  let beforeLast: Uint16Array = new Uint16Array(b.length + 1).fill(over);
  let last: Uint16Array = Uint16Array.from(beforeLast, (_, i) => Math.min(i, over));
  let row: Uint16Array = new Uint16Array(b.length + 1);
  for (let i = 1; i <= a.length; i++) {
    row.fill(over);
    if (i <= most) row[0] = i;
    let nearest = row[0] ?? over;
    for (let j = Math.max(1, i - most); j <= Math.min(b.length, i + most); j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min((last[j] ?? over) + 1, (row[j - 1] ?? over) + 1, (last[j - 1] ?? over) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (beforeLast[j - 2] ?? over) + 1);
      }
      row[j] = Math.min(best, over);
      nearest = Math.min(nearest, best);
    }
    // A swap reaches back two rows, at a cost of one.
    if (nearest > most && Math.min(...last) >= most) return over;
    [beforeLast, last, row] = [last, row, beforeLast];
  }
  return last[b.length] ?? over;
}

/** How far a name may be from a known one and still be near it. */
const reach = (name: string): number => Math.max(1, Math.floor(name.length / 3));
const plain = (name: string): string => name.slice(0, 64).toLowerCase();

/** A known name and how many edits it is away. */
export interface Near {
  readonly name: string;
  readonly distance: number;
}

/** The known names that are at most so far away, nearest first; of those as near, in the order of `known`. */
function within(far: number, name: string, known: Iterable<string>): readonly Near[] {
  const wanted = plain(name);
  const found: Near[] = [];
  for (const candidate of known) {
    const d = distance(wanted, plain(candidate), far);
    if (d <= far) found.push({ name: candidate, distance: d });
  }
  return found.sort((a, b) => a.distance - b.distance);
}
const near = (name: string, known: Iterable<string>): readonly Near[] => within(reach(plain(name)), name, known);

/** The known name that was probably meant, or undefined. */
export const nearest = (name: string, known: Iterable<string>): string | undefined => near(name, known)[0]?.name;

/** As `nearest`, but only where it is one slip away and no other name is as near: what a machine may put in its place. */
export function clearlyMeant(name: string, known: Iterable<string>): string | undefined {
  const [first, second] = near(name, known);
  if (first === undefined || first.distance === second?.distance) return undefined;
  return isSlip(name, first.name) ? first.name : undefined;
}

/** Up to `most` known names that are at most a quarter of the letters away, nearest first. */
export const nearestFew = (name: string, known: Iterable<string>, most: number): readonly Near[] =>
  within(Math.max(1, Math.floor(plain(name).length / 4)), name, known)
    .toSorted((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, most);

/** `Did you mean "aws-prod"?`, or what there is to choose from. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const names = [...known];
  const only = nearest(name, names);
  return only === undefined ? whatThereIs(names) : meant(only);
}
const meant = (name: string): string => `Did you mean ${quote(name)}?`;
const whatThereIs = (names: readonly string[]): string =>
  names.length === 0
    ? "There is none yet."
    : `Known: ${names.slice(0, 12).join(", ")}${names.length > 12 ? ", …" : ""}.`;

/** What to write instead, and the text that a machine may put there. */
export interface Advice {
  readonly hint: string;
  readonly fix?: string;
}

/**
 * A hint, and a fix where nothing has to be guessed: exactly one known name is near, and one slip of the hand
 * away. Whoever runs `--fix` reviews less than whoever writes, so `dev` never becomes `prod` by itself.
 * `taken` are known names that must not be put there, such as those that stand beside it already.
 */
export function advise(name: string, known: Iterable<string>, taken: readonly string[] = []): Advice {
  const names = [...known];
  const [only, second] = near(name, names);
  const hint = only === undefined ? whatThereIs(names) : meant(only.name);
  if (only === undefined || second !== undefined || taken.includes(only.name)) return { hint };
  return isSlip(name, only.name) ? { hint, fix: yamlText(only.name) } : { hint };
}

/** What to write instead of a key that nobody knows. Where the right one stands already, writing it twice mends nothing. */
export function adviseKey(key: string, known: readonly string[], taken: (name: string) => boolean): Advice {
  const hint = didYouMean(key, known);
  const meant = clearlyMeant(key, known);
  return meant === undefined || taken(meant) ? { hint } : { hint, fix: meant };
}

/**
 * One slip of the hand: another case or separator, or one letter left out, doubled, wrong or swapped within a word of at
 * least four. Digits and short words are never a slip: `eu-1` and `eu-2`, `team-a` and `team-b` are two things.
 */
function isSlip(written: string, meant: string): boolean {
  if (written === meant || written.length > 255 || meant.length > 255) return false;
  const digits = (text: string): string => text.replace(/[^0-9]/g, "");
  if (digits(written) !== digits(meant)) return false;
  const joined = (text: string): string => text.toLowerCase().replace(/[-_. ]/g, "");
  if (joined(written) === joined(meant)) return true;
  const words = (text: string): readonly string[] => text.toLowerCase().split(/[^\p{L}\p{N}]/u);
  const [ours, theirs] = [words(written), words(meant)];
  const differing = ours.map((word, i) => [word, theirs[i] ?? ""] as const).filter(([a, b]) => a !== b);
  const [change] = differing;
  if (ours.length !== theirs.length || change === undefined || differing.length !== 1) return false;
  return change.every((word) => word.length >= 4) && distance(...change, 1) === 1;
}
