import type { Diagnostic } from "../access-repo/types.ts";
import type { Fixed } from "./apply-fixes.ts";

/** What `validate` found, for every format alike. */
export interface Report {
  /** In the order of files and places. Those of merged requests are warnings. */
  readonly diagnostics: readonly Diagnostic[];
  /** Files whose findings can only be ended, not mended. */
  readonly merged: ReadonlySet<string>;
  readonly fixed: readonly Fixed[];
  readonly requests: number;
  /** Policy tests that ran. */
  readonly tests: number;
  /** Whether `--fix` of the command would mend what has a fix. */
  readonly mends: boolean;
  /** False where the policy has errors: requests were then judged by themselves only. */
  readonly policyChecked: boolean;
  readonly policyDigest: string | undefined;
  readonly base: string | undefined;
  /** What of the history is not known. */
  readonly gap: string | undefined;
  /** Text of a file, for the lines that findings are about. */
  readonly source: (file: string) => string | undefined;
}

/** The findings of one thing, for commands that do not look at a whole access repo. */
export const plainReport = (diagnostics: readonly Diagnostic[], source: Report["source"]): Report => ({
  diagnostics,
  merged: new Set(),
  fixed: [],
  requests: 0,
  tests: 0,
  mends: false,
  policyChecked: true,
  policyDigest: undefined,
  base: undefined,
  gap: undefined,
  source,
});

/** The findings that a person should see, and those of merged requests that are only counted, unless `all`. */
export function split(
  report: Report,
  all: boolean,
): { readonly shown: readonly Diagnostic[]; readonly counted: readonly Diagnostic[] } {
  if (all) return { shown: report.diagnostics, counted: [] };
  return {
    shown: report.diagnostics.filter((d) => !report.merged.has(d.file)),
    counted: report.diagnostics.filter((d) => report.merged.has(d.file)),
  };
}

/** `10 000` */
export const grouped = (n: number): string => String(n).replace(/\B(?=(?:[0-9]{3})+$)/g, " ");

/** `1 error`, `10 000 requests` */
export const count = (n: number, one: string, many = `${one}s`): string => `${grouped(n)} ${n === 1 ? one : many}`;

/** `12 findings in 3 merged requests …: 10 CS2011, 2 CS2013`; undefined where there are none. */
export function mergedSummary(counted: readonly Diagnostic[]): string | undefined {
  if (counted.length === 0) return undefined;
  const codes = new Map<string, number>();
  for (const { code } of counted) codes.set(code, (codes.get(code) ?? 0) + 1);
  const list = [...codes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([code, n]) => `${n} ${code}`);
  const files = count(new Set(counted.map((d) => d.file)).size, "merged request");
  return `${count(counted.length, "warning")} in ${files}, which can be ended but not mended (--all shows them): ${list.join(", ")}`;
}

/** `2 errors, 1 warning in 3 files`, or that there is nothing to say. */
export function summary(shown: readonly Diagnostic[], report: Report): string {
  const errors = shown.filter((d) => d.severity === "error").length;
  const warnings = shown.length - errors;
  const checked =
    report.tests > 0
      ? `${count(report.requests, "request")}, the policy and ${count(report.tests, "policy test")}`
      : `${count(report.requests, "request")} and the policy`;
  if (shown.length === 0) return `No findings in ${checked}.`;
  const parts = [errors > 0 ? count(errors, "error") : "", warnings > 0 ? count(warnings, "warning") : ""];
  const files = count(new Set(shown.map((d) => d.file)).size, "file");
  const mendable = report.mends ? shown.filter((d) => d.fix !== undefined && d.severity === "error").length : 0;
  const fix =
    mendable > 0 ? `; --fix mends ${mendable === errors ? (errors === 1 ? "it" : "all errors") : mendable}` : "";
  return `${parts.filter(Boolean).join(", ")} in ${files}${fix}`;
}
