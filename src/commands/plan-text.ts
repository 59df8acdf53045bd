import type { Policy } from "../access-repo/types.ts";
import { openSlots, ownerText } from "../approval/index.ts";
import type { Decision } from "../approval/types.ts";
import type { Json } from "../base/canonical-json.ts";
import { formatInstant } from "../base/duration.ts";
import { forTerminal } from "../base/text.ts";
import { describePlan, issueText, planWindow } from "../plan/index.ts";
import { type Planned, withoutPreviewIds } from "./plan-request.ts";

/** Everything that `plan` shows. */
export interface ShownPlan {
  readonly path: string;
  readonly planned: Extract<Planned, { readonly ok: true }>;
  /** Of a plain pull request that nobody has approved. */
  readonly decision: Decision;
  readonly policy: Policy;
  /** The merge is thought to be then. */
  readonly at: Date;
  /** False: a preview without ids and the workflow file's version. */
  readonly complete: boolean;
}

const unknown = ["access repository id", "workflow repository id", "workflow file version"] as const;

/** A slot with the rule that wants it. */
const approvals = ({ decision, policy }: ShownPlan) =>
  openSlots(decision.slots).map(({ count, slot }) => ({
    count,
    from: slot.from.map(ownerText),
    rule: slot.rule,
    ...(slot.line === undefined
      ? {}
      : {
          file: policy.codeowners.path,
          line: slot.line,
          pattern: policy.codeowners.rules.find((rule) => rule.line === slot.line)?.pattern ?? "",
        }),
  }));

/** The first thing, if any, that no approval can mend. */
const denied = ({ decision }: ShownPlan): string | undefined =>
  decision.outcome === "denied" || decision.outcome === "retry" ? decision.tree.text : undefined;

export function planJson(shown: ShownPlan): object {
  const { planned, path, complete, at } = shown;
  const { request, plan, review } = planned;
  const { title, lines, issue } = describePlan(plan, request, review.actions);
  const window = planWindow(plan.data, at);
  const readable = (value: unknown): unknown =>
    complete ? value : JSON.parse(withoutPreviewIds(JSON.stringify(value)));
  const refusal = denied(shown);
  return {
    file: path,
    cloud: plan.data.kind,
    target: plan.data.target,
    role: plan.data.role,
    title,
    lines: readable(lines),
    issue: readable(complete ? issue : previewIssue(issue)),
    window: {
      not_before: formatInstant(window.notBefore),
      expires_at: formatInstant(window.expiresAt),
      merged_at: formatInstant(at),
    },
    session: plan.session,
    workflow: { repository: request.workflow.repository, ...plan.data.workflow },
    dispatch: plan.data.dispatch,
    runs: plan.data.runs,
    narrowed: plan.narrowed,
    approvals: approvals(shown),
    ...(refusal === undefined ? {} : { denied: refusal }),
    actions: review.actions,
    risks: review.risks,
    not_limited: plan.notLimited,
    warnings: planned.diagnostics,
    complete,
    ...(complete ? {} : { unknown }),
    plan: plan.data,
    hash: plan.hash,
  };
}

/** Ids of a preview stand for nothing. */
function previewIssue(issue: Json): Json {
  if (Array.isArray(issue)) return issue.map((item: Json) => previewIssue(item));
  if (typeof issue !== "object" || issue === null) return issue;
  return Object.fromEntries(
    Object.entries(issue as { readonly [key: string]: Json }).map(([key, value]) => [
      key,
      key === "repository_ids" ? ["<repository ids>"] : key === "id" ? "<repository id>" : previewIssue(value),
    ]),
  );
}

/** For a terminal: what is asked, what would be issued, who must approve, what to look at twice. */
export function planText(shown: ShownPlan): string {
  const { planned, complete, at } = shown;
  const { request, plan, review } = planned;
  const described = describePlan(plan, request, review.actions);
  const window = planWindow(plan.data, at);
  const readable = complete ? (text: string) => text : withoutPreviewIds;
  const indent = (lines: readonly string[]): string[] => lines.map((line) => `  ${forTerminal(readable(line), 4500)}`);
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ["", title, ...lines];
  const refusal = denied(shown);
  return [
    forTerminal(described.title),
    "",
    ...indent(described.lines),
    ...section("Window", [
      `  ${formatInstant(window.notBefore)} to ${formatInstant(window.expiresAt)}${plan.data.start === null ? `, if it is merged at ${formatInstant(at)}` : ""}`,
      ...(described.lines.includes(plan.session.words) ? [] : [`  ${forTerminal(plan.session.words, 1000)}`]),
    ]),
    ...section(
      `What would be issued (${plan.data.kind})`,
      readable(issueText(complete ? described.issue : previewIssue(described.issue)))
        .split("\n")
        .map((line) => `  ${line}`),
    ),
    ...section(
      "Who must approve",
      refusal === undefined ? approvalLines(shown) : [`  Denied: ${forTerminal(refusal, 1000)}`],
    ),
    ...section("Risks", indent(review.risks.map((risk) => risk.text))),
    ...section("Not limited", indent(plan.notLimited)),
    "",
    complete
      ? `Plan ${plan.hash}`
      : `Preview: ids and the workflow file's version are not known here, so its hash is not the check run's. --online reads them.`,
    "",
  ].join("\n");
}

const approvalLines = (shown: ShownPlan): string[] =>
  approvals(shown).map(({ count, from, rule, ...where }) => {
    const by = "line" in where ? `${where.file} line ${where.line}: ${where.pattern}` : rule;
    return `  ${count} of ${from.map((one) => forTerminal(one)).join(" ")}   (${forTerminal(by, 300)})`;
  });
