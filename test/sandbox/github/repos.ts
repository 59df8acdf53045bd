import { commitObject } from "./commits.ts";
import { accountOf, authorize, lookupRepo } from "./permissions.ts";
import { shownRepo } from "./settings.ts";
import { fullName, installation as installationBody, iso, nodeId, repoApi, simpleUser } from "./render.ts";
import { int, onRepo, page, plain, type RepoContext, type Route } from "./router.ts";
import { type Account, ApiError, type Json, type Protection } from "./types.ts";

const METADATA = { app: [["metadata", "read"]], role: "read" } as const;
const CONTENTS = { app: [["contents", "read"]], role: "read" } as const;

const PERIODS: Readonly<Record<string, number>> = { day: 1, week: 7, month: 30, quarter: 90, year: 365 };

function activity(c: RepoContext) {
  const q = (k: string) => c.query.get(k);
  const ref = q("ref");
  const actor = q("actor");
  const type = q("activity_type");
  const days = PERIODS[q("time_period") ?? ""];
  const since = days === undefined ? 0 : c.s.world.now().getTime() - days * 86_400_000;
  const full = ref === null || ref.startsWith("refs/") ? ref : `refs/heads/${ref}`;
  let rows = c.repo.activity
    .filter((a) => full === null || a.ref === full)
    .filter((a) => actor === null || a.actor?.login === actor)
    .filter((a) => (type === null || a.type === type) && a.timestamp.getTime() >= since);
  if (q("direction") === "asc") rows = [...rows].reverse();
  // Pages by cursor, unlike most of the API: `after` and `before` name the last row seen.
  const after = q("after");
  const start = after === null ? 0 : rows.findIndex((a) => String(a.id) === after) + 1;
  const size = Math.min(Number(q("per_page") ?? 30) || 30, 100);
  const items = rows.slice(start, start + size);
  const headers: Record<string, string> = {};
  const last = items.at(-1);
  if (last && start + size < rows.length) {
    const next = new URLSearchParams(c.query);
    next.set("after", String(last.id));
    headers["Link"] = `<${c.address}?${next.toString()}>; rel="next"`;
  }
  return {
    status: 200,
    headers,
    body: items.map((a) => ({
      id: a.id,
      node_id: nodeId("PSH", a.id),
      before: a.before,
      after: a.after,
      ref: a.ref,
      timestamp: iso(a.timestamp),
      activity_type: a.type,
      actor: a.actor ? simpleUser(c.s.world, a.actor) : null,
    })),
  };
}

async function branches(c: RepoContext): Promise<[string, string][]> {
  const refs = await c.repo.git.refs("refs/heads/");
  return [...refs].map(([r, oid]) => [r.slice("refs/heads/".length), oid]);
}

function renderProtection(c: RepoContext, branch: string, p: Protection): Json {
  const url = `${repoApi(c.s.world, c.repo)}/branches/${branch}/protection`;
  return {
    url,
    ...(p.requiredChecks.length > 0
      ? {
          required_status_checks: {
            url: `${url}/required_status_checks`,
            strict: p.strict,
            contexts: p.requiredChecks.map((k) => k.context),
            contexts_url: `${url}/required_status_checks/contexts`,
            checks: p.requiredChecks.map((k) => ({ context: k.context, app_id: k.appId })),
          },
        }
      : {}),
    ...(p.requirePulls
      ? {
          required_pull_request_reviews: {
            url: `${url}/required_pull_request_reviews`,
            dismiss_stale_reviews: p.dismissStaleReviews,
            require_code_owner_reviews: false,
            required_approving_review_count: p.requiredApprovals,
            require_last_push_approval: p.requireLastPushApproval,
          },
        }
      : {}),
    enforce_admins: { url: `${url}/enforce_admins`, enabled: p.enforceAdmins },
    required_linear_history: { enabled: false },
    allow_force_pushes: { enabled: p.allowForcePushes },
    allow_deletions: { enabled: false },
  };
}

