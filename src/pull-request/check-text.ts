import type { Diagnostic } from "../access-repo/types.ts";
import { forMarkdown, forMarkdownCode, oneLine } from "../base/text.ts";
import type { CheckContent } from "../github/types.ts";
import { describePlan } from "../plan/index.ts";
import type { EvaluatedRequest } from "./evaluate-request.ts";
import { titled } from "./state-title.ts";

// What people read. Every text of people goes through its sink (base/text.ts); nothing here decides.

/** GitHub's limit is 65 535; in bytes, since it does not say of what. Whole lines are left out, with a word about it. */
const limit = 60_000;
export const page = (lines: readonly string[]): string => {
  let size = 0;
  const fits = lines.findIndex((line) => (size += Buffer.byteLength(line) + 1) > limit);
  return fits < 0
    ? lines.join("\n")
    : [...lines.slice(0, fits), "", "Cut here: GitHub shows at most 64 KB."].join("\n");
};

export function diagnosticsCheck(diagnostics: readonly Diagnostic[], lead: string): CheckContent {
  const errors = diagnostics.filter((d) => d.severity === "error");
  const [first] = errors;
  const where = (d: Diagnostic): string =>
    `${forMarkdownCode(`${d.file}:${d.line}:${d.column}`)} **${d.code}** ${forMarkdown(d.message)}  \n  ${forMarkdown(d.hint)}`;
  return {
    status: "completed",
    conclusion: "failure",
    title: titled(errors.length === 1 && first ? `${first.code} ${first.message}` : `${errors.length} errors`),
    summary: page([
      lead,
      "",
      ...errors.map((d) => `- ${where(d)}`),
      "",
      "Push a new commit with the fix; nothing is lost.",
    ]),
    annotations: diagnostics,
  };
}

export const plainCheck = (
  conclusion: NonNullable<CheckContent["conclusion"]>,
  title: string,
  sentences: readonly string[],
): CheckContent => ({
  status: "completed",
  conclusion,
  title: titled(title),
  summary: page(sentences.map((s) => forMarkdown(s, 1000))),
  annotations: [],
});

export const mergeTitle = (requests: readonly EvaluatedRequest[]): string => {
  const [first, ...more] = requests.map(({ request, plan }) => describePlan(plan, request).title);
  return oneLine(more.length === 0 ? (first ?? "") : `${first} and ${more.length} more`, 240);
};
