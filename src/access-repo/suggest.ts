import { quote } from "./diagnostics.ts";

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

/** The known names at the least distance, if that is near at all; in the order of `known`. */
function nearestOnes(name: string, known: Iterable<string>): readonly string[] {
  const wanted = name.slice(0, 64).toLowerCase();
  let best: string[] = [];
  let least = Math.max(1, Math.floor(wanted.length / 3));
  for (const candidate of known) {
    const d = distance(wanted, candidate.slice(0, 64).toLowerCase());
    if (d > least) continue;
    if (d < least) best = [];
    best.push(candidate);
    least = d;
  }
  return best;
}

/** The known name that was probably meant, or undefined. */
const nearest = (name: string, known: Iterable<string>): string | undefined => nearestOnes(name, known)[0];

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
