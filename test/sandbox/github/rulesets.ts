import { accountOf, atLeast, roleOf } from "./permissions.ts";
import { fullName, iso, nodeId, repoApi } from "./render.ts";
import { int, onRepo, page, type RepoContext, type Route, text } from "./router.ts";
import { type Actor, ApiError, type Json, type Owner, type Repo, type Ruleset } from "./types.ts";
import type { World } from "./world.ts";

// Rulesets of repositories and organizations (docs.github.com/rest/repos/rules). All rules that apply add up; whoever may bypass one
// ruleset is held to the others.

const METADATA = { app: [["metadata", "read"]], role: "read" } as const;
const ADMIN = { app: [["administration", "write"]], role: "admin", login: true } as const;

const rulesetsOf = (repo: Repo): readonly Ruleset[] => [...repo.rulesets, ...repo.owner.rulesets];

/** GitHub documents fnmatch with pathname: `*` stops at a slash, `**` does not. */
function refMatches(pattern: string, ref: string, repo: Repo): boolean {
  if (pattern === "~ALL") return true;
  if (pattern === "~DEFAULT_BRANCH") return ref === `refs/heads/${repo.defaultBranch}`;
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("**", "\u0000")
    .replaceAll("*", "[^/]*")
    .replaceAll("\u0000", ".*");
  return new RegExp(`^${source}$`).test(ref);
}

/** Rulesets in force on a ref; `evaluate` and `disabled` are not. */
function rulesetsOn(repo: Repo, ref: string): readonly Ruleset[] {
  return rulesetsOf(repo).filter(
    (r) =>
      r.enforcement === "active" &&
      r.include.some((p) => refMatches(p, ref, repo)) &&
      !r.exclude.some((p) => refMatches(p, ref, repo)),
  );
}

/** As `current_user_can_bypass` names it. */
function bypassOf(r: Ruleset, repo: Repo, actor: Actor): "always" | "pull_requests_only" | "never" | "exempt" {
  const fits = (a: Json): boolean => {
    switch (a["actor_type"]) {
      case "Integration":
        return actor.kind === "installation" && actor.installation.app.id === a["actor_id"];
      case "OrganizationAdmin":
        return actor.kind === "user" && repo.owner.owners.has(actor.user.login.toLowerCase());
      case "RepositoryRole":
        return actor.kind === "user" && a["actor_id"] === 5 && roleOf(repo, actor.user) === "admin";
      case "User":
        return actor.kind === "user" && actor.user.id === a["actor_id"];
      default:
        return false;
    }
  };
  const modes = r.bypassActors.filter(fits).map((a) => a["bypass_mode"] ?? "always");
  if (modes.includes("exempt")) return "exempt";
  if (modes.includes("always")) return "always";
  return modes.includes("pull_request") ? "pull_requests_only" : "never";
}

/** Rules of one ref that hold for this caller, where it pushes or merges. */
export function rulesFor(repo: Repo, actor: Actor, ref: string, merging: boolean): readonly Json[] {
  return rulesetsOn(repo, ref).flatMap((r) => {
    const mode = bypassOf(r, repo, actor);
    return mode === "always" || mode === "exempt" || (merging && mode === "pull_requests_only") ? [] : r.rules;
  });
}

/** Only those who may change a ruleset are shown who may bypass it. */
function mayWrite(r: Ruleset, repo: Repo, actor: Actor): boolean {
  if (actor.kind === "installation") return r.org === null && actor.permissions["administration"] === "write";
  if (actor.kind !== "user") return false;
  return r.org ? r.org.owners.has(actor.user.login.toLowerCase()) : atLeast(roleOf(repo, actor.user), "admin");
}

function render(c: RepoContext, r: Ruleset, whole: boolean): Json {
  const { world } = c.s;
  const api = r.org ? `${world.apiUrl}/orgs/${r.org.login}` : repoApi(world, c.repo);
  return {
    id: r.id,
    name: r.name,
    target: "branch",
    source_type: r.org ? "Organization" : "Repository",
    source: r.org ? r.org.login : fullName(c.repo),
    enforcement: r.enforcement,
    node_id: nodeId("RRS", r.id),
    _links: { self: { href: `${api}/rulesets/${r.id}` } },
    created_at: iso(r.createdAt),
    updated_at: iso(r.updatedAt),
    ...(whole
      ? {
          conditions: { ref_name: { include: r.include, exclude: r.exclude } },
          rules: r.rules,
          current_user_can_bypass: bypassOf(r, c.repo, c.actor),
          ...(mayWrite(r, c.repo, c.actor) ? { bypass_actors: r.bypassActors } : {}),
        }
      : {}),
  };
}

