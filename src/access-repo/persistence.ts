import { actionPattern, isWild } from "./action-pattern.ts";
import { globsMeet, meetsArnEnd, type Symbols, symbols, symbolsMeet, wildFits } from "./glob.ts";
import { type PersistentAction, persistentActions } from "./persistent-actions.ts";
import { arnFields } from "./statement-syntax.ts";
import type { Statement } from "./types.ts";

interface Family {
  /** As AWS spells it, for messages. */
  readonly shown: string;
  readonly name: string;
  /** What stands before the first wildcard. */
  readonly start: string;
  /** For a family with wildcards. */
  readonly symbols: Symbols | undefined;
  readonly on: string | undefined;
}
const literalStart = (pattern: string): string => /^[^*?]*/.exec(pattern)?.[0] ?? "";

function familiesOf(service: string, entry: PersistentAction): readonly Family[] {
  const { name: names, on } = typeof entry === "string" ? { name: entry, on: undefined } : entry;
  return names.split(" ").map((name) => {
    const lower = name.toLowerCase();
    const wild = isWild(lower) ? symbols(lower) : undefined;
    return { shown: `${service}:${name}`, name: lower, start: literalStart(lower), symbols: wild, on };
  });
}

const families: ReadonlyMap<string, readonly Family[]> = new Map(
  Object.entries(persistentActions).map(([service, entries]) => [
    service,
    entries.flatMap((entry) => familiesOf(service, entry)),
  ]),
);

/** Whether a statement's resources can be one that an action of the service is authorized on. */
type ActsOn = (service: string, on: string) => boolean;

/**
 * The persistence action or family that an action pattern reaches, also by its wildcards; undefined where it reaches none.
 * Without `actsOn`, on any resource.
 */
export function persistenceOf(action: string, actsOn: ActsOn = () => true): string | undefined {
  const pattern = actionPattern(action);
  // A lone `*` is everything; what is no pattern has no meaning here, and no meaning is not "none".
  if (pattern === undefined) return "sts:AssumeRole*";
  const start = literalStart(pattern.name);
  const asked = symbols(pattern.name);
  return families.get(pattern.service)?.find(
    (family) =>
      // Most pairs differ before any wildcard and need no closer look.
      (start.startsWith(family.start) || family.start.startsWith(start)) &&
      // Two globs are compared at a cost of their lengths multiplied; most families are plain names, which cost far less.
      (family.symbols === undefined ? wildFits(pattern.name, family.name) : symbolsMeet(asked, family.symbols)) &&
      (family.on === undefined || actsOn(pattern.service, family.on)),
  )?.shown;
}

/**
 * Whether one of the resources can be an ARN of the service with region and account whose rest fits. Each question is
 * answered once for all actions of a statement: both lists are long in a hostile file, and their product must not be paid.
 */
function actsOnOf(resources: readonly string[]): ActsOn {
  const answers = new Map<string, boolean>();
  return (service, on) => {
    const key = `${service} ${on}`;
    const answer = answers.get(key) ?? resources.some((resource) => canBe(resource, service, on));
    answers.set(key, answer);
    return answer;
  };
}

function canBe(resource: string, service: string, on: string): boolean {
  const fields = arnFields(resource);
  // A lone `*`, and what is no ARN.
  if (fields === undefined) return true;
  const [, , of, region, account, last] = fields;
  if (of !== service) return false;
  return (
    (globsMeet(region, "?*") && globsMeet(account, "?*") && globsMeet(last, on)) ||
    meetsArnEnd(`${region}:${account}:${last}`, on)
  );
}

/** The first action of the statements that reaches persistence, with its place. */
export function firstPersistence(
  statements: readonly Statement[],
):
  | { readonly statement: number; readonly index: number; readonly action: string; readonly reaches: string }
  | undefined {
  for (const [statement, { actions, resources }] of statements.entries()) {
    const actsOn = actsOnOf(resources);
    for (const [index, action] of actions.entries()) {
      const reaches = persistenceOf(action, actsOn);
      if (reaches !== undefined) return { statement, index, action, reaches };
    }
  }
  return undefined;
}
