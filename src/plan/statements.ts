import type { Statement } from "../access-repo/types.ts";
import { byCodeUnit, sorted } from "./normal.ts";

/**
 * Actions keep the spelling of the file, since people read `s3:DeleteBucket` in the plan and in CloudTrail; AWS ignores their
 * case, so of two spellings of one action the first in code-unit order stays.
 */
function sortedActions(actions: readonly string[]): readonly string[] {
  const first = new Map<string, string>();
  for (const action of sorted(actions)) if (!first.has(action.toLowerCase())) first.set(action.toLowerCase(), action);
  return [...first.values()].sort(byCodeUnit);
}

/** One form for what means the same: order and repetition in the file change neither the hash nor the policy that is sent. */
export function normalStatements(allow: readonly Statement[] | "everything"): readonly Statement[] {
  if (allow === "everything") return [{ actions: ["*"], resources: ["*"] }];
  const spelled = allow.map(({ actions, resources }) => {
    const statement = { actions: sortedActions(actions), resources: sorted(resources) };
    return [JSON.stringify([statement.actions, statement.resources]), statement] as const;
  });
  return [...new Map(spelled)].sort(([a], [b]) => byCodeUnit(a, b)).map(([, statement]) => statement);
}
