import { allowedBy, fieldInside, outsidePair, usualEffort } from "./subset.ts";
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
 * True where every workflow that `pattern` admits is one that `other` admits. A `*` of repository and file stops at `/`, and
 * neither holds one beyond those of the literal folder, so they are single fields.
 */
export const workflowPatternInside = (pattern: WorkflowPattern, other: WorkflowPattern): boolean =>
  reusablePatternInside(pattern, other) && fieldInside(pattern.ref, other.ref);

/** The same of reusable workflows. */
export const reusablePatternInside = (pattern: ReusablePattern, other: ReusablePattern): boolean =>
  pattern.owner.toLowerCase() === other.owner.toLowerCase() &&
  fieldInside(pattern.repository, other.repository) &&
  fieldInside(pattern.file, other.file);