function protect(c: RepoContext) {
  const branch = c.params["branch"] ?? "";
  for (const k of ["required_status_checks", "enforce_admins", "required_pull_request_reviews", "restrictions"])
    if (c.body[k] === undefined) throw new ApiError(422, `Invalid request.\n\n"${k}" wasn't supplied.`);
  const checks = c.body["required_status_checks"] as {
    strict?: boolean;
    contexts?: string[];
    checks?: { context: string; app_id?: number }[];
  } | null;
  const reviews = c.body["required_pull_request_reviews"] as Json | null;
  const p: Protection = {
    requiredChecks: [
      ...(checks?.contexts ?? []).map((context) => ({ context, appId: null })),
      ...(checks?.checks ?? []).map((k) => ({
        context: k.context,
        appId: k.app_id === undefined || k.app_id === -1 ? null : k.app_id,
      })),
    ],
    strict: checks?.strict === true,
    requirePulls: reviews !== null,
    requiredApprovals: reviews ? Number(reviews["required_approving_review_count"] ?? 1) : 0,
    dismissStaleReviews: reviews?.["dismiss_stale_reviews"] === true,
    requireLastPushApproval: reviews?.["require_last_push_approval"] === true,
    enforceAdmins: c.body["enforce_admins"] === true,
    allowForcePushes: c.body["allow_force_pushes"] === true,
  };
  c.repo.protections.set(branch, p);
  return { status: 200, body: renderProtection(c, branch, p) };
}

function privateUser(c: { s: RepoContext["s"] }, a: Account): Json {
  return {
    ...simpleUser(c.s.world, a),
    name: a.login,
    company: null,
    blog: "",
    location: null,
    email: `${a.login}@acme.example`,
    hireable: null,
    bio: null,
    twitter_username: null,
    public_repos: 0,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: "2026-01-01T00:00:00Z",
    updated_at: "2026-01-01T00:00:00Z",
  };
}

const flag = (value: unknown, before: boolean): boolean => (typeof value === "boolean" ? value : before);

function protectionOf(c: RepoContext): { branch: string; p: Protection } {
  const branch = c.params["branch"] ?? "";
  const p = c.repo.protections.get(branch);
  if (!p) throw new ApiError(404, "Branch not protected");
  return { branch, p };
}

