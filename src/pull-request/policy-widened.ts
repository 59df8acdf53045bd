import {
  describeRole,
  type Effort,
  gainedReusable,
  gainedWorkflows,
  type Policy,
  type Role,
  type RoleLimits,
  type Target,
  usualEffort,
} from "../access-repo/index.ts";
import { formatDuration } from "../base/duration.ts";
import { oneLine } from "../base/text.ts";
import { powerGained } from "./power-gained.ts";
import { added, few, type Gains, gainsOf } from "./role-gains.ts";

/**
 * What a new policy grants that the one in force does not: new roles, more power or another identity of a role, fewer limits
 * to it. Plain sentences, not escaped for any sink; bounded for each key of a role. What cannot be compared is told as changed.
 * `owner`: of the access repo, whose workflows a role admits that names none.
 */
export function widened(before: Policy, after: Policy, owner: string): readonly string[] {
  const effort = usualEffort(); // of all roles together: a policy that is made to be slow is told to be so
  const lines = [...breakGlass(before, after)];
  for (const [name, target] of after.targets) {
    const oldTarget = before.targets.get(name);
    if (oldTarget !== undefined && oldTarget.region !== target.region)
      lines.push(`${name} is asked in region ${target.region ?? "(none)"} instead of ${oldTarget.region ?? "(none)"}.`);
    for (const [roleName, role] of target.roles) {
      const of = `${name}/${roleName}`;
      const old = oldTarget?.roles.get(roleName);
      const gains =
        old === undefined
          ? [`is new: ${inWords(after, target, roleName, role)}`]
          : old.kind === role.kind
            ? roleGains(old, role, owner, effort)
            : [`is of ${role.kind} instead of ${old.kind}: ${inWords(after, target, roleName, role)}`];
      lines.push(...gains.map((gain) => `${of} ${gain}.`));
    }
  }
  return lines;
}

function breakGlass({ settings: old }: Policy, { settings: now }: Policy): string[] {
  if (old.break_glass === undefined || now.break_glass === undefined) return [];
  const longer = longerThan(old.break_glass.max_duration, now.break_glass.max_duration);
  const later = longerThan(old.break_glass.review_within, now.break_glass.review_within);
  return [
    ...longer.map((times) => `Break-glass lasts up to ${times}.`),
    ...later.map((times) => `Break-glass is reviewed within ${times}.`),
  ];
}

const longerThan = (old: number, now: number): string[] =>
  now > old ? [`${formatDuration(now)} instead of ${formatDuration(old)}`] : [];

function inWords(policy: Policy, target: Target, name: string, role: Role): string {
  // Sets are of the target: what a request may write shorter, and no power of the role.
  const { as, can } = describeRole(policy, { ...target, sets: new Map() }, name, role);
  return `${oneLine(as, 300)}, up to ${formatDuration(role.max_duration)}; ${[few(can, 2, 200), ...waysAround(role)].join("; ")}`;
}

/** What of a new role has no role before it that it could be held against. */
const waysAround = (role: Role): string[] => [
  ...(role.kind === "aws" && role.allow_persistence ? ["actions whose effect outlives the window"] : []),
  ...(role.break_glass ? ["break-glass"] : []),
  ...(role.auto_approve === undefined ? [] : ["automatic approval"]),
  ...(actorOf(role) === "any" ? ["actor: any"] : []),
];

const roleGains = (old: Role, now: Role, owner: string, effort: Effort): readonly string[] => [
  ...powerGained(old, now, effort),
  ...gainsOf(limitsGained(owner, effort), old, now),
];

// Told by policy-loosened.ts. A key that is new has to be in one of the two.
type AsksLess = "approvals" | "also_approved_by" | "break_glass";

const limitsGained = (owner: string, effort: Effort): Gains<Omit<RoleLimits, AsksLess>> => ({
  max_duration: (old, now) => longerThan(old.max_duration, now.max_duration).map((times) => `lasts up to ${times}`),
  tickets: ({ tickets: old }, { tickets: now }) => {
    if (old === undefined) return [];
    return now === undefined ? ["needs no ticket"] : added(old, now, "also takes tickets of");
  },
  // A role that lists none admits any workflow of the owner, and no list reaches beyond that (plan/render.ts).
  workflows: ({ workflows: old }, { workflows: now }) => {
    if (old === undefined) return [];
    if (now === undefined) return [`may be used by any workflow of ${owner}`];
    return added([], textsOf(gainedWorkflows(old, now, effort)), "may be used by");
  },
  reusable_workflows: ({ reusable_workflows: old }, { reusable_workflows: now }) => {
    if (now === undefined) return old === undefined ? [] : [`may be used inside any reusable workflow of ${owner}`];
    const wider =
      old === undefined
        ? now.filter((one) => one.owner.toLowerCase() !== owner.toLowerCase())
        : gainedReusable(old, now, effort);
    return added([], textsOf(wider), "may be used inside");
  },
  environments: ({ environments: old }, { environments: now }) => {
    if (old === undefined) return [];
    return now === undefined
      ? ["may be used in any environment, or none"]
      : added(old, now, "may be used in environment");
  },
  events: (old, now) => [
    ...added(old.events, now.events, "may be used by runs that are started by"),
    ...(startsRuns(now) && !startsRuns(old) ? ["lets requests start a workflow (dispatch)"] : []),
  ],
  runners: (old, now) => added(old.runners, now.runners, "may be used on runners"),
  // Of the defaults, only this one lets others in. A request's page shows the rest as what is asked for.
  defaults: (old, now) =>
    actorOf(now) === "any" && actorOf(old) !== "any"
      ? ["may be used by whoever starts the run, where a request does not say who (actor: any)"]
      : [],
  last_issue_before_end: (old, now) =>
    now.last_issue_before_end < old.last_issue_before_end
      ? [
          `issues until ${formatDuration(now.last_issue_before_end)} before the end instead of ${formatDuration(old.last_issue_before_end)}`,
        ]
      : [],
});

const textsOf = (patterns: readonly { readonly text: string }[]): readonly string[] => patterns.map(({ text }) => text);
const startsRuns = ({ workflows, events }: Pick<RoleLimits, "workflows" | "events">): boolean =>
  workflows !== undefined && events.includes("workflow_dispatch");
const actorOf = ({ defaults }: Pick<RoleLimits, "defaults">): string => defaults?.workflow?.actor ?? "requester";
