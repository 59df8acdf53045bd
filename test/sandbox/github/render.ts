import { createHash } from "node:crypto";
import type { Account, App, AppPermissions, Installation, Json, Owner, Repo, Team } from "./types.ts";
import type { World } from "./world.ts";

export const iso = (d: Date): string => `${d.toISOString().slice(0, 19)}Z`;
export const maybeIso = (d: Date | null): string | null => (d === null ? null : iso(d));
export const nodeId = (kind: string, id: number | string): string =>
  `${kind}_${createHash("sha256").update(`${kind}${id}`).digest("base64url").slice(0, 14)}`;

export function simpleUser(w: World, a: Account): Json & { login: string; id: number } {
  const url = `${w.apiUrl}/users/${encodeURIComponent(a.login)}`;
  const page = a.type === "Bot" ? `${w.url}/apps/${a.login.replace("[bot]", "")}` : `${w.url}/${a.login}`;
  return {
    login: a.login,
    id: a.id,
    node_id: nodeId(a.type === "Bot" ? "BOT" : a.type === "Organization" ? "O" : "U", a.id),
    avatar_url: `${w.url}/avatars/u/${a.id}`,
    gravatar_id: "",
    url,
    html_url: page,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: a.type,
    user_view_type: "public",
    site_admin: false,
  };
}

export const fullName = (r: Repo): string => `${r.owner.login}/${r.name}`;
export const repoApi = (w: World, r: Repo): string => `${w.apiUrl}/repos/${fullName(r)}`;

export function minimalRepo(w: World, r: Repo): Json {
  const api = repoApi(w, r);
  return {
    id: r.id,
    node_id: nodeId("R", r.id),
    name: r.name,
    full_name: fullName(r),
    private: r.isPrivate,
    owner: simpleUser(w, r.owner),
    html_url: `${w.url}/${fullName(r)}`,
    description: null,
    fork: false,
    url: api,
    forks_url: `${api}/forks`,
    keys_url: `${api}/keys{/key_id}`,
    collaborators_url: `${api}/collaborators{/collaborator}`,
    teams_url: `${api}/teams`,
    hooks_url: `${api}/hooks`,
    issue_events_url: `${api}/issues/events{/number}`,
    events_url: `${api}/events`,
    assignees_url: `${api}/assignees{/user}`,
    branches_url: `${api}/branches{/branch}`,
    tags_url: `${api}/tags`,
    blobs_url: `${api}/git/blobs{/sha}`,
    git_tags_url: `${api}/git/tags{/sha}`,
    git_refs_url: `${api}/git/refs{/sha}`,
    trees_url: `${api}/git/trees{/sha}`,
    statuses_url: `${api}/statuses/{sha}`,
    languages_url: `${api}/languages`,
    stargazers_url: `${api}/stargazers`,
    contributors_url: `${api}/contributors`,
    subscribers_url: `${api}/subscribers`,
    subscription_url: `${api}/subscription`,
    commits_url: `${api}/commits{/sha}`,
    git_commits_url: `${api}/git/commits{/sha}`,
    comments_url: `${api}/comments{/number}`,
    issue_comment_url: `${api}/issues/comments{/number}`,
    contents_url: `${api}/contents/{+path}`,
    compare_url: `${api}/compare/{base}...{head}`,
    merges_url: `${api}/merges`,
    archive_url: `${api}/{archive_format}{/ref}`,
    downloads_url: `${api}/downloads`,
    issues_url: `${api}/issues{/number}`,
    pulls_url: `${api}/pulls{/number}`,
    milestones_url: `${api}/milestones{/number}`,
    notifications_url: `${api}/notifications{?since,all,participating}`,
    labels_url: `${api}/labels{/name}`,
    releases_url: `${api}/releases{/id}`,
    deployments_url: `${api}/deployments`,
  };
}