const ADMIN = { app: [["administration", "write"]], role: "admin", login: true } as const;
const at = "/repos/{owner}/{repo}";
export const repoRoutes: readonly Route[] = [
  plain("GET /user", (c) => {
    if (c.actor.kind === "installation") throw new ApiError(403, "Resource not accessible by integration");
    return { status: 200, body: privateUser(c, accountOf(c.actor)) };
  }),
  plain("GET /users/{username}", (c) => {
    const login = (c.params["username"] ?? "").toLowerCase();
    const w = c.s.world;
    const found =
      w.users.get(login) ?? [...w.apps.values()].find((a) => a.bot.login === login)?.bot ?? w.owners.get(login);
    if (!found) throw new ApiError(404, "Not Found");
    return { status: 200, body: { ...privateUser(c, found), email: null } };
  }),
  plain("GET /repositories/{repository_id}", (c) => {
    const id = int(c.params["repository_id"]);
    const repo = [...c.s.world.repositories.values()].find((r) => r.id === id);
    if (!repo) throw new ApiError(404, "Not Found");
    authorize(c.actor, repo, METADATA);
    return { status: 200, body: shownRepo(c.s.world, repo, c.actor) };
  }),
  onRepo(`GET ${at}`, METADATA, (c) => ({ status: 200, body: shownRepo(c.s.world, c.repo, c.actor) })),
  onRepo(`GET ${at}/activity`, CONTENTS, activity),
  onRepo(`GET ${at}/branches`, CONTENTS, async (c) => {
    const { items, headers } = page(c, await branches(c));
    const body = items.map(([name, sha]) => ({
      name,
      commit: { sha, url: `${repoApi(c.s.world, c.repo)}/commits/${sha}` },
      protected: c.repo.protections.has(name),
    }));
    return { status: 200, body, headers };
  }),
  onRepo(`GET ${at}/branches/{branch}`, CONTENTS, async (c) => {
    const name = c.params["branch"] ?? "";
    const commit = await c.repo.git.commit(`refs/heads/${name}`);
    if (!commit) throw new ApiError(404, "Branch not found");
    const self = `${repoApi(c.s.world, c.repo)}/branches/${name}`;
    const p = c.repo.protections.get(name);
    return {
      status: 200,
      body: {
        name,
        commit: commitObject(c.s.world, c.repo, commit),
        _links: { self, html: `${c.s.world.url}/${fullName(c.repo)}/tree/${name}` },
        protected: p !== undefined,
        protection: {
          enabled: p !== undefined,
          required_status_checks: {
            enforcement_level: p ? (p.enforceAdmins ? "everyone" : "non_admins") : "off",
            contexts: p?.requiredChecks.map((k) => k.context) ?? [],
            checks: p?.requiredChecks.map((k) => ({ context: k.context, app_id: k.appId })) ?? [],
          },
        },
        protection_url: `${self}/protection`,
      },
    };
  }),
  onRepo(`PUT ${at}/branches/{branch}/protection`, ADMIN, protect),
  onRepo(`GET ${at}/branches/{branch}/protection`, { ...ADMIN, app: [["administration", "read"]] }, (c) => {
    const p = c.repo.protections.get(c.params["branch"] ?? "");
    if (!p) throw new ApiError(404, "Branch not protected");
    return { status: 200, body: renderProtection(c, c.params["branch"] ?? "", p) };
  }),
  onRepo(`DELETE ${at}/branches/{branch}/protection`, ADMIN, (c) => {
    if (!c.repo.protections.delete(c.params["branch"] ?? "")) throw new ApiError(404, "Branch not protected");
    return { status: 204 };
  }),
  onRepo(`PATCH ${at}/branches/{branch}/protection/required_pull_request_reviews`, ADMIN, (c) => {
    const { branch, p } = protectionOf(c);
    const approvals = c.body["required_approving_review_count"];
    const after: Protection = {
      ...p,
      requirePulls: true,
      requiredApprovals: typeof approvals === "number" ? approvals : p.requiredApprovals,
      requireLastPushApproval: flag(c.body["require_last_push_approval"], p.requireLastPushApproval),
      dismissStaleReviews: flag(c.body["dismiss_stale_reviews"], p.dismissStaleReviews),
    };
    c.repo.protections.set(branch, after);
    return { status: 200, body: renderProtection(c, branch, after)["required_pull_request_reviews"] };
  }),
  onRepo(`PATCH ${at}/branches/{branch}/protection/required_status_checks`, ADMIN, (c) => {
    const { branch, p } = protectionOf(c);
    const checks = c.body["checks"] as { context: string; app_id?: number }[] | undefined;
    const after: Protection = {
      ...p,
      strict: flag(c.body["strict"], p.strict),
      requiredChecks: checks
        ? checks.map((k) => ({
            context: k.context,
            appId: k.app_id === undefined || k.app_id === -1 ? null : k.app_id,
          }))
        : p.requiredChecks,
    };
    c.repo.protections.set(branch, after);
    return { status: 200, body: renderProtection(c, branch, after)["required_status_checks"] };
  }),
  plain(`GET ${at}/installation`, (c) => {
    if (c.actor.kind !== "app") throw new ApiError(401, "A JSON web token could not be decoded");
    const repo = lookupRepo(c.s.world, c.params["owner"] ?? "", c.params["repo"] ?? "");
    const found = c.s.world.installationOf(c.actor.app, repo);
    if (!found) throw new ApiError(404, "Not Found");
    return { status: 200, body: installationBody(c.s.world, found) };
  }),
];
