import { formatDuration, formatInstant } from "../base/duration.ts";
import type { ActionWords } from "./action-words.ts";
import type { Asked } from "./describe.ts";
import type { Plan, PlanData } from "./types.ts";
import { planWindow } from "./window.ts";

/** What a reader has to know first, one plain sentence each, in this order. Not escaped for any sink. */
export interface SixSentences {
  readonly what: string;
  readonly where: string;
  readonly when: string;
  readonly why: string;
  readonly runBy: string;
  readonly undone: string;
}

export interface ToSay {
  readonly requester: string;
  readonly plan: Plan;
  readonly request: Asked;
  readonly actions: readonly ActionWords[];
}

/**
 * One request in six sentences. They shorten lists and long values and say how much they leave out; the whole of what a plan
 * binds is `describePlan` and the plan itself.
 */
export function sixSentences({ requester, plan, request, actions }: ToSay): SixSentences {
  const { data } = plan;
  const ticket = request.ticket === undefined ? "" : ` (${request.ticket})`;
  return {
    what: `${requester} asks for role ${data.role} of target ${data.target}: ${asked(plan)}.`,
    where: `It acts ${where(plan)}.`,
    when: `It lasts ${lasts(data)}, for ${data.runs === 1 ? "one run attempt" : `${data.runs} run attempts`}.`,
    why: `The reason given: ${request.reason.replace(/\.$/, "")}${ticket}.`,
    runBy: `It is run by ${runBy(data, request.workflow.repository)}, ${startedBy(data)}.`,
    undone: undone(plan, actions),
  };
}

/** Several requests of one pull request at once: what they share is said once, what differs is counted or listed. */
export function sixSentencesOfAll(requests: readonly ToSay[]): SixSentences {
  const each = requests.map(sixSentences);
  const one = (values: readonly string[], several: (distinct: readonly string[]) => string): string => {
    const distinct = [...new Set(values)];
    return distinct.length === 1 ? (distinct[0] ?? "") : several(distinct);
  };
  const wants = requests.map(({ plan }) => `${plan.data.target}/${plan.data.role} with ${asked(plan)}`);
  const counted = [...Map.groupBy(wants, (want) => want)].map(
    ([want, all]) => `${want}${all.length === 1 ? "" : ` (${all.length} times)`}`,
  );
  const runners = requests.map(({ plan, request }) => runBy(plan.data, request.workflow.repository));
  return {
    what: `${requests[0]?.requester ?? "Nobody"} asks for ${requests.length} grants at once: ${some(counted, 4, "; ")}.`,
    where: one(
      each.map((s) => s.where),
      () => `They act in ${some(distinctOf(requests.map(({ plan }) => where(plan))), 4)}.`,
    ),
    when: one(
      each.map((s) => s.when),
      (all) =>
        `They last differently: ${some(
          all.map((s) => s.replace(/^It lasts |\.$/g, "")),
          4,
          "; ",
        )}.`,
    ),
    why: one(
      each.map((s) => s.why),
      (all) => `They have ${all.length} different reasons, each below.`,
    ),
    runBy: one(
      each.map((s) => s.runBy),
      () => `They are run by ${some(distinctOf(runners), 4)}.`,
    ),
    undone: one(
      each.map((s) => s.undone),
      // "It only reads" is said of one request, and would be read as said of all.
      (all) =>
        some(
          all.filter((s) => s !== onlyReads),
          3,
          " ",
        ),
    ),
  };
}

const distinctOf = (items: readonly string[]): readonly string[] => [...new Set(items)];

/** The first few, and how many more: `a, b +3`. */
function some(items: readonly string[], most: number, between = ", "): string {
  const rest = items.length - most;
  return `${items.slice(0, most).join(between)}${rest > 0 ? ` +${rest} more` : ""}`;
}

function asked({ data, narrowed, repositories }: Plan): string {
  switch (data.kind) {
    case "aws": {
      if (!narrowed) return "all that the role allows";
      const statements = data.statements.map((s) => `${some(s.actions, 4)} on ${some(s.resources, 3)}`);
      return some(statements, 3, "; ");
    }
    case "gcp":
      return `a token with scope ${some(data.scopes, 3)}${data.boundary === null ? "" : ", narrowed in Cloud Storage"}`;
    case "azure":
      return `${data.delivery === "token" ? "a token" : "the assertion itself, to trade for tokens"} for ${some(data.resources, 3)}`;
    case "github": {
      const permissions = Object.entries(data.permissions).map(([name, level]) => `${name}: ${level}`);
      const names = data.repository_ids.map((id) => repositories.get(id) ?? `repository ${id}`);
      return `${some(permissions, 5)} on ${some(names, 4)}`;
    }
    case "oidc":
      return `a token for ${data.audience}`;
  }
}

