import { quote } from "./diagnostics.ts";
import { yamlText } from "./yaml-text.ts";

/** Edit distance with swaps of neighbours, both texts clipped: a hint must not cost an attacker's length squared. */
function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? a.length;
}

/** How far a name may be from a known one and still be near it. */
const reach = (name: string): number => Math.max(1, Math.floor(name.length / 3));
const plain = (name: string): string => name.slice(0, 64).toLowerCase();

/** The known names at the least distance, if that is near at all; in the order of `known`. */
function nearestOnes(name: string, known: Iterable<string>): readonly string[] {
  const wanted = plain(name);
  let best: string[] = [];
  let least = reach(wanted);
  for (const candidate of known) {
    const d = distance(wanted, plain(candidate));
    if (d > least) continue;
    if (d < least) best = [];
    best.push(candidate);
    least = d;
  }
  return best;
}

/** The known name that was probably meant, or undefined. */
export const nearest = (name: string, known: Iterable<string>): string | undefined => nearestOnes(name, known)[0];

/** As `nearest`, but only where no other name is as near: what a machine may put in its place. */
export function clearlyMeant(name: string, known: Iterable<string>): string | undefined {
  const [first, second] = nearestOnes(name, known);
  return second === undefined ? first : undefined;
}

/** A known name and how many edits it is away. */
export interface Near {
  readonly name: string;
  readonly distance: number;
}

/** Up to `most` known names that are at most a quarter of the letters away, nearest first. */
export function nearestFew(name: string, known: Iterable<string>, most: number): readonly Near[] {
  const wanted = name.slice(0, 64).toLowerCase();
  const far = Math.max(1, Math.floor(wanted.length / 4));
  const near: Near[] = [];
  for (const candidate of known) {
    const other = candidate.slice(0, 64).toLowerCase();
    // Lengths alone rule most out, and cost nothing.
    if (Math.abs(other.length - wanted.length) > far) continue;
    const d = distance(wanted, other);
    if (d <= far) near.push({ name: candidate, distance: d });
  }
  return near.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1)).slice(0, most);
}

/** `Did you mean "aws-prod"?`, or what there is to choose from. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const names = [...known];
  const meant = nearest(name, names);
  if (meant !== undefined) return `Did you mean ${quote(meant)}?`;
  if (names.length === 0) return "There is none yet.";
  return `Known: ${names.slice(0, 12).join(", ")}${names.length > 12 ? ", …" : ""}.`;
}

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
  const hint = didYouMean(name, names);
  const wanted = plain(name);
  const near = names.filter((candidate) => distance(wanted, plain(candidate)) <= reach(wanted));
  const [only] = near;
  if (only === undefined || near.length > 1 || taken.includes(only)) return { hint };
  return isSlip(name, only) ? { hint, fix: yamlText(only) } : { hint };
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
  return change.every((word) => word.length >= 4) && distance(...change) === 1;
}
