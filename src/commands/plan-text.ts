import type { Diagnostic, Policy } from "../access-repo/types.ts";
import { openSlots, ownerText, type WithoutApproval } from "../approval/index.ts";
import type { Decision } from "../approval/types.ts";
import type { Json } from "../base/canonical-json.ts";
import { formatInstant } from "../base/duration.ts";
import { forTerminal } from "../base/text.ts";
import { describePlan, issueText, planWindow } from "../plan/index.ts";
import { previewJson, previewText } from "./plan-preview.ts";
import type { Planned } from "./plan-request.ts";
import { diagnosticJson } from "./render-diagnostics.ts";

/** Everything that `plan` shows. */
export interface ShownPlan {
  readonly path: string;
  readonly planned: Extract<Planned, { readonly ok: true }>;
  /** Of a plain pull request that nobody has approved. */
  readonly decision: Decision;
  /** How it could go without approval, by who asks. */
  readonly without: readonly WithoutApproval[];
  readonly policy: Policy;
  /** Warnings. */
  readonly diagnostics: readonly Diagnostic[];
  /** When it was merged, or is thought to be. */
  readonly at: Date;
  /** True where it was. */
  readonly merged: boolean;
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
    file: slot.line === undefined ? null : policy.codeowners.path,
    line: slot.line ?? null,
    pattern: policy.codeowners.rules.find((rule) => rule.line === slot.line)?.pattern ?? null,
  }));

/** The first thing, if any, that no approval can mend. */
const denied = ({ decision }: ShownPlan): string | null =>
  decision.outcome === "denied" || decision.outcome === "retry" ? decision.tree.text : null;

const asJson = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json;

/** What `--json` prints for a plan. What is not known is null, in a preview the hash too: nobody may take it for the plan's. */
export function planJson(shown: ShownPlan) {
  const { planned, path, complete, at } = shown;
  const { request, plan, review } = planned;
  const { title, lines, issue } = describePlan(plan, request, review.actions);
  const window = planWindow(plan.data, at);
  const data = complete ? asJson(plan.data) : previewJson(asJson(plan.data), null);
  return {
    ok: true,
    file: path,
    cloud: plan.data.kind,
    target: plan.data.target,
    role: plan.data.role,
    title,
    lines: complete ? lines : lines.map(previewText),
    issue: complete ? issue : previewJson(issue, "<not known>"),
    window: {
      not_before: formatInstant(window.notBefore),
      expires_at: formatInstant(window.expiresAt),
      merged_at: formatInstant(at),
      merged: shown.merged,
    },
    session: plan.session,
    repository: request.workflow.repository,
    narrowed: plan.narrowed,
    approvals: approvals(shown),
    without_approval: shown.without,
    denied: denied(shown),
    actions: review.actions,
    risks: review.risks,
    not_limited: plan.notLimited,
    complete,
    unknown: complete ? [] : unknown,
    plan: data,
    hash: complete ? plan.hash : null,
    diagnostics: shown.diagnostics.map(diagnosticJson),
  };
}

/** What `--json` prints where there is no plan: the same keys. */
export const noPlanJson = (
  path: string,
  diagnostics: readonly Diagnostic[],
): Record<keyof ReturnType<typeof planJson>, unknown> => ({
  ok: false,
  file: path,
  cloud: null,
  target: null,
  role: null,
  title: null,
  lines: [],
  issue: null,
  window: null,
  session: null,
  repository: null,
  narrowed: null,
  approvals: [],
  without_approval: [],
  denied: null,
  actions: [],
  risks: [],
  not_limited: [],
  complete: false,
  unknown: [],
  plan: null,
  hash: null,
  diagnostics: diagnostics.map(diagnosticJson),
});

/** For a terminal: what is asked, what would be issued, who must approve, what to look at twice. */
export function planText(shown: ShownPlan): string {
  const { planned, complete } = shown;
  const { request, plan, review } = planned;
  const described = describePlan(plan, request, review.actions);
  const readable = complete ? (text: string) => text : previewText;
  const indent = (lines: readonly string[]): string[] => lines.map((line) => `  ${forTerminal(readable(line), 4500)}`);
  const issue = complete ? described.issue : previewJson(described.issue, "<not known>");
  const refusal = denied(shown);
  return [
    forTerminal(described.title),
    "",
    ...indent(described.lines),
    ...section("Window", [
      `  ${windowText(shown)}`,
      ...(described.lines.includes(plan.session.words) ? [] : indent([plan.session.words])),
    ]),
    ...section(`What would be issued (${plan.data.kind})`, indent(issueText(issue).split("\n"))),
    ...section(
      "Who must approve",
      refusal === null
        ? [...approvalLines(shown), ...indent(shown.without.map((way) => way.text))]
        : indent([`Nobody can: ${refusal}`]),
    ),
    ...section("Risks", indent(review.risks.map((risk) => risk.text))),
    ...section("Not limited", indent(plan.notLimited)),
    "",
    complete
      ? `Plan ${plan.hash}`
      : "A preview: ids and the workflow file's version are not known here, nor is the hash. --online reads them from GitHub.",
    "",
  ].join("\n");
}

function windowText({ planned, at, merged }: ShownPlan): string {
  const { notBefore, expiresAt } = planWindow(planned.plan.data, at);
  const merge = merged ? `merged at ${formatInstant(at)}` : `if it is merged at ${formatInstant(at)}`;
  if (expiresAt <= notBefore) return `Nothing is left of it, ${merge}: it ends at ${formatInstant(expiresAt)}.`;
  const slides = planned.plan.data.start === null || merged;
  return `${formatInstant(notBefore)} to ${formatInstant(expiresAt)}${slides ? `, ${merge}` : ""}`;
}

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ["", title, ...lines];

const approvalLines = (shown: ShownPlan): string[] =>
  approvals(shown).map(({ count, from, rule, file, line, pattern }) => {
    const by = file === null ? rule : `${file} line ${line ?? 0}: ${pattern ?? ""}`;
    return `  ${count} of ${from.map((one) => forTerminal(one)).join(" ")}   (${forTerminal(by, 300)})`;
  });
