import type { Diagnostic } from "../access-repo/types.ts";
import { forJson, forLogLine, forRunnerData, forRunnerProperty } from "../base/text.ts";
import { colours, plain, renderText } from "./render-text.ts";
import { mergedSummary, type Report, split, summary } from "./report.ts";

export type Format = "text" | "json" | "github";

interface Look {
  readonly format: Format;
  /** Findings of merged requests too; JSON has them always. */
  readonly all: boolean;
  readonly colour: boolean;
}

/** What goes to stdout. Text of people goes through the sink of the format (CHECKLIST C62). */
export function render(report: Report, { format, all, colour }: Look): string {
  switch (format) {
    case "text":
      return renderText(report, all, colour ? colours : plain);
    case "json":
      return renderJson(report);
    case "github":
      return renderGithub(report, all);
  }
}

function renderJson(report: Report): string {
  const { requests, policyChecked, policyDigest, base, gap, merged, fixed } = report;
  const diagnostics = report.diagnostics.map((d) => ({ ...diagnosticJson(d), merged: merged.has(d.file) }));
  const facts = {
    requests,
    policy_tests: report.tests,
    policy_checked: policyChecked,
    policy_digest: policyDigest ?? null,
  };
  const history = { history: gap === undefined ? "known" : "unknown", base: base ?? null };
  return `${forJson({ ok: !hasError(report), diagnostics, fixed, ...facts, ...history })}\n`;
}

/** Every key in every object: what reads it need not know which may be absent. */
export const diagnosticJson = (d: Diagnostic) => ({ ...d, fix: d.fix ?? null });

const hasError = ({ diagnostics }: Report): boolean => diagnostics.some((d) => d.severity === "error");

/** Annotations in the log of a job, then the count. GitHub shows ten of each severity a step; the log has all. */
function renderGithub(report: Report, all: boolean): string {
  const { shown, counted } = split(report, all);
  const merged = mergedSummary(counted);
  const lines = shown.map(annotation);
  const end = [merged, summary(shown, report)].filter((line) => line !== undefined);
  return `${[...lines, ...end.map(forLogLine)].join("\n")}\n`;
}

function annotation(d: Diagnostic): string {
  const properties = {
    file: forRunnerProperty(d.file),
    line: d.line,
    endLine: d.line,
    col: d.column,
    // The last column, not the one behind it, as in annotations of the check run.
    endColumn: d.column + d.length - 1,
    title: d.code,
  };
  const list = Object.entries(properties).map(([key, value]) => `${key}=${value}`);
  return `::${d.severity} ${list.join(",")}::${forRunnerData(d.message)}%0A${forRunnerData(d.hint)}`;
}
