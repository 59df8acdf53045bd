import type { ActionCatalogue } from "./action-catalogue.ts";
import { actionPattern, actionsMatching, isWild } from "./action-pattern.ts";
import { finding, inOrder, nowhere, quote } from "./diagnostics.ts";
import { type Suggest, suggestActions } from "./suggest-actions.ts";
import type { Diagnostic, Locate, RequestFile, Statement, Target } from "./types.ts";
import { yamlText } from "./yaml-text.ts";

/** The prefixes that statements name, lower case: what has to be loaded to say something about them. A lone `*` names none. */
export function servicesOf(statements: Iterable<Pick<Statement, "actions">>): ReadonlySet<string> {
  const services = new Set<string>();
  for (const { actions } of statements) {
    for (const action of actions) {
      const pattern = actionPattern(action);
      if (pattern !== undefined) services.add(pattern.service);
    }
  }
  return services;
}

/** An action pattern as a file names it, and where in the file. */
export interface NamedAction {
  readonly action: string;
  readonly where: readonly (string | number)[];
  /** The target's set that holds it; `where` is then where the request names the set. */
  readonly set?: string;
}

const ofStatements = (statements: readonly Statement[], where: readonly (string | number)[]): NamedAction[] =>
  statements.flatMap(({ actions }, i) => ofList(actions, [...where, i, "actions"]));
const ofList = (actions: readonly string[], where: readonly (string | number)[]): NamedAction[] =>
  actions.map((action, i) => ({ action, where: [...where, i] }));

/** What a request names itself, and through the sets of its target. The role's own allow is the target file's matter. */
export function actionsOfRequest(file: RequestFile, target?: Target): readonly NamedAction[] {
  const fromSets = file.sets.flatMap((set, i) =>
    (target?.sets.get(set) ?? []).flatMap(({ actions }) =>
      actions.map((action): NamedAction => ({ action, where: ["sets", i], set })),
    ),
  );
  return [...ofStatements(file.allow ?? [], ["allow"]), ...fromSets];
}

/** What a target file names: its roles' allow and auto_approve, and its sets. */
export function actionsOfTarget(target: Target): readonly NamedAction[] {
  const roles = [...target.roles].flatMap(([name, role]) =>
    role.kind !== "aws"
      ? []
      : [
          ...(role.allow === "everything" ? [] : ofStatements(role.allow, ["roles", name, "allow"])),
          ...ofList(role.auto_approve?.actions ?? [], ["roles", name, "auto_approve", "actions"]),
        ],
  );
  return [...roles, ...[...target.sets].flatMap(([name, statements]) => ofStatements(statements, ["sets", name]))];
}

export interface CheckActionsInput {
  readonly named: readonly NamedAction[];
  /** Path of the file, for messages. */
  readonly file: string;
  /** `at` of the parsed file; without it, findings stand at the start. */
  readonly at?: Locate;
  /** With every service of `named` loaded (`servicesOf`). @throws RangeError otherwise */
  readonly catalogue: ActionCatalogue;
}

/** As many as `inOrder` keeps. A hostile file of thousands of slips pays for the first ones only. */
const mostFindings = 100;
/** Looking for near names is what costs most. */
const mostHints = 10;
/** Distinct patterns times names of the service: 240 for ec2, the largest; some hundredths of a second where they are made to be slow. */
const mostComparisons = 200_000;

/**
 * Every action that AWS does not have, by name or by a pattern that takes none, with what was probably meant (DESIGN.md
 * section 3). Apart from `checkRequest` and `parseTarget` on purpose: those judge live grants again at each exchange, and an
 * upgrade of the list must end no grant. So this is asked before a merge, and by the command line.
 */
export function checkActions({ named, file, at = nowhere, catalogue }: CheckActionsInput): readonly Diagnostic[] {
  const suggest = suggestActions(catalogue);
  const known = new Map<string, boolean>();
  const found: Diagnostic[] = [];
  let comparisons = 0;
  for (const use of named) {
    if (found.length === mostFindings) break;
    const pattern = actionPattern(use.action);
    // Never by the text's own lower case: the Kelvin sign becomes a k, and what is no action would pass as one.
    const key = pattern === undefined ? use.action : `${pattern.service}:${pattern.name}`;
    let exists = known.get(key);
    if (exists === undefined) {
      if (pattern && isWild(pattern.name)) comparisons += catalogue.actionsOf(pattern.service).size;
      if (comparisons > mostComparisons) {
        const more = { hint: "Write fewer patterns with wildcards." };
        found.push(finding("CS1012", file, at(use.where), "Too many patterns to compare with AWS's actions.", more));
        break;
      }
      exists = key === "*" || (pattern !== undefined && !actionsMatching(pattern, catalogue).next().done);
      known.set(key, exists);
    }
    if (!exists) found.push(unknown(use, file, at, catalogue, found.length < mostHints ? suggest : undefined));
  }
  return inOrder(found);
}

/**
 * Each slip told once: an action that does not exist (CS2028) is in no role either (CS2016), and to ask for less would not
 * mend it. For findings of `checkRequest` and `checkActions` together.
 */
export function eachSlipOnce(found: readonly Diagnostic[]): readonly Diagnostic[] {
  const place = (d: Diagnostic): string => `${d.file}:${d.line}:${d.column}`;
  const told = new Set(found.filter((d) => d.code === "CS2028").map(place));
  return found.filter((d) => d.code !== "CS2016" || !told.has(place(d)));
}

function unknown(
  { action, where, set }: NamedAction,
  file: string,
  at: Locate,
  { services }: ActionCatalogue,
  suggest: Suggest | undefined,
): Diagnostic {
  const pattern = actionPattern(action);
  const inSet = set === undefined ? "" : ` (set ${set})`;
  const span = at(where);
  const { hint, fix } = (pattern && suggest?.(pattern)) ?? {};
  // Only where the text stands as it is: not in a set of another file, not behind escapes or over several lines.
  const written = [action.length, action.length + 2]; // plain, or in quotes
  const mends = fix !== undefined && set === undefined && written.includes(span.length);
  return finding("CS2028", file, span, `${what()}${inSet}.`, { hint, fix: mends ? yamlText(fix) : undefined });

  function what(): string {
    if (pattern === undefined) return `${quote(action)} is not an action of AWS`;
    if (!services.has(pattern.service)) return `AWS has no service ${quote(pattern.service)}`;
    return isWild(action)
      ? `${quote(action)} takes no action of ${pattern.service}`
      : `${quote(action)} is not an action of ${pattern.service}`;
  }
}
