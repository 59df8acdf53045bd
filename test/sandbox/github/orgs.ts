import { accountOf, covers, lookupRepo, membership, roleOf } from "./permissions.ts";
import { seesTeam } from "./settings.ts";
import {
  fullRepo,
  installation as renderInstallation,
  nodeId,
  organization,
  simpleUser,
  team as renderTeam,
} from "./render.ts";
import { type Context, onRepo, optionalText, page, plain, type RepoContext, type Route, type Sim } from "./router.ts";
import { type Account, ApiError, type Owner, type Permission, type Repo, type Team } from "./types.ts";
import { collaborates } from "./pulls.ts";

function org(c: Context): Owner {
  const found = c.s.world.owners.get((c.params["org"] ?? "").toLowerCase());
  if (!found || found.type !== "Organization") throw new ApiError(404, "Not Found");
  return found;
}

/** Reading teams: the App's `members: read` where it is installed, or any member of the organization. */
function mayReadTeams(c: Context, o: Owner): void {
  const { actor } = c;
  if (actor.kind === "installation") {
    if (actor.installation.owner !== o) throw new ApiError(404, "Not Found");
    if (!covers(actor.permissions["members"], "read"))
      throw new ApiError(403, "Resource not accessible by integration");
    return;
  }
  if (actor.kind === "user" && o.members.has(actor.user.login.toLowerCase())) return;
  throw actor.kind === "anonymous" ? new ApiError(401, "Requires authentication") : new ApiError(404, "Not Found");
}

function mustOwn(c: Context, o: Owner): void {
  if (c.actor.kind !== "user" || !o.owners.has(c.actor.user.login.toLowerCase()))
    throw new ApiError(403, "Must be an organization owner.");
}

function team(c: Context, o: Owner): Team {
  const found = o.teams.get(c.params["team_slug"] ?? "");
  if (!found) throw new ApiError(404, "Not Found");
  return found;
}

function renderMembership(c: Context, o: Owner, t: Team, login: string) {
  const found = membership(o, t, login);
  if (!found) throw new ApiError(404, "Not Found");
  return {
    url: `${c.s.world.apiUrl}/organizations/${o.id}/team/${t.id}/memberships/${login}`,
    role: o.owners.has(login.toLowerCase()) ? "maintainer" : found.role,
    state: found.state,
  };
}

/** Tells the Apps of the organization; the world helpers and the API both come through here. */
export function setTeamMember(
  s: Sim,
  o: Owner,
  t: Team,
  login: string,
  state: "active" | "pending",
  by: Account,
): void {
  const user = s.world.user(login);
  const before = t.members.get(user.login.toLowerCase());
  t.members.set(user.login.toLowerCase(), { state, role: "member" });
  if (state === "active") o.members.add(user.login.toLowerCase());
  if (state === "active" && before?.state !== "active") emitMembership(s, o, t, user, by, "added");
}

export function removeTeamMember(s: Sim, o: Owner, t: Team, login: string, by: Account): void {
  const user = s.world.user(login);
  if (t.members.delete(user.login.toLowerCase())) emitMembership(s, o, t, user, by, "removed");
}

function emitMembership(s: Sim, o: Owner, t: Team, member: Account, by: Account, action: string): void {
  const w = s.world;
  for (const i of w.installations) {
    if (i.owner !== o || i.suspendedAt) continue;
    s.hooks.emitTo(i.app, "membership", null, i, by, {
      action,
      scope: "team",
      member: simpleUser(w, member),
      team: renderTeam(w, o, t),
      organization: organization(w, o),
    });
  }
}

const LEGACY: Readonly<Record<Permission | "none", string>> = {
  none: "none",
  read: "read",
  triage: "read",
  write: "write",
  maintain: "write",
  admin: "admin",
};

function flags(role: Permission | "none") {
  const order = ["none", "read", "triage", "write", "maintain", "admin"];
  const has = (p: string) => order.indexOf(role) >= order.indexOf(p);
  return {
    pull: has("read"),
    triage: has("triage"),
    push: has("write"),
    maintain: has("maintain"),
    admin: has("admin"),
  };
}

