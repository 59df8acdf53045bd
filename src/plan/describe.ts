import type { ResolvedRequest } from "../access-repo/types.ts";
import { formatDuration, formatInstant } from "../base/duration.ts";
import { oneLine } from "../base/text.ts";
import { policyDocument } from "./session-policy.ts";
import type { AwsPlanData, Plan } from "./types.ts";
import { planWindow } from "./window.ts";

export interface PlanDescription {
  /** At most 120 characters, one line: the title of the pull request. */
  readonly title: string;
  /** Plain sentences, one line each, not escaped for any sink. `plan.risks` and `plan.notLimited` are beside, not here. */
  readonly lines: readonly string[];
  /** The session policy as it will be sent, indented for reading; the end where it is not known yet is `<end of the grant>`. */
  readonly policy: string;
}

const MAX_TITLE = 120;

/** A plan in words. The title is made from what is really asked, never from what the pull request says about itself. */
export function describePlan(
  plan: Plan,
  request: Pick<ResolvedRequest, "reason" | "ticket" | "workflow">,
): PlanDescription {
  const { data } = plan;
  return { title: title(plan, request.ticket), lines: lines(plan, request), policy: policyText(data) };
}

/** What is asked is shortened, never the target, the time or the ticket: those are what a list of titles is read for. */
function title({ data, narrowed }: Plan, ticket: string | undefined): string {
  const head = `${data.target}/${data.role} ${formatDuration(data.duration)}: `;
  const tail = ticket === undefined ? "" : ` (${oneLine(ticket, 30)})`;
  const room = Math.max(1, MAX_TITLE - head.length - tail.length);
  return oneLine(`${head}${oneLine(narrowed ? asked(data) : "all that the role allows", room)}${tail}`, MAX_TITLE);
}

function asked({ statements }: AwsPlanData): string {
  const actions = [...new Set(statements.flatMap((statement) => statement.actions))];
  const resources = [...new Set(statements.flatMap((statement) => statement.resources))];
  return `${firstOf(actions)} on ${firstOf(resources.map(shortResource))}`;
}

const firstOf = (values: readonly string[]): string =>
  values.length > 1 ? `${values[0] ?? ""} +${values.length - 1}` : (values[0] ?? "");

/** The sixth field of an ARN, which may itself hold colons: `acme-stale-logs`, `log-group:x`. */
const shortResource = (arn: string): string => /^arn:(?:[^:]*:){4}(.+)$/.exec(arn)?.[1] ?? arn;

function lines({ data, narrowed }: Plan, request: Pick<ResolvedRequest, "reason" | "ticket" | "workflow">): string[] {
  const { workflow } = data;
  const ticket = request.ticket === undefined ? "" : ` (${request.ticket})`;
  return [
    `Reason: ${request.reason}${ticket}`,
    `Role ${data.role_arn} in ${data.region}, as ${data.subject}.`,
    `When: ${when(data)}.`,
    ...(narrowed ? [] : ["Not narrowed: all that the role may be asked for."]),
    ...data.statements.map(({ actions, resources }) => `Allows ${actions.join(", ")} on ${resources.join(", ")}.`),
    `Workflow ${workflow.file} of ${request.workflow.repository} at ${workflow.ref}, file version ${workflow.blob.slice(0, 12)}.`,
    ...(workflow.environment === null
      ? ["Only outside any environment."]
      : [`Only in environment ${workflow.environment}.`]),
    ...(workflow.sha === null ? [] : [`Only a run of commit ${workflow.sha}.`]),
    ...(workflow.reusable === null ? [] : [`Only inside the reusable workflow ${workflow.reusable}.`]),
    `Started by ${started(data)}, on ${workflow.runners.join(" or ")} runners, ${starter(data)}.`,
    ...dispatchLines(data),
    `Good for ${data.runs === 1 ? "one run attempt" : `${data.runs} run attempts`}; sessions of at most ${formatDuration(data.max_session)}.`,
    ...(data.last_issue_before_end === 0
      ? []
      : [`Nothing is issued in the last ${formatDuration(data.last_issue_before_end)}.`]),
  ].map((line) => oneLine(line, 4000)); // longer than any policy: nothing that is asked is cut off
}

function when(data: AwsPlanData): string {
  if (data.start === null) return `for ${formatDuration(data.duration)} from the merge`;
  const { expiresAt } = planWindow(data, new Date(0));
  return `from ${data.start} to ${formatInstant(expiresAt)}, however late the approval comes`;
}

/** A dispatched grant admits workflow_dispatch only, whatever the role lists. */
const started = ({ workflow, dispatch }: AwsPlanData): string =>
  dispatch === null ? workflow.events.join(", ") : "workflow_dispatch";

function starter({ workflow, dispatch }: AwsPlanData): string {
  if (dispatch !== null) return "by Countersign itself";
  return workflow.actor === "requester" ? "by the requester only" : "by anyone who may start it";
}

const dispatchLines = ({ dispatch }: AwsPlanData): string[] => {
  if (dispatch === null) return [];
  const inputs = Object.entries(dispatch.inputs).map(([name, value]) => `Input ${name} = ${JSON.stringify(value)}`);
  return [
    inputs.length === 0
      ? "Started at the merge, without inputs."
      : "Started at the merge, with these inputs and no others:",
    ...inputs,
  ];
};

function policyText(data: AwsPlanData): string {
  const end = data.start === null ? "<end of the grant>" : formatInstant(planWindow(data, new Date(0)).expiresAt);
  return JSON.stringify(policyDocument(data, end), null, 2);
}
