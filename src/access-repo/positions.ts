import type { Locate, Span } from "./finding-types.ts";

type Path = readonly (string | number)[];
const nameOf = (path: Path): string => JSON.stringify(path.map(String));

/** Remembers where the keys and values of one text stand: offsets in, lines and columns out. */
export function positionsOf(text: string) {
  const starts = [0];
  for (let i = text.indexOf("\n"); i >= 0; i = text.indexOf("\n", i + 1)) starts.push(i + 1);
  const keys = new Map<string, Span>();
  const values = new Map<string, Span>();

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
    return { line: low + 1, column: start - lineStart + 1, length: Math.max(1, Math.min(to, lineEnd) - start) };
  };

  const at: Locate = (path, want = "value") => {
    for (let length = path.length; length >= 0; length--) {
      const name = nameOf(path.slice(0, length));
      // Something missing inside a mapping is shown at the mapping's key, where a person would add it.
      const first = want === "key" || length < path.length ? keys : values;
      const hit = first.get(name) ?? keys.get(name) ?? values.get(name);
      if (hit) return hit;
    }
    return { line: 1, column: 1, length: 1 };
  };

  return {
    span,
    at,
    key: (path: Path, from: number, to: number): void => void keys.set(nameOf(path), span(from, to)),
    value: (path: Path, from: number, to: number): void => void values.set(nameOf(path), span(from, to)),
  };
}
