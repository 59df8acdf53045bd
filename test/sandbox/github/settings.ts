import { atLeast, membership, roleOf } from "./permissions.ts";
import { fullRepo } from "./render.ts";
import { onRepo, type RepoContext, type Route } from "./router.ts";
import { type Actor, ApiError, type Json, type Repo, type Team } from "./types.ts";
import type { World } from "./world.ts";

// Settings of a repository: merges, visibility, Actions, CODEOWNERS as GitHub checks it.

const CONTENTS = { app: [["contents", "read"]], role: "read" } as const;
const ADMIN = { app: [["administration", "write"]], role: "admin", login: true } as const;
const ADMIN_READ = { app: [["administration", "read"]], role: "admin", login: true } as const;

/** "To view merge-related settings, you must have the `contents:read` and `contents:write` permissions." (Get a repository) */
export function shownRepo(world: World, repo: Repo, actor: Actor): Json {
  const may =
    actor.kind === "installation"
      ? actor.permissions["contents"] === "write"
      : actor.kind === "user" && atLeast(roleOf(repo, actor.user), "write");
  const merges = {
    allow_squash_merge: repo.allowSquash,
    allow_merge_commit: true,
    allow_rebase_merge: false,
    allow_auto_merge: false,
    delete_branch_on_merge: false,
  };
  return { ...fullRepo(world, repo), ...(may ? merges : {}) };
}

function change(c: RepoContext) {
  const { body, repo } = c;
  if (typeof body["allow_squash_merge"] === "boolean") repo.allowSquash = body["allow_squash_merge"];
  if (body["visibility"] === "private" || body["private"] === true) repo.isPrivate = true;
  if (body["visibility"] === "public" || body["private"] === false) repo.isPrivate = false;
  return { status: 200, body: shownRepo(c.s.world, repo, c.actor) };
}

/** The errors that GitHub finds in the file in force; of patterns the one that its page names first, `!`. */
async function codeownersErrors(c: RepoContext) {
  const { repo } = c;
  for (const path of [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"]) {
    const entry = await repo.git.entry("HEAD", path);
    if (!entry) continue;
    const lines = (await repo.git.object(entry.oid))?.content.toString("utf8").split("\n") ?? [];
    return { status: 200, body: { errors: lines.flatMap((source, i) => lineErrors(c, path, source, i + 1)) } };
  }
  throw new ApiError(404, "Not Found");
}

function lineErrors(c: RepoContext, path: string, source: string, line: number): readonly Json[] {
  const [pattern = "", ...owners] = source
    .replace(/(^|\s)#.*$/, "")
    .split(/\s+/)
    .filter((w) => w !== "");
  const error = (kind: string, word: string, why: string) => ({
    line,
    column: source.indexOf(word) + 1,
    kind,
    source,
    suggestion: null,
    message: `${kind} on line ${line}: ${why}\n\n  ${source}`,
    path,
  });
  if (pattern.startsWith("!")) return [error("Invalid pattern", pattern, "negated patterns are not supported")];
  return owners
    .filter((owner) => !owns(c, owner))
    .map((owner) => error("Unknown owner", owner, `make sure ${owner} exists and has write access to the repository`));
}

function owns({ s, repo }: RepoContext, owner: string): boolean {
  if (!owner.startsWith("@")) return true;
  const [login = "", slug] = owner.slice(1).split("/");
  if (slug === undefined) {
    const user = s.world.users.get(login.toLowerCase());
    return user !== undefined && atLeast(roleOf(repo, user), "write");
  }
  const team = repo.owner.login.toLowerCase() === login.toLowerCase() ? repo.owner.teams.get(slug) : undefined;
  return team !== undefined && !team.secret && atLeast(repo.teams.get(slug) ?? "none", "write");
}

/** May this caller see a team? A secret one shows to its members, to owners, and to Apps that read members. */
export function seesTeam(actor: Actor, repo: { owner: Repo["owner"] }, team: Team): boolean {
  if (!team.secret || actor.kind === "installation") return true;
  if (actor.kind !== "user") return false;
  const login = actor.user.login.toLowerCase();
  return repo.owner.owners.has(login) || membership(repo.owner, team, login)?.state === "active";
}

const at = "/repos/{owner}/{repo}";
export const settingsRoutes: readonly Route[] = [
  onRepo(`PATCH ${at}`, ADMIN, change),
  onRepo(`GET ${at}/codeowners/errors`, CONTENTS, codeownersErrors),
  onRepo(`GET ${at}/actions/permissions/workflow`, ADMIN_READ, ({ repo }) => ({
    status: 200,
    body: {
      default_workflow_permissions: repo.actions.write ? "write" : "read",
      can_approve_pull_request_reviews: repo.actions.approve,
    },
  })),
  onRepo(`PUT ${at}/actions/permissions/workflow`, ADMIN, ({ repo, body }) => {
    const permission = body["default_workflow_permissions"];
    const approve = body["can_approve_pull_request_reviews"];
    if (permission !== undefined) repo.actions.write = permission === "write";
    if (typeof approve === "boolean") repo.actions.approve = approve;
    return { status: 204 };
  }),
  onRepo(
    `GET ${at}/actions/oidc/customization/sub`,
    { app: [["actions", "read"]], role: "read", login: true },
    (c) => ({
      status: 200,
      body:
        c.repo.subject === null ? { use_default: true } : { use_default: false, include_claim_keys: c.repo.subject },
    }),
  ),
];
