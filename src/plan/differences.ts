import { canonicalJson, type Json } from "../base/canonical-json.ts";
import { formatDuration } from "../base/duration.ts";
import { wantedOf, type Wanted } from "./wanted.ts";
import type { PlanData, PlanWorkflow } from "./types.ts";

/** What ids are called now, for readers: the workflow's repository and those of a github plan. */
export interface PlanNames {
  readonly workflow: string;
  readonly repositories: ReadonlyMap<number, string>;
}

/**
 * What is different between two plans, each a plain sentence and not escaped for any sink; statement by statement, not as
 * text. Complete: it is empty only where both bind the same, so that "nothing is different" is never said of what differs.
 */
export function planDifferences(before: PlanData, now: PlanData, names: PlanNames): readonly string[] {
  const found = [
    ...(before.kind === now.kind ? [] : [`Another kind of target: ${now.kind} instead of ${before.kind}.`]),
    ...wantedDifferences(wantedOf(before, names.repositories), wantedOf(now, names.repositories)),
    ...timeDifferences(before, now),
    ...workflowDifferences(before.workflow, now.workflow, names.workflow),
    ...dispatchDifferences(before.dispatch, now.dispatch),
  ];
  const same = canonicalJson(before as unknown as Json) === canonicalJson(now as unknown as Json);
  return same || found.length > 0 ? found : ["Something else in the plan: read the whole of it below."];
}

const listed = (items: readonly string[]): string => items.join(", ");
const words = (items: readonly string[], one: string): string =>
  `${one}${items.length === 1 ? "" : "s"} ${listed(items)}`;

function wantedDifferences(before: Wanted, now: Wanted): string[] {
  const lines: string[] = [];
  for (const [label, value] of now.fields) {
    const old = before.fields.get(label);
    if (old !== value) lines.push(`${label}: ${value}${old === undefined ? "" : ` instead of ${old}`}.`);
  }
  for (const [one, items] of now.sets) {
    const added = minus(one, items, before.sets.get(one) ?? []);
    if (added.length > 0) lines.push(`Adds ${words(added, one)}.`);
  }
  for (const [one, items] of before.sets) {
    const dropped = minus(one, items, now.sets.get(one) ?? []);
    if (dropped.length > 0) lines.push(`No longer asks for ${words(dropped, one)}.`);
  }
  return [...lines, ...pairDifferences(before, now)];
}

/** Actions have no case at AWS; everything else is what it is. */
const sameAs =
  (one: string) =>
  (item: string): string =>
    one === "action" ? item.toLowerCase() : item;

/** Those of the first that are not among the others. */
export function minus(one: string, items: readonly string[], others: readonly string[]): readonly string[] {
  const same = sameAs(one);
  const known = new Set(others.map(same));
  return items.filter((item) => !known.has(same(item)));
}

/** AWS takes a session policy of 2048 characters, so this is never reached by what can be issued. */
const mostPairs = 10_000;

/**
 * An action and a resource that were both asked for before, and not together. Said apart, since the lists of actions and of
 * resources alone would hide it.
 */
function pairDifferences(before: Wanted, now: Wanted): string[] {
  const size = ({ pairs }: Wanted): number => pairs.reduce((n, { left, right }) => n + left.length * right.length, 0);
  if (size(before) + size(now) > mostPairs)
    return JSON.stringify(before.pairs) === JSON.stringify(now.pairs) ? [] : ["Other statements than before."];
  const [old, young] = [pairsOf(before), pairsOf(now)];
  const between = (some: typeof old, others: typeof old): string[] =>
    [...some.all].flatMap(([key, { l, r }]) =>
      !others.all.has(key) && others.left.has(l) && others.right.has(r) ? [key] : [],
    );
  const say = (key: string, pairs: typeof old): string => pairs.all.get(key)?.words ?? "";
  return [
    ...between(young, old).map((key) => `Newly together: ${say(key, young)}.`),
    ...between(old, young).map((key) => `No longer together: ${say(key, old)}.`),
  ];
}

