import { permissions as permissionsSchema } from "../access-repo/kind-schema.ts";
import { finish, planCommon } from "./common.ts";
import { byCodeUnit, sortedMembers } from "./normal.ts";
import { githubNotLimited, githubRisks } from "./notes-github.ts";
import { type Failure, failure, type Rendered } from "./rendered.ts";
import type { GithubPlanData, PlanInput } from "./types.ts";

/** Version 1 of the github plan: a token of the second App, for repositories by id (DESIGN.md section 4, Least power over GitHub). */
export function renderGithub(input: PlanInput): Rendered {
  const { request } = input;
  const shared = planCommon(input, "github");
  if (!shared.ok) return shared;
  const { permissions = {}, repositories = [] } = request;
  // GitHub takes an absent or empty list for "all": every permission of the App, every repository of the installation.
  if (Object.keys(permissions).length === 0) {
    return failure("nothing_allowed", "The request has no permissions: name at least one.");
  }
  // The parser of the files refused these already. What is asked here is what GitHub will be asked, so it is looked at again (C51).
  if (!permissionsSchema.safeParse(permissions).success) {
    return failure(
      "permission_not_grantable",
      `Not all of these permissions can be granted: ${Object.entries(permissions)
        .map(([name, level]) => `${name}: ${level}`)
        .join(", ")}. See the schema of targets for those that can.`,
    );
  }
  const found = resolve(input, repositories);
  if (!found.ok) return found;
  if (found.names.size === 0) {
    return failure("nothing_allowed", "The request has no repositories: name at least one.");
  }
  const data: GithubPlanData = {
    ...shared.common,
    kind: "github",
    permissions: sortedMembers(permissions),
    repository_ids: [...found.names.keys()],
  };
  const { narrowed } = request;
  const notes = { risks: githubRisks(data, narrowed), notLimited: githubNotLimited() };
  return finish(data, { narrowed, ...notes, repositories: found.names });
}

/** Ids, ascending, with what GitHub calls them now. Two names of one repository, an old and a new one, are one id. */
function resolve(
  { repositories, access }: PlanInput,
  names: readonly string[],
): { readonly ok: true; readonly names: ReadonlyMap<number, string> } | Failure {
  const found = new Map<number, string>();
  for (const name of [...names].sort(byCodeUnit)) {
    const facts = repositories?.get(name.toLowerCase());
    if (facts === undefined) {
      return failure(
        "repository_unknown",
        `Repository ${name} is not there, or the App that github targets use is not installed on it: install it, or correct the name.`,
      );
    }
    if (facts.owner_id !== access.owner_id) {
      return failure(
        "repository_of_another_owner",
        `Repository ${name} is of another owner than the access repo: only repositories of the same owner can be granted.`,
      );
    }
    // With a token for it a job could write the ledger, the requests and the policy that decide about it (C51).
    if (facts.access_repo || facts.repository_id === access.repository_id) {
      return failure("access_repository", `Repository ${name} is an access repo: nothing is ever granted on it.`);
    }
    found.set(facts.repository_id, facts.repository);
  }
  return { ok: true, names: new Map([...found].sort(([a], [b]) => a - b)) };
}
