import type { ResolvedRequest } from "../access-repo/types.ts";
import type { Json } from "../base/canonical-json.ts";
import { formatDuration, formatInstant } from "../base/duration.ts";
import { oneLine } from "../base/text.ts";
import type { ActionWords } from "./action-words.ts";
import { issueOf } from "./issue.ts";
import type { Plan, PlanData, SessionLength } from "./types.ts";
import { planWindow } from "./window.ts";
import { type KindWords, wordsOf } from "./words.ts";

export interface PlanDescription {
  /** At most 120 characters, one line: the title of the pull request. */
  readonly title: string;
  /** Plain sentences, one line each, not escaped for any sink. `plan.risks` and `plan.notLimited` are beside, not here. */
  readonly lines: readonly string[];
  /** What would be issued, literally; what is not known yet stands as `<end of the grant>`. `issueText()` writes it for people. */
  readonly issue: Json;
}

/** What people wrote beside what is issued. */
export type Asked = Pick<ResolvedRequest, "reason" | "ticket" | "workflow">;

const MAX_TITLE = 120;

/**
 * A plan in words. The title is made from what is really asked, never from what the pull request says about itself.
 * @param actions what `reviewPlan` says of each action
 */
export function describePlan(plan: Plan, request: Asked, actions: readonly ActionWords[] = []): PlanDescription {
  const words = wordsOf(plan);
  return {
    title: title(plan, words, request.ticket),
    lines: lines(plan, words, request, actions),
    issue: issueOf(plan),
  };
}

/** What is asked is shortened, never the target, the time or the ticket: those are what a list of titles is read for. */
function title({ data }: Plan, { asked }: KindWords, ticket: string | undefined): string {
  const head = `${data.target}/${data.role} ${formatDuration(data.duration)}: `;
  const tail = ticket === undefined ? "" : ` (${oneLine(ticket, 30)})`;
  const room = Math.max(1, MAX_TITLE - head.length - tail.length);
  return oneLine(`${head}${oneLine(asked, room)}${tail}`, MAX_TITLE);
}

function lines(
  { data, narrowed, session }: Plan,
  words: KindWords,
  request: Asked,
  actions: readonly ActionWords[],
): string[] {
  const { workflow } = data;
  const ticket = request.ticket === undefined ? "" : ` (${request.ticket})`;
  return [
    `Reason: ${request.reason}${ticket}`,
    words.as,
    `When: ${when(data)}.`,
    ...(narrowed ? [] : [words.whole]),
    ...words.allows,
    ...actions.map(({ action, words: meaning }) => `${action} is ${meaning}.`),
    `Workflow ${workflow.file} of ${request.workflow.repository} at ${workflow.ref}, file version ${workflow.blob.slice(0, 12)}.`,
    ...(workflow.environment === null
      ? ["Only outside any environment."]
      : [`Only in environment ${workflow.environment}.`]),
    ...(workflow.sha === null ? [] : [`Only a run of commit ${workflow.sha}.`]),
    ...(workflow.reusable === null ? [] : [`Only inside the reusable workflow ${workflow.reusable}.`]),
    `Started by ${started(data)}, on ${workflow.runners.join(" or ")} runners, ${starter(data)}.`,
    ...dispatchLines(data),
    ...uses(data, session),
    ...(data.last_issue_before_end === 0
      ? []
      : [`Nothing is issued in the last ${formatDuration(data.last_issue_before_end)}.`]),
  ].map((line) => oneLine(line, 4000)); // longer than any policy: nothing that is asked is cut off
}

function uses(data: PlanData, session: SessionLength): string[] {
  const good = `Good for ${data.runs === 1 ? "one run attempt" : `${data.runs} run attempts`}`;
  // aws has notes of its own about what comes after the end.
  if (data.kind === "aws") return [`${good}; sessions of at most ${formatDuration(data.max_session)}.`];
  return [`${good}.`, session.words];
}

function when(data: PlanData): string {
  if (data.start === null) return `for ${formatDuration(data.duration)} from the merge`;
  const { expiresAt } = planWindow(data, new Date(0));
  return `from ${data.start} to ${formatInstant(expiresAt)}, however late the approval comes`;
}

/** A dispatched grant admits workflow_dispatch only, whatever the role lists. */
const started = ({ workflow, dispatch }: PlanData): string =>
  dispatch === null ? workflow.events.join(", ") : "workflow_dispatch";

function starter({ workflow, dispatch }: PlanData): string {
  if (dispatch !== null) return "by Countersign itself";
  return workflow.actor === "requester" ? "by the requester only" : "by anyone who may start it";
}

const dispatchLines = ({ dispatch }: PlanData): string[] => {
  if (dispatch === null) return [];
  const inputs = Object.entries(dispatch.inputs).map(([name, value]) => `Input ${name} = ${JSON.stringify(value)}`);
  return [
    inputs.length === 0
      ? "Started at the merge, without inputs."
      : "Started at the merge, with these inputs and no others:",
    ...inputs,
  ];
};
