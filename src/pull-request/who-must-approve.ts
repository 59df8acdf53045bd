import { type Decision, explain } from "../approval/index.ts";
import { forMarkdownNames } from "../base/text.ts";
import type { CheckContent } from "../github/types.ts";

export const conclusionOf = (decision: Decision): NonNullable<CheckContent["conclusion"]> =>
  decision.outcome === "approved" ? "success" : decision.outcome === "denied" ? "failure" : "action_required";

/** So many reviews that do not count are named: anyone who may read may review, and none may fill the page. */
const mostIgnored = 20;

/** The explaining lines as a Markdown list; those that start with two spaces belong to the line above. */
export function whoMustApprove(decision: Decision): string[] {
  const rest = decision.ignored.length - mostIgnored;
  const shown = { ...decision, ignored: decision.ignored.slice(0, mostIgnored) };
  return [
    ...explain(shown).map((line) =>
      line.startsWith("  ") ? `  - ${forMarkdownNames(line.trim(), 4000)}` : `- ${forMarkdownNames(line, 4000)}`,
    ),
    ...(rest > 0 ? [`- and ${rest} more reviews that do not count`] : []),
  ];
}
