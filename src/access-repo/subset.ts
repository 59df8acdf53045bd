import { globTokens, runFits } from "./glob.ts";
import { arnFields, isAction, isResource } from "./statement-syntax.ts";
import type { Statement } from "./types.ts";

// Is everything that a request's pattern can mean inside what a role's pattern allows? (DESIGN.md section 3, Subset test)
// Each `*` of the request becomes a fresh symbol S and each `?` a Q; then the role's pattern is matched against that: its `*`
// takes anything, its `?` anything except S (S may be empty or long), a literal only itself.

const S = Symbol("any run of characters");
const Q = Symbol("any one character");
type Symbolic = string | typeof S | typeof Q;

/** One field: true where every text of `request` is a text of `allowed`. Sound always; complete where neither has `?`. */
export function fieldInside(request: string, allowed: string): boolean {
  const text = Array.from(request, (c): Symbolic => (c === "*" ? S : c === "?" ? Q : c));
  return runFits(
    globTokens(allowed, true),
    text,
    (token) => token === "any",
    (token, c) => (token === "one" ? c !== S : typeof token === "object" && token.literal === c),
  );
}

/** Actions are compared without case, as IAM does. False for anything that `isAction` refuses. */
export const actionInside = (request: string, allowed: string): boolean =>
  isAction(request) && isAction(allowed) && fieldInside(request.toLowerCase(), allowed.toLowerCase());

/** ARNs are compared field by field, with case. False for anything that `isResource` refuses. */
export function resourceInside(request: string, allowed: string): boolean {
  if (!isResource(request) || !isResource(allowed)) return false;
  if (allowed === "*") return true;
  if (request === "*") return false;
  const wanted = arnFields(request);
  const given = arnFields(allowed);
  return wanted !== undefined && given !== undefined && wanted.every((field, i) => fieldInside(field, given[i] ?? ""));
}

/** An action and resource pair of a request that no single statement of the role covers. */
export interface OutsidePair {
  readonly action: string;
  readonly actionIndex: number;
  readonly resource: string;
  readonly resourceIndex: number;
}

/**
 * The first pair that is not inside one role statement, or undefined where all are. Both halves have to come from the same
 * role statement: an action of one with a resource of another is what nobody allowed.
 */
export function outsidePair(request: Statement, allowed: readonly Statement[]): OutsidePair | undefined {
  // Each side once for each statement: pairs multiply, matches need not.
  const actions = allowed.map((role) => request.actions.map((a) => role.actions.some((b) => actionInside(a, b))));
  const resources = allowed.map((role) =>
    request.resources.map((a) => role.resources.some((b) => resourceInside(a, b))),
  );
  for (const [actionIndex, action] of request.actions.entries()) {
    for (const [resourceIndex, resource] of request.resources.entries()) {
      if (!allowed.some((_, s) => actions[s]?.[actionIndex] && resources[s]?.[resourceIndex])) {
        return { action, actionIndex, resource, resourceIndex };
      }
    }
  }
  return undefined;
}

/** True where every pair of the statement is inside one of the role's; `everything` takes all that is well formed. */
export function statementInside(request: Statement, allowed: readonly Statement[] | "everything"): boolean {
  if (request.actions.length === 0 || request.resources.length === 0) return false;
  if (!request.actions.every(isAction) || !request.resources.every(isResource)) return false;
  return allowed === "everything" || outsidePair(request, allowed) === undefined;
}
