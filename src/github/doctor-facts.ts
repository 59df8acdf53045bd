import type { LoadedPolicy } from "../access-repo/index.ts";
import { loadPolicy } from "../access-repo/index.ts";
import { CountersignError, RetryLater } from "../base/errors.ts";
import { repositoryId } from "../base/ids.ts";
import {
  type Facts,
  type InstallationFacts,
  ledgerBranch,
  ownerTeams,
  type Reading,
  type TargetRepoFacts,
  targetRepositories,
} from "../doctor/index.ts";
import { policyAt, Tips } from "./branch.ts";
import type { Caller } from "./client.ts";
import { codeownersAnswer, repositoryAnswer } from "./doctor-answers.ts";
import { attempt, inOrder, unreadable } from "./doctor-attempt.ts";
import { actionsOf, namesOf, notForApps, protectionOf, rulesetsOf, rulesOf } from "./doctor-settings.ts";
import { readTeams } from "./doctor-teams.ts";
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
  }): Promise<Reading<InstallationFacts | null>>;
  /** A repository whose workflows the policy names. */
  target(fullName: string, installation: Reading<InstallationFacts | null>): Promise<TargetRepoFacts>;
}

/** Of teams and target repositories each: what a policy names must not decide how often GitHub is asked. */
const most = 20;

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
      slug: by.app.slug ?? (installation.kind === "read" ? (installation.value?.slug ?? null) : null),
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

async function readPolicy(caller: Caller, ref: RepoRef, branch: string): Promise<Reading<LoadedPolicy>> {
  return attempt("a token that reads the repository's contents", async () => {
    const tip = await new Tips(caller).read(ref, branch);
    if (tip === null) throw new RetryLater("github_no_branch", `${branch} has no commit yet.`);
    return loadPolicy(await policyAt(caller, ref, tip));
  });
}
