/**
 * What a code means, why the rule exists, and the usual way out. `docs/diagnostics.md` and `countersign explain` are made from
 * this table and from code-examples.ts.
 */
export interface CodeEntry {
  readonly title: string;
  /** Absent: error. */
  readonly severity?: "warning";
  /** About a file or a path as a whole: a line of it would show nothing. */
  readonly wholeFile?: true;
  readonly cause: string;
  /** Stands below a finding as its help, where the finding has no better one: an instruction. */
  readonly cure: string;
}