function pairsOf({ pairs, sets }: Wanted) {
  const leftKey = sameAs(sets.has("action") ? "action" : "permission");
  const all = new Map<string, { l: string; r: string; words: string }>();
  for (const { left, right } of pairs)
    for (const one of left)
      for (const r of right) {
        const l = leftKey(one);
        all.set(JSON.stringify([l, r]), { l, r, words: `${one} on ${r}` });
      }
  const values = [...all.values()];
  return { all, left: new Set(values.map(({ l }) => l)), right: new Set(values.map(({ r }) => r)) };
}

function timeDifferences(before: PlanData, now: PlanData): string[] {
  const lines: string[] = [];
  if (now.duration !== before.duration) {
    const how = now.duration > before.duration ? "Longer" : "Shorter";
    lines.push(`${how}: ${formatDuration(now.duration)} instead of ${formatDuration(before.duration)}.`);
  }
  const start = (value: string | null): string => value ?? "the merge";
  if (now.start !== before.start) lines.push(`Begins with ${start(now.start)} instead of ${start(before.start)}.`);
  if (now.runs !== before.runs) lines.push(`Run attempts: ${now.runs} instead of ${before.runs}.`);
  if (now.last_issue_before_end !== before.last_issue_before_end)
    lines.push(
      `Nothing is issued in the last ${formatDuration(now.last_issue_before_end)} instead of ${formatDuration(before.last_issue_before_end)}.`,
    );
  return lines;
}

function workflowDifferences(before: PlanWorkflow, now: PlanWorkflow, name: string): string[] {
  const lines: string[] = [];
  const say = (label: string, value: string | null, old: string | null): void => {
    if (value !== old) lines.push(`${label}: ${value ?? "none"} instead of ${old ?? "none"}.`);
  };
  const moved = now.repository_id !== before.repository_id;
  if (moved) lines.push(`Another repository: ${name}, id ${now.repository_id} instead of ${before.repository_id}.`);
  say("Owner of the repository", String(now.owner_id), String(before.owner_id));
  say("Workflow", now.file, before.file);
  if (!moved && now.file === before.file && now.blob !== before.blob)
    lines.push(
      `The workflow file has changed: version ${now.blob.slice(0, 12)} instead of ${before.blob.slice(0, 12)}.`,
    );
  else if (now.blob !== before.blob)
    say("Version of the workflow file", now.blob.slice(0, 12), before.blob.slice(0, 12));
  say("Ref", now.ref, before.ref);
  say("Environment", now.environment, before.environment);
  say("Only a run of commit", now.sha, before.sha);
  say("Reusable workflow", now.reusable, before.reusable);
  say("Who may start it", now.actor, before.actor);
  say("Events", listed(now.events), listed(before.events));
  say("Runners", listed(now.runners), listed(before.runners));
  return lines;
}

type Dispatch = PlanData["dispatch"];

/** A value is said as JSON and shortened: the whole of it stands with everything else that is bound. */
const shown = (value: string): string => {
  const text = JSON.stringify(value);
  return text.length <= 160 ? text : `${text.slice(0, 159)}…`;
};

function dispatchDifferences(before: Dispatch, now: Dispatch): string[] {
  if (now === null) return before === null ? [] : ["Not started by Countersign: somebody starts the workflow."];
  const lines = before === null ? ["Started by Countersign at the merge."] : [];
  const old = before?.inputs ?? {};
  for (const [name, value] of Object.entries(now.inputs)) {
    const known = Object.hasOwn(old, name) ? old[name] : undefined;
    if (known === undefined) lines.push(`Input ${name} is new: ${shown(value)}.`);
    else if (known !== value) lines.push(`Input ${name} is ${shown(value)} instead of ${shown(known)}.`);
  }
  for (const name of Object.keys(old)) if (!Object.hasOwn(now.inputs, name)) lines.push(`Input ${name} is left out.`);
  return lines;
}
