import type { LoadedPolicy } from "../access-repo/index.ts";
import { loadPolicy } from "../access-repo/index.ts";
import { CountersignError, RetryLater } from "../base/errors.ts";
import { repositoryId } from "../base/ids.ts";
import {
  type Facts,
  type InstallationFacts,
  ledgerBranch,
  ownerTeams,
  type Protection,
  type Reading,
  type Ruleset,
  type Rule,
  type TargetRepoFacts,
  type TeamFacts,
  targetRepositories,
  teamKey,
} from "../doctor/index.ts";
import { policyAt, Tips } from "./branch.ts";
import type { Caller } from "./client.ts";
import {
  actionsAnswer,
  branchAnswer,
  codeownersAnswer,
  protectionAnswer,
  repositoryAnswer,
  rulesAnswer,
  rulesetAnswer,
  rulesetNames,
  teamAnswer,
  teamRepoAnswer,
} from "./doctor-answers.ts";
import { attempt, unreadable } from "./doctor-attempt.ts";
import type { RepoRef } from "./types.ts";

/** What a person and the App see in different ways. */
export interface DoctorReader {
  readonly reader: Facts["reader"];
  readonly host: string;
  readonly webUrl: string;
  readonly app: Facts["app"];
  /** Our App's installation for the owner of the repository. */
  installation(repository: {
    fullName: string;
    owner: string;
    organization: boolean;
  }): Promise<Reading<InstallationFacts>>;
  /** A repository whose workflows the policy names. */
  target(fullName: string, installation: Reading<InstallationFacts>): Promise<TargetRepoFacts>;
}

/** Of teams and target repositories each: what a policy names must not decide how often GitHub is asked. */
const most = 20;
const admin = "a token of an admin of the repository (fine-grained: Administration: read)";

/**
 * Everything that doctor's checks look at. What cannot be read is so in its place.
 * @throws NotVisible where the repository itself is not; RetryLater where GitHub does not answer for it
 */
export async function readDoctorFacts(caller: Caller, fullName: string, by: DoctorReader): Promise<Facts> {
  const repo = await readRepository(caller, fullName);
  const ref: RepoRef = { id: repositoryId(repo.id), fullName: repo.full_name };
  const { login: owner } = repo.owner;
  const organization = repo.owner.type === "Organization";
  const [rules, ledgerRules] = [
    await rulesOf(caller, ref, repo.default_branch),
    await rulesOf(caller, ref, ledgerBranch),
  ];
  const policy = await readPolicy(caller, ref, repo.default_branch);
  const loaded = policy.kind === "read" && policy.value.ok ? policy.value.policy : null;
  const teams = loaded ? ownerTeams(loaded).filter((t) => t.org.toLowerCase() === owner.toLowerCase()) : [];
  const targets = loaded ? targetRepositories(loaded) : [];
  const installation = await by.installation({ fullName: ref.fullName, owner, organization });
  return {
    reader: by.reader,
    host: by.host,
    webUrl: by.webUrl,
    owner,
    name: ref.fullName.split("/")[1] ?? "",
    ownerId: repo.owner.id,
    organization,
    defaultBranch: repo.default_branch,
    visibility: repo.visibility ?? (repo.private ? "private" : "public"),
    archived: repo.archived,
    squash:
      repo.allow_squash_merge === undefined
        ? unreadable(
            "GitHub shows it only to those who may push.",
            "a token of somebody who may push to the repository",
          )
        : { kind: "read", value: repo.allow_squash_merge },
    app: by.app && {
      id: by.app.id,
      slug: by.app.slug ?? (installation.kind === "read" ? installation.value.slug : null),
    },
    rules,
    ledgerRules,
    rulesets: await rulesetsOf(caller, ref, [rules, ledgerRules]),
    // For commands, which the App has none of.
    rulesetNames: by.reader === "app" ? [] : await namesOf(caller, ref),
    protection: await protectionOf(caller, ref, repo.default_branch, by.reader),
    actions: by.reader === "app" ? notForApps : await actionsOf(caller, ref),
    policy,
    codeowners: await attempt("a token that reads the repository's contents", () =>
      caller.call(ref, "read", "codeowners errors", async (o, name) =>
        codeownersAnswer.parse((await o.rest.repos.codeownersErrors(name)).data),
      ),
    ),
    teams: await readTeams(caller, ref, teams.slice(0, most)),
    installation,
    targets: await inOrder(targets.slice(0, most), (name) => by.target(name, installation)),
    notLookedAt: Math.max(0, teams.length - most) + Math.max(0, targets.length - most),
  };
}