function permission(c: RepoContext) {
  const login = c.params["username"] ?? "";
  const w = c.s.world;
  const account: Account | undefined =
    w.users.get(login.toLowerCase()) ?? [...w.apps.values()].find((a) => a.bot.login === login)?.bot;
  if (!account) throw new ApiError(404, "Not Found");
  const role = roleOf(c.repo, account);
  return {
    status: 200,
    body: {
      permission: LEGACY[role],
      role_name: role,
      user: { ...simpleUser(w, account), permissions: flags(role), role_name: role },
    },
  };
}

export function setCollaborator(s: Sim, repo: Repo, login: string, role: Permission | null, by: Account): void {
  const user = s.world.user(login);
  const key = user.login.toLowerCase();
  const had = repo.collaborators.has(key);
  if (role === null) repo.collaborators.delete(key);
  else repo.collaborators.set(key, role);
  const action = role === null ? "removed" : had ? null : "added";
  if (action && (had || role !== null)) s.hooks.emit("member", repo, by, { action, member: simpleUser(s.world, user) });
}

const NAMES: Readonly<Record<string, Permission>> = {
  pull: "read",
  triage: "triage",
  push: "write",
  maintain: "maintain",
  admin: "admin",
};
const teamRepo = "/orgs/{org}/teams/{team_slug}/repos/{owner}/{repo}";
const members = "/orgs/{org}/teams/{team_slug}/memberships/{username}";
const ADMIN = { app: [["administration", "write"]], role: "admin", login: true } as const;
const METADATA = { app: [["metadata", "read"]], role: "read", login: true } as const;