function where({ data }: Plan): string {
  switch (data.kind) {
    case "aws":
      return `in AWS account ${/^arn:[^:]*:[^:]*:[^:]*:([0-9]{12}):/.exec(data.role_arn)?.[1] ?? "unknown"}, region ${data.region}, as ${data.role_arn}`;
    case "gcp":
      return `in Google Cloud as ${data.service_account ?? data.subject}`;
    case "azure":
      return `in Azure tenant ${data.tenant_id} as application ${data.client_id}`;
    case "github":
      return "on GitHub as the App for github targets";
    case "oidc":
      return `at ${data.audience}, as ${data.subject}`;
  }
}

function lasts(data: PlanData): string {
  if (data.start === null) return `${formatDuration(data.duration)} from the merge`;
  return `from ${data.start} to ${formatInstant(planWindow(data, new Date(0)).expiresAt)}`;
}

function runBy({ workflow }: PlanData, repository: string): string {
  const environment = workflow.environment === null ? "" : ` in environment ${workflow.environment}`;
  return `workflow ${workflow.file} of ${repository} at ${workflow.ref}${environment}`;
}

/** As long as a value may be before it is shortened; the whole stands below. */
const longest = 60;

function startedBy({ workflow, dispatch, start }: PlanData): string {
  if (dispatch === null)
    return `started by ${workflow.actor === "requester" ? "the requester" : "anyone who may start it"}`;
  const inputs = Object.entries(dispatch.inputs).map(([name, value]) => {
    const text = JSON.stringify(value);
    return `${name}=${text.length <= longest ? text : `${text.slice(0, longest)}…`}`;
  });
  const given = inputs.length === 0 ? "without inputs" : `with ${some(inputs, 4)}`;
  return `started by Countersign ${start === null ? "at the merge" : "at the start"} ${given}`;
}

const deletes =
  /^[a-z0-9-]+:(?:batch)?(?:delete|terminate|remove|purge|destroy|deregister|drop|empty|reset|schedulekeydeletion)/i;
const changing = new Set(["Write", "Tagging", "Permissions management"]);

/** What stays when the grant has ended: the one thing that an approval cannot take back. */
function undone({ data, repositories }: Plan, actions: readonly ActionWords[]): string {
  switch (data.kind) {
    case "aws":
      return undoneAtAws(actions);
    case "github": {
      const writes = Object.values(data.permissions).includes("write");
      const names = data.repository_ids.map((id) => repositories.get(id) ?? `repository ${id}`);
      return writes ? `What it writes to ${some(names, 4)} stays.` : onlyReads;
    }
    case "gcp":
    case "azure":
    case "oidc":
      return "What the job does with it stays: Countersign does not see it and cannot undo it.";
  }
}

const onlyReads = "It only reads: nothing has to be undone, but what it has read stays known.";

function undoneAtAws(actions: readonly ActionWords[]): string {
  // An action that AWS's list does not have may do anything.
  const writes = actions.filter(({ levels }) => levels.length === 0 || levels.some((level) => changing.has(level)));
  if (actions.length > 0 && writes.length === 0) return onlyReads;
  const names = writes.map(({ action }) => action);
  const gone = names.filter((action) => deletes.test(action));
  const wild = names.filter((action) => action.includes("*"));
  const rest = names.filter((action) => !gone.includes(action) && !wild.includes(action));
  const parts = [
    ...(gone.length === 0 ? [] : [`what ${some(gone, 4)} deletes stays gone`]),
    ...(wild.length === 0 ? [] : [`what ${some(wild, 4)} changes or deletes stays so`]),
    ...(rest.length === 0 ? [] : [`what ${some(rest, 4)} changes stays changed`]),
  ];
  return `Cannot be undone by Countersign: ${parts.length === 0 ? "whatever it does" : parts.join("; ")}.`;
}
