import { runFits } from "./glob.ts";
import { arnFields, isAction, isResource } from "./statement-syntax.ts";
import type { Statement } from "./types.ts";

// Is everything that a request's pattern can mean inside what a role's pattern allows? (DESIGN.md section 3, Subset test)
// Each `*` of the request becomes a fresh symbol S and each `?` a Q; then the role's pattern is matched against that: its `*`
// takes anything, its `?` anything except S (S may be empty or long), a literal only itself.
//
// Field by field, and yet right however far AWS lets a wildcard go ("If the * wildcard is the last character of a resource ARN
// segment, it can expand to match beyond the colon boundaries", IAM User Guide, JSON policy elements: Resource): where each
// field of the request is inside, the colons between stand in both, and an S that goes beyond its colon is taken by a `*` of
// the role that stands at the end of the same field, since nothing else takes an S there, and so goes as far.

/**
 * How many more steps a comparison may take: one for two patterns, one for two characters. Patterns that are made to be slow
 * cost their lengths multiplied, and every one of a request meets every one of a role. At nought nothing is inside any more.
 */
export interface Effort {
  left: number;
}
/** A hundred times what the largest role and request of people need; some hundredths of a second. */
export const usualEffort = (): Effort => ({ left: 1_000_000 });

/** A role's pattern, and the literals around its wildcards, by which most of what is not inside is told at once. */
interface Pattern {
  readonly text: string;
  readonly start: string;
  readonly end: string;
  readonly kind: "literal" | "one run" | "wild";
}

function pattern(text: string): Pattern {
  const first = text.search(/[*?]/);
  if (first < 0) return { text, start: text, end: "", kind: "literal" };
  const last = Math.max(text.lastIndexOf("*"), text.lastIndexOf("?"));
  const kind = first === last && text[first] === "*" ? "one run" : "wild";
  return { text, start: text.slice(0, first), end: text.slice(last + 1), kind };
}

function insidePattern(request: string, allowed: Pattern, effort: Effort): boolean {
  if (effort.left-- <= 0) return false;
  if (allowed.kind === "literal") return request === allowed.text;
  // A role's literal takes only itself, so what stands at its ends must stand there in the request, wildcards apart.
  if (request.length < allowed.start.length + allowed.end.length) return false;
  if (!request.startsWith(allowed.start) || !request.endsWith(allowed.end)) return false;
  if (allowed.kind === "one run") return true;
  return runFits(
    allowed.text,
    request,
    (token) => token === "*",
    (token, c) => {
      effort.left--;
      return token === "?" ? c !== "*" : token === c;
    },
  );
}

/** One field: true where every text of `request` is a text of `allowed`. Sound always; complete where neither has `?`. */
export const fieldInside = (request: string, allowed: string, effort = usualEffort()): boolean =>
  insidePattern(request, pattern(allowed), effort);

/** Actions are compared without case, as IAM does. False for anything that `isAction` refuses. */
export const actionInside = (request: string, allowed: string): boolean =>
  isAction(request) && isAction(allowed) && fieldInside(request.toLowerCase(), allowed.toLowerCase());

/** ARNs are compared field by field, with case. False for anything that `isResource` refuses. */
export const resourceInside = (request: string, allowed: string): boolean =>
  resourceAllowed(request, allowedBy({ actions: [], resources: [allowed] }), usualEffort());

/** A statement of a role, taken apart once for all that is compared with it. What is not well formed allows nothing. */
export interface Allowed {
  readonly everyAction: boolean;
  /** By service, which is literal on both sides: names without case. */
  readonly actions: ReadonlyMap<string, Patterns>;
  readonly everyResource: boolean;
  /** By the first three fields, which are literal on both sides: region, account and rest. */
  readonly resources: ReadonlyMap<string, readonly (readonly Pattern[])[]>;
}
interface Patterns {
  readonly literal: Set<string>;
  readonly wild: Pattern[];
}

export function allowedBy(statement: Statement): Allowed {
  const actions = new Map<string, Patterns>();
  for (const text of statement.actions) {
    if (!isAction(text) || text === "*") continue;
    const [service = "", name = ""] = text.toLowerCase().split(":");
    const names = actions.get(service) ?? { literal: new Set(), wild: [] };
    actions.set(service, names);
    const one = pattern(name);
    if (one.kind === "literal") names.literal.add(name);
    else names.wild.push(one);
  }
  const resources = new Map<string, (readonly Pattern[])[]>();
  for (const text of statement.resources) {
    const fields = isResource(text) ? arnFields(text) : undefined;
    if (fields === undefined) continue;
    const head = fields.slice(0, 3).join(":");
    const list = resources.get(head) ?? [];
    resources.set(head, list);
    list.push(fields.slice(3).map(pattern));
  }
  const { actions: names, resources: arns } = statement;
  return { everyAction: names.includes("*"), actions, everyResource: arns.includes("*"), resources };
}

function actionAllowed(action: string, allowed: Allowed, effort: Effort): boolean {
  if (!isAction(action)) return false;
  if (allowed.everyAction || action === "*") return allowed.everyAction;
  const [service = "", name = ""] = action.toLowerCase().split(":");
  const names = allowed.actions.get(service);
  if (names === undefined) return false;
  return names.literal.has(name) || names.wild.some((one) => insidePattern(name, one, effort));
}

function resourceAllowed(resource: string, allowed: Allowed, effort: Effort): boolean {
  if (!isResource(resource)) return false;
  if (allowed.everyResource || resource === "*") return allowed.everyResource;
  const fields = arnFields(resource) ?? [];
  const same = allowed.resources.get(fields.slice(0, 3).join(":")) ?? [];
  const rest = fields.slice(3);
  return same.some((given) => given.every((one, i) => insidePattern(rest[i] ?? "", one, effort)));
}

/** An action and resource pair of a request that no single statement of the role covers. */
export interface OutsidePair {
  readonly action: string;
  readonly actionIndex: number;
  readonly resource: string;
  readonly resourceIndex: number;
  /** Whether some statement of the role has the action, on other resources. */
  readonly actionAllowed: boolean;
}

/**
 * The first pair that is not inside one role statement, or undefined where all are. Both halves have to come from the same
 * role statement: an action of one with a resource of another is what nobody allowed. Where the effort is used up, the answer
 * may be a pair that is inside.
 */
export function outsidePair(
  request: Statement,
  roles: readonly Allowed[],
  effort = usualEffort(),
): OutsidePair | undefined {
  // Each side once for each statement: pairs multiply, matches need not.
  const actions = request.actions.map((action) => roles.map((role) => actionAllowed(action, role, effort)));
  const resources = request.resources.map((resource) => roles.map((role) => resourceAllowed(resource, role, effort)));
  for (const [actionIndex, action] of request.actions.entries()) {
    const byAction = actions[actionIndex] ?? [];
    for (const [resourceIndex, resource] of request.resources.entries()) {
      effort.left -= roles.length;
      const byResource = resources[resourceIndex] ?? [];
      if (effort.left < 0 || !byAction.some((fits, s) => fits && byResource[s] === true)) {
        return { action, actionIndex, resource, resourceIndex, actionAllowed: byAction.includes(true) };
      }
    }
  }
  return undefined;
}

/** True where every pair of the statement is inside one of the role's; `everything` takes all that is well formed. */
export function statementInside(request: Statement, allowed: readonly Statement[] | "everything"): boolean {
  if (request.actions.length === 0 || request.resources.length === 0) return false;
  if (!request.actions.every(isAction) || !request.resources.every(isResource)) return false;
  return allowed === "everything" || outsidePair(request, allowed.map(allowedBy)) === undefined;
}