export const orgRoutes: readonly Route[] = [
  plain(`GET ${members}`, (c) => {
    const o = org(c);
    mayReadTeams(c, o);
    return { status: 200, body: renderMembership(c, o, team(c, o), c.params["username"] ?? "") };
  }),
  plain(`PUT ${members}`, (c) => {
    const o = org(c);
    mustOwn(c, o);
    const login = c.params["username"] ?? "";
    if (!c.s.world.users.has(login.toLowerCase())) throw new ApiError(404, "Not Found");
    // Somebody outside the organization is invited first: pending until they accept.
    const state = o.members.has(login.toLowerCase()) ? "active" : "pending";
    setTeamMember(c.s, o, team(c, o), login, state, accountOf(c.actor));
    return { status: 200, body: renderMembership(c, o, team(c, o), login) };
  }),
  plain(`DELETE ${members}`, (c) => {
    const o = org(c);
    mustOwn(c, o);
    const login = c.params["username"] ?? "";
    if (!c.s.world.users.has(login.toLowerCase())) throw new ApiError(404, "Not Found");
    removeTeamMember(c.s, o, team(c, o), login, accountOf(c.actor));
    return { status: 204 };
  }),
  plain("GET /orgs/{org}/teams/{team_slug}/members", (c) => {
    const o = org(c);
    mayReadTeams(c, o);
    const t = team(c, o);
    const all = [...c.s.world.users.values()].filter((u) => membership(o, t, u.login)?.state === "active");
    const { items, headers } = page(c, all);
    return { status: 200, body: items.map((u) => simpleUser(c.s.world, u)), headers };
  }),
  plain("GET /orgs/{org}/teams/{team_slug}", (c) => {
    const o = org(c);
    mayReadTeams(c, o);
    const t = team(c, o);
    if (!seesTeam(c.actor, { owner: o }, t)) throw new ApiError(404, "Not Found");
    return { status: 200, body: fullTeam(c, o, t) };
  }),
  plain("PATCH /orgs/{org}/teams/{team_slug}", (c) => {
    const o = org(c);
    mustOwn(c, o);
    const t = team(c, o);
    if (c.body["privacy"] === "closed" || c.body["privacy"] === "secret") t.secret = c.body["privacy"] === "secret";
    return { status: 200, body: fullTeam(c, o, t) };
  }),
  plain(`GET ${teamRepo}`, (c) => {
    const o = org(c);
    mayReadTeams(c, o);
    const t = team(c, o);
    const repo = lookupRepo(c.s.world, c.params["owner"] ?? "", c.params["repo"] ?? "");
    const role = repo.teams.get(t.slug);
    if (repo.owner !== o || role === undefined || !seesTeam(c.actor, repo, t)) throw new ApiError(404, "Not Found");
    // Always in the form of the media type `application/vnd.github.v3.repository+json`: nobody here asks for the other, 204.
    return { status: 200, body: { ...fullRepo(c.s.world, repo), permissions: flags(role), role_name: role } };
  }),
  plain(`PUT ${teamRepo}`, (c) => {
    const o = org(c);
    mustOwn(c, o);
    const repo = lookupRepo(c.s.world, c.params["owner"] ?? "", c.params["repo"] ?? "");
    const role = NAMES[optionalText(c.body, "permission") ?? "push"];
    if (!role) throw new ApiError(422, "Validation Failed");
    repo.teams.set(team(c, o).slug, role);
    return { status: 204 };
  }),
  plain("GET /orgs/{org}/installations", (c) => {
    const o = org(c);
    mustOwn(c, o);
    const all = c.s.world.installations.filter((i) => i.owner === o);
    const { items, headers } = page(c, all);
    const installations = items.map((i) => renderInstallation(c.s.world, i));
    return { status: 200, body: { total_count: all.length, installations }, headers };
  }),
  onRepo("GET /repos/{owner}/{repo}/teams", { app: [["administration", "read"]], role: "read", login: true }, (c) => {
    const found = [...c.repo.teams].flatMap(([slug, role]) => {
      const t = c.repo.owner.teams.get(slug);
      return t ? [{ t, role }] : [];
    });
    const { items, headers } = page(c, found);
    const short = (p: Permission) => Object.entries(NAMES).find(([, v]) => v === p)?.[0];
    return {
      status: 200,
      headers,
      body: items.map(({ t, role }) => ({
        ...renderTeam(c.s.world, c.repo.owner, t),
        permission: short(role),
        permissions: flags(role),
      })),
    };
  }),
  onRepo("GET /repos/{owner}/{repo}/collaborators/{username}/permission", METADATA, permission),
  onRepo("GET /repos/{owner}/{repo}/collaborators", { ...METADATA, role: "write" }, (c) => {
    const all = [...c.s.world.users.values()].filter((u) => collaborates(c.repo, u));
    const { items, headers } = page(c, all);
    return {
      status: 200,
      headers,
      body: items.map((u) => {
        const role = roleOf(c.repo, u);
        return { ...simpleUser(c.s.world, u), permissions: flags(role), role_name: role };
      }),
    };
  }),
  onRepo("PUT /repos/{owner}/{repo}/collaborators/{username}", ADMIN, (c) => {
    const login = c.params["username"] ?? "";
    if (!c.s.world.users.has(login.toLowerCase())) throw new ApiError(404, "Not Found");
    const role = NAMES[optionalText(c.body, "permission") ?? "push"];
    if (!role) throw new ApiError(422, "Validation Failed");
    // No invitation here: the person is in at once, as organization members are on GitHub.
    setCollaborator(c.s, c.repo, login, role, accountOf(c.actor));
    return { status: 204 };
  }),
  onRepo("DELETE /repos/{owner}/{repo}/collaborators/{username}", ADMIN, (c) => {
    setCollaborator(c.s, c.repo, c.params["username"] ?? "", null, accountOf(c.actor));
    return { status: 204 };
  }),
];

function fullTeam(c: Context, o: Owner, t: Team) {
  const created = "2026-01-01T00:00:00Z";
  return {
    ...renderTeam(c.s.world, o, t),
    members_count: t.members.size,
    repos_count: 0,
    created_at: created,
    updated_at: created,
    organization: {
      ...organization(c.s.world, o),
      html_url: `${c.s.world.url}/${o.login}`,
      has_organization_projects: false,
      has_repository_projects: false,
      public_repos: 0,
      public_gists: 0,
      followers: 0,
      following: 0,
      type: "Organization",
      created_at: created,
      updated_at: created,
      archived_at: null,
      node_id: nodeId("O", o.id),
    },
  };
}