function find(c: RepoContext, own: boolean): Ruleset {
  const id = int(c.params["ruleset_id"]);
  const parents = !own && c.query.get("includes_parents") !== "false";
  const found = (parents ? rulesetsOf(c.repo) : c.repo.rulesets).find((r) => r.id === id);
  if (!found) throw new ApiError(404, "Not Found");
  return found;
}

const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as Json[]) : []);

/** A new or changed ruleset from a request's body; what is not sent stays. */
export function written(body: Json, base: Omit<Ruleset, "name">, name: string, now: Date): Ruleset {
  const refs = (body["conditions"] as { ref_name?: { include?: string[]; exclude?: string[] } } | undefined)?.ref_name;
  const enforcement = body["enforcement"] ?? base.enforcement;
  if (enforcement !== "active" && enforcement !== "disabled" && enforcement !== "evaluate")
    throw new ApiError(422, "Invalid request.\n\nInvalid property /enforcement");
  return {
    ...base,
    name,
    enforcement,
    include: refs?.include ?? base.include,
    exclude: refs?.exclude ?? base.exclude,
    rules: body["rules"] === undefined ? base.rules : list(body["rules"]),
    bypassActors: body["bypass_actors"] === undefined ? base.bypassActors : list(body["bypass_actors"]),
    updatedAt: now,
  };
}

export const emptyRuleset = (world: World, org: Owner | null): Omit<Ruleset, "name"> => ({
  id: world.id("ruleset"),
  org,
  enforcement: "active",
  include: [],
  exclude: [],
  rules: [],
  bypassActors: [],
  createdAt: world.now(),
  updatedAt: world.now(),
});

const refuseName = (): never => {
  throw new ApiError(422, "Validation Failed: Name must be unique");
};

const at = "/repos/{owner}/{repo}";
export const rulesetRoutes: readonly Route[] = [
  onRepo(`GET ${at}/rules/branches/{branch}`, METADATA, (c) => {
    const rules = rulesetsOn(c.repo, `refs/heads/${c.params["branch"] ?? ""}`).flatMap((r) =>
      r.rules.map((rule) => ({
        ...rule,
        ruleset_source_type: r.org ? "Organization" : "Repository",
        ruleset_source: r.org ? r.org.login : fullName(c.repo),
        ruleset_id: r.id,
      })),
    );
    const { items, headers } = page(c, rules);
    return { status: 200, body: items, headers };
  }),
  onRepo(`GET ${at}/rulesets`, METADATA, (c) => {
    const all = c.query.get("includes_parents") === "false" ? c.repo.rulesets : rulesetsOf(c.repo);
    const { items, headers } = page(c, all);
    return { status: 200, body: items.map((r) => render(c, r, false)), headers };
  }),
  onRepo(`POST ${at}/rulesets`, ADMIN, (c) => {
    const name = text(c.body, "name");
    if (c.repo.rulesets.some((r) => r.name === name)) refuseName();
    const made = written(c.body, emptyRuleset(c.s.world, null), name, c.s.world.now());
    accountOf(c.actor);
    c.repo.rulesets.push(made);
    return { status: 201, body: render(c, made, true) };
  }),
  onRepo(`GET ${at}/rulesets/{ruleset_id}`, METADATA, (c) => ({ status: 200, body: render(c, find(c, false), true) })),
  onRepo(`PUT ${at}/rulesets/{ruleset_id}`, ADMIN, (c) => {
    const before = find(c, true);
    const name = typeof c.body["name"] === "string" ? c.body["name"] : before.name;
    if (c.repo.rulesets.some((r) => r !== before && r.name === name)) refuseName();
    const after = written(c.body, before, name, c.s.world.now());
    c.repo.rulesets.splice(c.repo.rulesets.indexOf(before), 1, after);
    return { status: 200, body: render(c, after, true) };
  }),
];
