/** One line of a benchmark's table. */
export interface Row {
  readonly what: string;
  /** Milliseconds of the first run in this process, before the code is compiled, and the median of the later ones. */
  readonly first: number;
  readonly median: number;
  /** Against the median of another row of the same run. Only this is comparable between machines. */
  readonly ratio?: { readonly to: string; readonly value: number };
  readonly goal?: string;
}

/** A benchmark registers itself in run.ts by a name. Rows, or where those do not fit what it measures, a Markdown table of its own. */
export type Benchmark = () => readonly Row[] | Promise<readonly Row[] | string>;

/** The last result. */
const kept: unknown[] = [];

/** Runs and times; at least twice, so that there is a median. The result is kept alive, so that no work is optimised away. */
export function measure(what: string, work: () => unknown, runs = 10): Row {
  const times: number[] = [];
  for (let run = 0; run < Math.max(2, runs); run++) {
    const start = performance.now();
    kept[0] = work();
    times.push(performance.now() - start);
  }
  const [first = 0, ...later] = times;
  later.sort((a, b) => a - b);
  return { what, first, median: later[Math.floor(later.length / 2)] ?? first };
}

export const against = (row: Row, other: Row): Row => ({
  ...row,
  ratio: { to: other.what, value: row.median / other.median },
});
