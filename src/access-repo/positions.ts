import type { Locate, Span } from "./finding-types.ts";

/**
 * One node of the file: where its key and its value stand, as offsets, and what is inside. A tree, and not a table by path:
 * a path repeats every key above it, so that a key of 30 000 characters over 15 000 entries cost minutes.
 */
export interface Place {
  key?: Range;
  value?: Range;
  inside?: Map<string, Place>;
}
interface Range {
  readonly from: number;
  readonly to: number;
  /** See Span. */
  readonly partial?: boolean;
}

/** The place of what stands under this key, or at this number of a list. */
export function placeIn(around: Place, step: string | number): Place {
  const place: Place = {};
  around.inside ??= new Map();
  around.inside.set(String(step), place);
  return place;
}

/** Offsets in, lines and columns out. */
export function positionsOf(text: string) {
  const starts = [0];
  for (let i = text.indexOf("\n"); i >= 0; i = text.indexOf("\n", i + 1)) starts.push(i + 1);

  /** A span never crosses its line: annotations underline within one line. */
  const span = (from: number, to: number): Span => {
    const start = Math.max(0, Math.min(from, text.length));
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= start) low = middle;
      else high = middle - 1;
    }
    const lineStart = starts[low] ?? 0;
    const lineEnd = low + 1 < starts.length ? (starts[low + 1] ?? 0) - 1 : text.length;
    const place = { line: low + 1, column: start - lineStart + 1, length: Math.max(1, Math.min(to, lineEnd) - start) };
    return to > lineEnd ? { ...place, partial: true } : place;
  };

  /** Finds what stands below `root`. */
  const locate =
    (root: Place): Locate =>
    (path, want = "value") => {
      let place: Place | undefined = root;
      let nearest = root.value;
      let exact = path.length === 0 && want === "value";
      for (const [i, step] of path.entries()) {
        place = place.inside?.get(String(step));
        if (place === undefined) break;
        // Something missing inside a mapping is shown at the mapping's key, where a person would add it.
        const asked = i === path.length - 1 ? place[want] : undefined;
        exact = asked !== undefined;
        nearest = asked ?? place.key ?? place.value ?? nearest;
      }
      const found = nearest ?? { from: 0, to: 1 };
      const there = span(found.from, found.to);
      return exact && found.partial !== true ? there : { ...there, partial: true };
    };

  return { span, locate };
}