export function repository(w: World, r: Repo): Json {
  const open = [...r.issues.values()].filter((i) => i.state === "open").length;
  const host = new URL(w.url).host;
  return {
    ...minimalRepo(w, r),
    created_at: iso(r.createdAt),
    updated_at: iso(r.pushedAt),
    pushed_at: iso(r.pushedAt),
    git_url: `git://${host}/${fullName(r)}.git`,
    ssh_url: `git@${host}:${fullName(r)}.git`,
    clone_url: `${w.url}/${fullName(r)}.git`,
    svn_url: `${w.url}/${fullName(r)}`,
    homepage: null,
    size: 0,
    stargazers_count: 0,
    watchers_count: 0,
    language: null,
    has_issues: true,
    has_projects: true,
    has_downloads: true,
    has_wiki: false,
    has_pages: false,
    has_discussions: false,
    forks_count: 0,
    mirror_url: null,
    archived: false,
    disabled: false,
    open_issues_count: open,
    license: null,
    allow_forking: true,
    is_template: false,
    web_commit_signoff_required: false,
    topics: [],
    visibility: r.isPrivate ? "private" : "public",
    forks: 0,
    open_issues: open,
    watchers: 0,
    default_branch: r.defaultBranch,
  };
}

export function fullRepo(w: World, r: Repo): Json {
  return { ...repository(w, r), network_count: 0, subscribers_count: 0 };
}

export function organization(w: World, o: Owner): Json {
  const url = `${w.apiUrl}/orgs/${o.login}`;
  return {
    login: o.login,
    id: o.id,
    node_id: nodeId("O", o.id),
    url,
    repos_url: `${url}/repos`,
    events_url: `${url}/events`,
    hooks_url: `${url}/hooks`,
    issues_url: `${url}/issues`,
    members_url: `${url}/members{/member}`,
    public_members_url: `${url}/public_members{/member}`,
    avatar_url: `${w.url}/avatars/u/${o.id}`,
    description: null,
  };
}

export function team(w: World, o: Owner, t: Team): Json {
  const url = `${w.apiUrl}/organizations/${o.id}/team/${t.id}`;
  return {
    name: t.slug,
    id: t.id,
    node_id: nodeId("T", t.id),
    slug: t.slug,
    description: null,
    privacy: t.secret ? "secret" : "closed",
    notification_setting: "notifications_enabled",
    url,
    html_url: `${w.url}/orgs/${o.login}/teams/${t.slug}`,
    members_url: `${url}/members{/member}`,
    repositories_url: `${url}/repos`,
    permission: "pull",
    type: "organization",
    organization_id: o.id,
    parent: null,
  };
}

export function integration(w: World, a: App): Json {
  return {
    id: a.id,
    slug: a.slug,
    client_id: `Iv23li${String(a.id).padStart(14, "0")}`,
    node_id: nodeId("A", a.id),
    owner: simpleUser(w, a.owner),
    name: a.slug,
    description: "",
    external_url: "https://countersign.example",
    html_url: `${w.url}/apps/${a.slug}`,
    created_at: iso(a.createdAt),
    updated_at: iso(a.createdAt),
    permissions: a.permissions,
    events: a.events,
  };
}

export function installation(w: World, i: Installation, permissions: AppPermissions = i.app.permissions): Json {
  return {
    id: i.id,
    client_id: `Iv23li${String(i.app.id).padStart(14, "0")}`,
    account: simpleUser(w, i.owner),
    repository_selection: i.selection,
    access_tokens_url: `${w.apiUrl}/app/installations/${i.id}/access_tokens`,
    repositories_url: `${w.apiUrl}/installation/repositories`,
    html_url: `${w.url}/organizations/${i.owner.login}/settings/installations/${i.id}`,
    app_id: i.app.id,
    app_slug: i.app.slug,
    target_id: i.owner.id,
    target_type: i.owner.type,
    permissions,
    events: i.app.events,
    created_at: iso(i.createdAt),
    updated_at: iso(i.createdAt),
    single_file_name: null,
    has_multiple_single_files: false,
    single_file_paths: [],
    suspended_by: i.suspendedAt ? simpleUser(w, i.owner) : null,
    suspended_at: maybeIso(i.suspendedAt),
  };
}
