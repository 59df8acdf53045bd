import type { Facts, Protection, Reading, Rule, Ruleset } from "../doctor/index.ts";
import type { Caller } from "./client.ts";
import {
  actionsAnswer,
  branchAnswer,
  protectionAnswer,
  rulesAnswer,
  rulesetAnswer,
  rulesetNames,
} from "./doctor-answers.ts";
import { attempt, inOrder, unreadable } from "./doctor-attempt.ts";
import type { RepoRef } from "./types.ts";

// Doctor's questions about rules and settings: what rulesets ask for, classic branch protection, what workflows may do.

const admin = "a token of an admin of the repository (fine-grained: Administration: read)";

/** The App has no right to administer anything (app.yml), so GitHub need not be asked. */
export const notForApps = unreadable(
  "The App has no permission to read it, and shall have none.",
  `\`countersign doctor\` with ${admin}`,
);

/** Classic branch protection: all of it for admins; that there is none, everybody sees. */
export async function protectionOf(
  caller: Caller,
  ref: RepoRef,
  branch: string,
  reader: Facts["reader"],
): Promise<Reading<Protection | null>> {
  const all: Reading<Protection | null> =
    reader === "app" ? notForApps : await protectionForAdmins(caller, ref, branch);
  if (all.kind === "read") return all;
  const seen = await attempt(admin, () =>
    caller.call(ref, "read", "branch", async (o, name) =>
      branchAnswer.parse((await o.rest.repos.getBranch({ ...name, branch })).data),
    ),
  );
  return seen.kind === "read" && !seen.value.protected && seen.value.protection?.enabled === false
    ? { kind: "read", value: null }
    : all;
}

const protectionForAdmins = (caller: Caller, ref: RepoRef, branch: string): Promise<Reading<Protection | null>> =>
  attempt(admin, () =>
    caller.call(ref, "read", "branch protection", async (o, name) => {
      try {
        return protectionAnswer.parse((await o.rest.repos.getBranchProtection({ ...name, branch })).data);
      } catch (error) {
        // GitHub's words, since the status alone is also what somebody gets who may not see it.
        if (error instanceof Error && error.message.startsWith("Branch not protected")) return null;
        throw error;
      }
    }),
  );

export const actionsOf = (caller: Caller, ref: RepoRef): Promise<Facts["actions"]> =>
  attempt(admin, () =>
    caller.call(ref, "read", "workflow permissions", async (o, name) =>
      actionsAnswer.parse((await o.rest.actions.getGithubActionsDefaultWorkflowPermissionsRepository(name)).data),
    ),
  );

export const rulesOf = (caller: Caller, ref: RepoRef, branch: string): Promise<Reading<readonly Rule[]>> =>
  attempt("a token that reads the repository's metadata", () =>
    caller.call(ref, "read", "branch rules", async (o, name) =>
      rulesAnswer.parse(await o.paginate(o.rest.repos.getBranchRules, { ...name, branch, per_page: 100 })),
    ),
  );

export async function rulesetsOf(
  caller: Caller,
  ref: RepoRef,
  lists: readonly Reading<readonly Rule[]>[],
): Promise<Facts["rulesets"]> {
  const ids = new Set(lists.flatMap((list) => (list.kind === "read" ? list.value.map((rule) => rule.ruleset) : [])));
  const read = async (id: number): Promise<readonly [number, Reading<Ruleset>]> => [
    id,
    await attempt(admin, () =>
      caller.call(ref, "read", "ruleset", async (o, name) =>
        // By the repository's address, which knows those of organization and enterprise as well.
        rulesetAnswer.parse(
          (await o.rest.repos.getRepoRuleset({ ...name, ruleset_id: id, includes_parents: true })).data,
        ),
      ),
    ),
  ];
  return new Map(await inOrder([...ids], read));
}

/** Without them a new ruleset may get a name that is taken: GitHub then says so. */
export async function namesOf(caller: Caller, ref: RepoRef): Promise<readonly string[]> {
  const names = await attempt(admin, () =>
    caller.call(ref, "read", "rulesets", async (o, name) =>
      rulesetNames.parse(await o.paginate(o.rest.repos.getRepoRulesets, { ...name, per_page: 100 })),
    ),
  );
  return names.kind === "read" ? names.value : [];
}
