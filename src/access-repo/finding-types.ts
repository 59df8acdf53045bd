/** One finding about a file, placed where a person would put the finger. Lines and columns count from 1. */
export interface Diagnostic {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Characters to underline; at least 1. */
  readonly length: number;
  readonly severity: "error" | "warning";
  /** `CS` and four digits, from the registry in diagnostics.ts. Never reused for another meaning. */
  readonly code: string;
  readonly message: string;
  /** What to write instead. */
  readonly hint: string;
  /** Replaces `length` characters at the position, where a machine can mend it. */
  readonly fix?: string;
}

/** A value that parsed, or the reasons why not. Warnings may stand beside a value; errors never do. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T; readonly diagnostics: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** Where in a file something stands; lines and columns count from 1, in UTF-16 units. */
export interface Span {
  readonly line: number;
  readonly column: number;
  readonly length: number;
  /** Not the whole of what was asked for, or only what stands around it: nothing may be put in its place. */
  readonly partial?: true;
}
/** Finds the key or value at a path of a parsed file; where the path is absent, the nearest thing around it. */
export type Locate = (path: readonly (string | number)[], want?: "key" | "value") => Span;
