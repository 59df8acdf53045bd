import type { Statement } from "./types.ts";

/** What AWS takes as session policies of one session, in characters (AssumeRoleWithWebIdentity, Policy). */
export const maxSessionPolicy = 2048;

const without = (values: readonly string[]): readonly string[] => [...new Set(values)].sort();

/**
 * So many characters a session policy of these statements has at least. The plan counts exactly; this tells early that there
 * can be no plan, before every pattern is compared with every one of the role: twenty sets of a large target cost minutes.
 */
export function leastPolicySize(statements: readonly Statement[]): number {
  const different = new Set(
    statements.map(({ actions, resources }) =>
      JSON.stringify([without(actions.map((action) => action.toLowerCase())), without(resources)]),
    ),
  );
  // `{"Effect":"Allow",` and the rest of each statement are left out.
  return [...different].reduce((sum, { length }) => sum + length, 0);
}

/** The entry that costs most. */
export const longestEntry = (statements: readonly Statement[]): string =>
  statements
    .flatMap(({ actions, resources }) => [...actions, ...resources])
    .reduce((longest, entry) => (entry.length > longest.length ? entry : longest), "");
