import type { Diagnostic, Owner } from "../access-repo/types.ts";
import { type Decision, explain, ownersText, type Rule } from "../approval/index.ts";
import type { Snapshot } from "../approval/types.ts";
import { forMarkdown, forMarkdownNames, forMarkdownBlock, forMarkdownCode, oneLine } from "../base/text.ts";
import type { CheckContent } from "../github/types.ts";
import { describePlan, issueText } from "../plan/index.ts";
import type { EvaluatedRequest } from "./evaluate-request.ts";

// What people read. Every text of people goes through its sink (base/text.ts); nothing here decides.

export const titled = (text: string): string => oneLine(text, 60);
/** GitHub's limit is 65 535 characters; what does not fit is cut with a word about it. */
const limit = 60_000;
export const page = (lines: readonly string[]): string => {
  const text = lines.join("\n");
  return text.length <= limit ? text : `${text.slice(0, limit)}\n\n… cut: GitHub shows at most 64 KB here.`;
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

const approvedBy: Readonly<Record<Rule, string>> = {
  owners: "Approved",
  auto_approve: "Approved automatically",
  break_glass: "Break-glass: reviewed after",
  freeze: "Freeze: merged at once",
};

/** State in sixty characters: `Valid. Needs 1 more: @acme/security`. */
export function stateTitle(decision: Decision, draft: boolean): string {
  switch (decision.outcome) {
    case "approved":
      return `${approvedBy[decision.rule ?? "owners"]}${draft ? ". Draft: mark it ready to merge" : ""}`;
    case "pending": {
      const missing = decision.slots.filter((slot) => slot.filledBy === null).length;
      // Nobody is left who could (C64): the page says so.
      const whom = decision.awaited.length > 0 ? ownersText(decision.awaited) : "nobody is left who may";
      return `Valid. Needs ${missing} more: ${whom}`;
    }
    case "blocked":
      return "Changes requested";
    case "denied":
      return "Denied";
    case "retry":
      return "Waiting for GitHub";
  }
}

export const conclusion = (decision: Decision): NonNullable<CheckContent["conclusion"]> =>
  decision.outcome === "approved" ? "success" : decision.outcome === "denied" ? "failure" : "action_required";

/** The explaining tree as a Markdown list; lines that start with two spaces belong to the line above. */
export const explained = (decision: Decision): string[] =>
  explain(decision).map((line) =>
    line.startsWith("  ") ? `  - ${forMarkdownNames(line.trim())}` : `- ${forMarkdownNames(line)}`,
  );

export function requestCheck(
  snapshot: Snapshot,
  requests: readonly EvaluatedRequest[],
  decision: Decision,
  warnings: readonly Diagnostic[],
): CheckContent {
  const { author, draft } = snapshot.pullRequest;
  const lines: string[] = [];
  for (const { request, plan, review } of requests) {
    const described = describePlan(plan, request, review.actions);
    lines.push(
      `### ${forMarkdown(described.title)}`,
      `${forMarkdown(author?.login ?? "A deleted account")} asks for this.`,
      "",
      ...described.lines.map((line) => `- ${forMarkdown(line, 4000)}`),
      "",
    );
  }
  lines.push("### Who must approve", ...explained(decision), "");
  for (const { request, plan, review } of requests) {
    const described = describePlan(plan, request);
    lines.push(
      `<details><summary>What would be issued for ${forMarkdown(request.path.path)}</summary>`,
      "",
      forMarkdownBlock(issueText(described.issue), "json"),
      "",
      ...review.risks.map((risk) => `- Risk: ${forMarkdown(risk.text, 1000)}`),
      ...plan.notLimited.map((text) => `- Not limited: ${forMarkdown(text, 1000)}`),
      `- Plan ${forMarkdownCode(plan.hash)}`,
      "",
      "</details>",
      "",
    );
  }
  return {
    status: "completed",
    conclusion: conclusion(decision),
    title: titled(stateTitle(decision, draft)),
    summary: page(lines),
    annotations: warnings,
  };
}

export function policyCheck(
  snapshot: Snapshot,
  paths: readonly string[],
  decision: Decision,
  warnings: readonly Diagnostic[],
): CheckContent {
  return {
    status: "completed",
    conclusion: conclusion(decision),
    title: titled(`Policy. ${stateTitle(decision, snapshot.pullRequest.draft)}`),
    summary: page([
      "This changes who may grant what. The policy in force decides about it, not the one that it brings.",
      "",
      ...paths.map((path) => `- changes ${forMarkdownCode(path)}`),
      "",
      "### Who must approve",
      ...explained(decision),
    ]),
    annotations: warnings,
  };
}

export const mergeTitle = (requests: readonly EvaluatedRequest[]): string => {
  const [first, ...more] = requests.map(({ request, plan }) => describePlan(plan, request).title);
  return oneLine(more.length === 0 ? (first ?? "") : `${first} and ${more.length} more`, 240);
};

export const reviewersOf = (
  owners: readonly Owner[],
  asked: readonly string[],
  requester: string,
): { users: string[]; teams: string[] } => {
  const known = new Set(asked.map((name) => name.toLowerCase()));
  const users = owners.flatMap((o) =>
    o.kind === "user" && !known.has(`@${o.login.toLowerCase()}`) && o.login.toLowerCase() !== requester.toLowerCase()
      ? [o.login]
      : [],
  );
  const teams = owners.flatMap((o) =>
    o.kind === "team" && !known.has(`@${o.org}/${o.slug}`.toLowerCase()) ? [o.slug] : [],
  );
  return { users: [...new Set(users)], teams: [...new Set(teams)] };
};
