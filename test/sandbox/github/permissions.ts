import {
  type Account,
  type Actor,
  ApiError,
  type Level,
  type Member,
  type Owner,
  type Permission,
  type Repo,
  type Team,
} from "./types.ts";
import { ROLE_ORDER, type World } from "./world.ts";

const LEVELS: readonly Level[] = ["read", "write", "admin"];

export function covers(have: Level | undefined, need: Level): boolean {
  return have !== undefined && LEVELS.indexOf(have) >= LEVELS.indexOf(need);
}

/** Membership in a team includes that of its child teams, as the memberships endpoint documents. */
export function membership(owner: Owner, team: Team, login: string): Member | undefined {
  const name = login.toLowerCase();
  const direct = team.members.get(name);
  if (direct) return direct;
  for (const child of owner.teams.values()) {
    if (child.parent !== team.slug) continue;
    const found = membership(owner, child, login);
    if (found) return found;
  }
  return undefined;
}

/** The most that a person may do in a repository, from every source GitHub adds up. */
export function roleOf(repo: Repo, account: Account): Permission | "none" {
  const login = account.login.toLowerCase();
  const found: (Permission | "none")[] = [repo.isPrivate || account.type === "Bot" ? "none" : "read"];
  const { owner } = repo;
  if (owner.type === "User" && owner.id === account.id) found.push("admin");
  if (owner.owners.has(login)) found.push("admin");
  if (owner.members.has(login)) found.push(owner.basePermission);
  const direct = repo.collaborators.get(login);
  if (direct) found.push(direct);
  for (const [slug, permission] of repo.teams) {
    const team = owner.teams.get(slug);
    if (team && membership(owner, team, login)?.state === "active") found.push(permission);
  }
  return found.reduce((a, b) => (ROLE_ORDER.indexOf(b) > ROLE_ORDER.indexOf(a) ? b : a));
}

export function atLeast(have: Permission | "none", need: Permission): boolean {
  return ROLE_ORDER.indexOf(have) >= ROLE_ORDER.indexOf(need);
}

export interface Needs {
  /** What an installation token must hold: any one of these. `metadata` is always held. */
  readonly app: readonly (readonly [string, Level])[];
  /** What a person must be in the repository; `read` admits anyone to a public one. */
  readonly role: Permission;
  /** Writing needs a person even in a public repository. */
  readonly login?: boolean;
}

/** May this caller do that here? Throws GitHub's refusal. 404 hides what the caller may not even see. */
export function authorize(actor: Actor, repo: Repo, needs: Needs): void {
  const notFound = new ApiError(404, "Not Found");
  switch (actor.kind) {
    case "anonymous":
      if (repo.isPrivate) throw notFound;
      if (needs.role !== "read" || needs.login) throw new ApiError(401, "Requires authentication");
      return;
    case "app":
      throw new ApiError(403, "Resource not accessible by integration"); // a JWT is for /app, not for repositories
    case "installation": {
      const { installation, repositories, permissions } = actor;
      if (!installation.repositories.has(repo.id) || (repositories && !repositories.has(repo.id))) throw notFound;
      if (needs.app.length === 0) throw new ApiError(403, "Resource not accessible by integration");
      if (!needs.app.some(([name, level]) => covers(permissions[name], level)))
        throw new ApiError(403, "Resource not accessible by integration");
      return;
    }
    case "user": {
      const role = roleOf(repo, actor.user);
      if (!atLeast(role, "read")) throw notFound;
      if (!atLeast(role, needs.role))
        throw new ApiError(
          403,
          needs.role === "admin" ? "Must have admin rights to Repository." : "Must have push access to repository",
        );
      return;
    }
  }
}

/** The account that an action is attributed to. */
export function accountOf(actor: Actor): Account {
  switch (actor.kind) {
    case "user":
      return actor.user;
    case "installation":
      return actor.installation.app.bot;
    case "app":
      return actor.app.bot;
    case "anonymous":
    default:
      throw new ApiError(401, "Requires authentication");
  }
}

export function appOf(actor: Actor) {
  return actor.kind === "installation" ? actor.installation.app : null;
}

export function lookupRepo(world: World, owner: string, name: string): Repo {
  const repo = world.repositories.get(`${owner}/${name}`.toLowerCase());
  if (!repo) throw new ApiError(404, "Not Found");
  return repo;
}
