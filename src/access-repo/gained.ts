import { allowedBy, type Effort, fieldInside, outsidePair, usualEffort } from "./subset.ts";
import type { Statement } from "./types.ts";
import type { ReusablePattern, WorkflowPattern } from "./workflow-pattern.ts";

// What one policy allows that another does not, by the relation that requests are held against roles with (subset.ts). Where
// that cannot tell, it says gained: a reader of a policy is told too much rather than too little.

/** What `now` allows and `old` does not, gathered by resources. */
export interface Gained {
  readonly statements: readonly Statement[];
  /** False where the patterns are too many to compare: what is not in `statements` may be gained as well. */
  readonly complete: boolean;
}

/** Both are `allow` of a role. The effort is shared by all that a caller compares. */
export function gainedStatements(old: readonly Statement[], now: readonly Statement[], effort = usualEffort()): Gained {
  const roles = old.map(allowedBy);
  const known = new Set(old.map((statement) => JSON.stringify(statement))); // also where no effort is left
  const statements: Statement[] = [];
  for (const statement of now) {
    if (known.has(JSON.stringify(statement)) || outsidePair(statement, roles, effort) === undefined) continue;
    const actionsOf = new Map<string, { readonly resources: readonly string[]; readonly actions: string[] }>();
    for (const action of statement.actions) {
      const resources = statement.resources.filter(
        (resource) => outsidePair({ actions: [action], resources: [resource] }, roles, effort) !== undefined,
      );
      if (effort.left <= 0) return { statements, complete: false };
      if (resources.length === 0) continue;
      const key = JSON.stringify(resources);
      const group = actionsOf.get(key) ?? { resources, actions: [] };
      actionsOf.set(key, group);
      group.actions.push(action);
    }
    statements.push(...actionsOf.values());
  }
  return { statements, complete: true };
}

/**
 * Patterns of workflows in `now` of which not every workflow is one of `old`. A `*` of repository and file stops at `/`, and
 * neither holds one beyond that of the literal folder, so each is a single field.
 */
export const gainedWorkflows = (
  old: readonly WorkflowPattern[],
  now: readonly WorkflowPattern[],
  effort = usualEffort(),
): readonly WorkflowPattern[] =>
  gained(old, now, (one, other) => reusableInside(one, other, effort) && fieldInside(one.ref, other.ref, effort));

/** The same of reusable workflows. */
export const gainedReusable = (
  old: readonly ReusablePattern[],
  now: readonly ReusablePattern[],
  effort = usualEffort(),
): readonly ReusablePattern[] => gained(old, now, (one, other) => reusableInside(one, other, effort));

const reusableInside = (one: ReusablePattern, other: ReusablePattern, effort: Effort): boolean =>
  one.owner.toLowerCase() === other.owner.toLowerCase() &&
  fieldInside(one.repository, other.repository, effort) &&
  fieldInside(one.file, other.file, effort);

/** Equal ones first: they are not gained, also where no effort is left. */
function gained<P extends ReusablePattern>(
  old: readonly P[],
  now: readonly P[],
  inside: (one: P, other: P) => boolean,
): readonly P[] {
  const known = new Set(old.map(({ text }) => text));
  return now.filter((one) => !known.has(one.text) && !old.some((other) => inside(one, other)));
}