/**
 * Merge settings show only to whoever may write contents (GitHub: "Get a repository"), hence the scope; an App that lacks a permission
 * gets no such token, and shall be told what it lacks.
 */
async function readRepository(caller: Caller, fullName: string) {
  const get = (scope: "merge" | "target-read") =>
    caller.call({ fullName }, scope, "repository", async (o, name) =>
      repositoryAnswer.parse((await o.rest.repos.get(name)).data),
    );
  try {
    return await get("merge");
  } catch (error) {
    if (error instanceof CountersignError && error.code === "github_refused") return get("target-read");
    throw error;
  }
}

/** The App has no right to administer anything (app.yml), so GitHub need not be asked. */
const notForApps = unreadable(
  "The App has no permission to read it, and shall have none.",
  `\`countersign doctor\` with ${admin}`,
);

/** Classic branch protection: all of it for admins; that there is none, everybody sees. */
async function protectionOf(
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

const actionsOf = (caller: Caller, ref: RepoRef): Promise<Facts["actions"]> =>
  attempt(admin, () =>
    caller.call(ref, "read", "workflow permissions", async (o, name) =>
      actionsAnswer.parse((await o.rest.actions.getGithubActionsDefaultWorkflowPermissionsRepository(name)).data),
    ),
  );

async function readPolicy(caller: Caller, ref: RepoRef, branch: string): Promise<Reading<LoadedPolicy>> {
  return attempt("a token that reads the repository's contents", async () => {
    const tip = await new Tips(caller).read(ref, branch);
    if (tip === null) throw new RetryLater("github_no_branch", `${branch} has no commit yet.`);
    return loadPolicy(await policyAt(caller, ref, tip));
  });
}

const rulesOf = (caller: Caller, ref: RepoRef, branch: string): Promise<Reading<readonly Rule[]>> =>
  attempt("a token that reads the repository's metadata", () =>
    caller.call(ref, "read", "branch rules", async (o, name) =>
      rulesAnswer.parse(await o.paginate(o.rest.repos.getBranchRules, { ...name, branch, per_page: 100 })),
    ),
  );

async function rulesetsOf(
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
async function namesOf(caller: Caller, ref: RepoRef): Promise<readonly string[]> {
  const names = await attempt(admin, () =>
    caller.call(ref, "read", "rulesets", async (o, name) =>
      rulesetNames.parse(await o.paginate(o.rest.repos.getRepoRulesets, { ...name, per_page: 100 })),
    ),
  );
  return names.kind === "read" ? names.value : [];
}

async function readTeams(
  caller: Caller,
  ref: RepoRef,
  teams: readonly { readonly org: string; readonly slug: string }[],
): Promise<Facts["teams"]> {
  const read = async (team: { org: string; slug: string }): Promise<readonly [string, Reading<TeamFacts>]> => [
    teamKey(team),
    await attempt(
      "a token of a member of the organization (scope read:org); GitHub shows secret teams to their members alone",
      async () => {
        const { privacy } = await caller.call(ref, "read", "team", async (o) =>
          teamAnswer.parse((await o.rest.teams.getByName({ org: team.org, team_slug: team.slug })).data),
        );
        return { visible: privacy !== "secret", canWrite: await teamWrites(caller, ref, team) };
      },
    ),
  ];
  return new Map(await inOrder(teams, read));
}

/** 404 is GitHub's word for "no permission at all", once the team itself is seen. */
async function teamWrites(caller: Caller, ref: RepoRef, team: { org: string; slug: string }): Promise<boolean> {
  return caller.call(ref, "read", "team permission", async (o, name) => {
    try {
      const { data } = await o.rest.teams.checkPermissionsForRepoInOrg({
        ...name,
        org: team.org,
        team_slug: team.slug,
        headers: { accept: "application/vnd.github.v3.repository+json" },
      });
      return teamRepoAnswer.parse(data).permissions.push;
    } catch (error) {
      if (error instanceof Error && "status" in error && error.status === 404) return false;
      throw error;
    }
  });
}

/** One after the other: GitHub asks not to be asked in parallel. */
async function inOrder<A, B>(items: readonly A[], each: (item: A) => Promise<B>): Promise<readonly B[]> {
  const results: B[] = [];
  for (const item of items) results.push(await each(item));
  return results;
}
