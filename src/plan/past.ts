import { minus, planDifferences, type PlanNames } from "./differences.ts";
import type { PlanData } from "./types.ts";
import { wantedOf } from "./wanted.ts";

/** A grant of the past, as far as it is compared with. */
export interface PastGrant {
  readonly path: string;
  readonly pullRequest: number;
  readonly requester: { readonly id: number; readonly login: string };
  /** When it was granted. */
  readonly at: Date;
  readonly data: PlanData;
}

/** What was granted before, newest first. `all`: nothing older was left out. */
export interface Past {
  readonly ofRole: { readonly grants: readonly PastGrant[]; readonly all: boolean };
  /** This requester's, of whatever role. */
  readonly ofRequester: { readonly grants: readonly PastGrant[]; readonly all: boolean };
  /** The newest grant of any role that named this very workflow file. */
  readonly ofWorkflow: PastGrant | null;
}

/** One heading sentence with what belongs to it. Plain text, not escaped for any sink. */
export interface Compared {
  readonly words: string;
  readonly items: readonly string[];
}

export interface ToCompare {
  readonly data: PlanData;
  readonly names: PlanNames;
  readonly requester: { readonly id: number; readonly login: string };
  /** When the plan was first posted. */
  readonly at: Date;
}

/**
 * What a reviewer has to know of the past: how the plan differs from the last grant of its role and from the requester's last
 * of it, and what is there for the first time. Pure; the one sentence that nothing differs is said where it is true.
 */
export function compareWithPast(plan: ToCompare, past: Past): readonly Compared[] {
  const [last] = past.ofRole.grants;
  const flags = firstTimes(plan, past);
  const more: readonly Compared[] = flags.length === 0 ? [] : [{ words: "Worth a look:", items: flags }];
  if (last === undefined) return [{ words: "First grant of this role.", items: [] }, ...more];
  const own = past.ofRole.grants.find((grant) => grant.requester.id === plan.requester.id);
  return [
    against(plan, last, "the last grant of this role"),
    ...(own === undefined || own === last
      ? []
      : [against(plan, own, `the last grant of this role to ${own.requester.login}`)]),
    ...more,
  ];
}

const day = (at: Date): string => at.toISOString().slice(0, 10);

function against({ data, names }: ToCompare, past: PastGrant, what: string): Compared {
  const where = `${past.path}, pull request ${past.pullRequest}, to ${past.requester.login} on ${day(past.at)}`;
  const items = planDifferences(past.data, data, names);
  return items.length === 0
    ? { words: `Nothing is different from ${what} (${where}).`, items }
    : { words: `Different from ${what} (${where}):`, items };
}

/** `before`: as many grants as were looked at, where that is not all there are. */
const never = ({ all, grants }: Past["ofRole"]): string =>
  all ? "for the first time" : `not in the last ${grants.length} grants`;

function firstTimes(plan: ToCompare, past: Past): readonly string[] {
  const { ofRole, ofRequester } = past;
  const mine = ofRole.grants.filter((grant) => grant.requester.id === plan.requester.id);
  const { login } = plan.requester;
  const byRole = ofRole.grants.length === 0 ? [] : firstsOf(plan, ofRole.grants);
  const own = mine.length === 0 ? [] : firstsOf(plan, mine).filter((words) => !byRole.includes(words));
  const newcomer = ofRole.grants.length > 0 && mine.length === 0;
  return [
    ...(newcomer
      ? [
          `${login} had this role never before${ofRole.all ? "" : `, as far as the last ${ofRole.grants.length} grants say`}.`,
        ]
      : []),
    ...byRole.map((words) => `${words}: ${never(ofRole)} with this role.`),
    ...own.map((words) => `${words}: ${never(ofRole)} with this role for ${login}.`),
    ...unusualHour(plan, ofRequester.grants),
    ...workflowChanged(plan, past),
  ];
}

/** What of the plan none of the grants had: repository, workflow, and each of what is asked for but its resources. */
function firstsOf({ data, names }: ToCompare, grants: readonly PastGrant[]): readonly string[] {
  const others = grants.map((grant) => grant.data);
  const { workflow } = data;
  const sameRepository = others.filter((other) => other.workflow.repository_id === workflow.repository_id);
  const found: string[] = [];
  if (sameRepository.length === 0) found.push(`Repository ${names.workflow}`);
  else if (!sameRepository.some((other) => other.workflow.file === workflow.file))
    found.push(`Workflow ${workflow.file}`);
  for (const [one, items] of wantedOf(data, names.repositories).sets) {
    if (one === "resource" && data.kind !== "azure") continue; // new buckets are every day's business, new powers are not
    const known = others.flatMap((other) => wantedOf(other, names.repositories).sets.get(one) ?? []);
    const fresh = minus(one, items, known);
    if (fresh.length > 0) found.push(`${capital(one)} ${fresh.join(", ")}`);
  }
  return found;
}

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

/** So many grants make a habit. */
const habit = 5;

/** Hours are UTC. An hour next to a usual one is usual. */
function unusualHour({ at, requester }: ToCompare, grants: readonly PastGrant[]): readonly string[] {
  if (grants.length < habit) return [];
  const hour = at.getUTCHours();
  const usual = new Set(grants.map((grant) => grant.at.getUTCHours()));
  if ([23, 0, 1].some((step) => usual.has((hour + step) % 24))) return [];
  const hours = [...usual].sort((a, b) => a - b).map(two);
  return [
    `Asked at ${two(hour)} UTC: the last ${grants.length} grants to ${requester.login} came at ${hours.join(", ")} UTC.`,
  ];
}

const two = (hour: number): string => `${String(hour).padStart(2, "0")}h`;

function workflowChanged({ data }: ToCompare, { ofWorkflow }: Past): readonly string[] {
  if (ofWorkflow === null || ofWorkflow.data.workflow.blob === data.workflow.blob) return [];
  const [now, then] = [data.workflow.blob, ofWorkflow.data.workflow.blob].map((blob) => blob.slice(0, 12));
  return [
    `The workflow file has changed since it was last approved (pull request ${ofWorkflow.pullRequest}, ${day(ofWorkflow.at)}): version ${now} instead of ${then}.`,
  ];
}
