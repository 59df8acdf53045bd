import type { Policy } from "../access-repo/index.ts";

/** Repositories that roles name without a wildcard, by default or in `workflows`, each once. */
export function targetRepositories({ targets }: Policy): readonly string[] {
  const names = [...targets.values()]
    .flatMap((target) => [...target.roles.values()])
    .flatMap((role) => [
      ...(role.defaults?.workflow?.repository === undefined ? [] : [role.defaults.workflow.repository]),
      ...(role.workflows ?? []).flatMap(({ owner, repository }) =>
        repository.includes("*") ? [] : [`${owner}/${repository}`],
      ),
    ]);
  return [...new Map(names.map((name) => [name.toLowerCase(), name])).values()];
}
