import { accountOf, appOf } from "./permissions.ts";
import { association, closePull } from "./pull-state.ts";
import { mayEdit } from "./pulls.ts";
import { fullName, integration, iso, maybeIso, nodeId, repoApi, simpleUser } from "./render.ts";
import { int, onRepo, optionalText, page, type RepoContext, type Route, text } from "./router.ts";
import { ApiError, type Comment, type Issue, isPull, type Json } from "./types.ts";

function reactions(url: string): Json {
  const none = { "+1": 0, "-1": 0, laugh: 0, hooray: 0, confused: 0, heart: 0, rocket: 0, eyes: 0 };
  return { url: `${url}/reactions`, total_count: 0, ...none };
}

function render(c: RepoContext, i: Issue): Json {
  const { repo } = c;
  const w = c.s.world;
  const api = `${repoApi(w, repo)}/issues/${i.number}`;
  const html = `${w.url}/${fullName(repo)}/${isPull(i) ? "pull" : "issues"}/${i.number}`;
  return {
    url: api,
    repository_url: repoApi(w, repo),
    labels_url: `${api}/labels{/name}`,
    comments_url: `${api}/comments`,
    events_url: `${api}/events`,
    html_url: html,
    id: i.id,
    node_id: nodeId("I", i.id),
    number: i.number,
    title: i.title,
    user: simpleUser(w, i.user),
    labels: [],
    state: i.state,
    state_reason: i.state === "closed" ? (i.stateReason ?? "completed") : null,
    locked: false,
    assignee: null,
    assignees: [],
    milestone: null,
    comments: i.comments.length,
    created_at: iso(i.createdAt),
    updated_at: iso(i.updatedAt),
    closed_at: maybeIso(i.closedAt),
    author_association: association(repo, i.user),
    active_lock_reason: null,
    body: i.body,
    reactions: reactions(api),
    timeline_url: `${api}/timeline`,
    performed_via_github_app: i.viaApp ? integration(w, i.viaApp) : null,
    ...(isPull(i)
      ? {
          draft: i.draft,
          pull_request: {
            url: `${repoApi(w, repo)}/pulls/${i.number}`,
            html_url: html,
            diff_url: `${html}.diff`,
            patch_url: `${html}.patch`,
            merged_at: maybeIso(i.mergedAt),
          },
        }
      : {}),
  };
}

function renderComment(c: RepoContext, i: Issue, k: Comment): Json {
  const w = c.s.world;
  const api = `${repoApi(w, c.repo)}/issues/comments/${k.id}`;
  return {
    url: api,
    html_url: `${w.url}/${fullName(c.repo)}/${isPull(i) ? "pull" : "issues"}/${i.number}#issuecomment-${k.id}`,
    issue_url: `${repoApi(w, c.repo)}/issues/${i.number}`,
    id: k.id,
    node_id: nodeId("IC", k.id),
    user: simpleUser(w, k.user),
    created_at: iso(k.createdAt),
    updated_at: iso(k.updatedAt),
    author_association: association(c.repo, k.user),
    body: k.body,
    reactions: reactions(api),
    performed_via_github_app: k.viaApp ? integration(w, k.viaApp) : null,
  };
}

function find(c: RepoContext): Issue {
  const found = c.repo.issues.get(int(c.params["issue_number"]));
  if (!found) throw new ApiError(404, "Not Found");
  needs(c, found);
  return found;
}

/** `pull_requests: write` reaches comments of pull requests; those of plain issues need `issues`. */
function needs(c: RepoContext, i: Issue): void {
  if (c.actor.kind !== "installation" || isPull(i)) return;
  const have = c.actor.permissions["issues"];
  if (have === undefined) throw new ApiError(403, "Resource not accessible by integration");
}

function findComment(c: RepoContext): { issue: Issue; comment: Comment } {
  const id = int(c.params["comment_id"]);
  for (const issue of c.repo.issues.values()) {
    const comment = issue.comments.find((k) => k.id === id);
    if (comment) {
      needs(c, issue);
      return { issue, comment };
    }
  }
  throw new ApiError(404, "Not Found");
}

function emit(c: RepoContext, issue: Issue, comment: Comment, action: string, extra: Json = {}): void {
  c.s.hooks.emit("issue_comment", c.repo, accountOf(c.actor), {
    action,
    ...extra,
    issue: render(c, issue),
    comment: renderComment(c, issue, comment),
  });
}

/** Of pull requests GitHub tells by `pull_request` alone. */
function emitIssue(c: RepoContext, issue: Issue, action: "opened" | "closed" | "reopened"): void {
  c.s.hooks.emit("issues", c.repo, accountOf(c.actor), { action, issue: render(c, issue) });
}

function create(c: RepoContext) {
  const now = c.s.world.now();
  const issue: Issue = {
    id: c.s.world.id("issue"),
    number: c.repo.issues.size + 1,
    user: accountOf(c.actor),
    viaApp: appOf(c.actor),
    title: text(c.body, "title"),
    body: optionalText(c.body, "body") ?? null,
    state: "open",
    createdAt: now,
    updatedAt: now,
    closedAt: null,
    comments: [],
  };
  c.repo.issues.set(issue.number, issue);
  emitIssue(c, issue, "opened");
  return { status: 201, body: render(c, issue) };
}

function comment(c: RepoContext) {
  const issue = find(c);
  const now = c.s.world.now();
  const body = text(c.body, "body");
  if (body.length > 65_536)
    throw new ApiError(422, "Validation Failed", [
      {
        resource: "IssueComment",
        code: "unprocessable",
        field: "data",
        message: "Body is too long (maximum is 65536 characters)",
      },
    ]);
  const k: Comment = {
    id: c.s.world.id("comment"),
    user: accountOf(c.actor),
    viaApp: appOf(c.actor),
    body,
    createdAt: now,
    updatedAt: now,
    editedAt: null,
  };
  issue.comments.push(k);
  issue.updatedAt = now;
  emit(c, issue, k, "created");
  return { status: 201, body: renderComment(c, issue, k) };
}

async function update(c: RepoContext) {
  const issue = find(c);
  mayEdit(c, issue.user);
  const by = accountOf(c.actor);
  issue.title = optionalText(c.body, "title") ?? issue.title;
  issue.body = optionalText(c.body, "body") ?? issue.body;
  const state = optionalText(c.body, "state");
  if (state === "closed" && issue.state === "open") {
    if (isPull(issue)) await closePull(c.s, c.repo, issue, by);
    issue.state = "closed";
    issue.stateReason = optionalText(c.body, "state_reason") === "not_planned" ? "not_planned" : "completed";
    issue.closedAt = c.s.world.now();
    if (!isPull(issue)) emitIssue(c, issue, "closed");
  } else if (state === "open" && issue.state === "closed" && !isPull(issue)) {
    issue.state = "open";
    issue.closedAt = null;
    emitIssue(c, issue, "reopened");
  }
  issue.updatedAt = c.s.world.now();
  return { status: 200, body: render(c, issue) };
}

/**
 * REST reference, "List issue comments for a repository": by default ascending by id; `since` is about the last update; without
 * `sort` there is no direction. Comments of pull requests are among them.
 */
function listed(c: RepoContext) {
  const since = Date.parse(c.query.get("since") ?? "");
  const sort = c.query.get("sort");
  const all = [...c.repo.issues.values()]
    .filter((issue) => c.actor.kind !== "installation" || isPull(issue) || c.actor.permissions["issues"] !== undefined)
    .flatMap((issue) => issue.comments.map((comment) => ({ issue, comment })))
    .filter(({ comment }) => !Number.isFinite(since) || Math.floor(comment.updatedAt.getTime() / 1000) * 1000 >= since)
    .sort((a, b) => a.comment.id - b.comment.id);
  if (sort === "created" || sort === "updated") {
    const of = ({ comment }: (typeof all)[number]) =>
      (sort === "created" ? comment.createdAt : comment.updatedAt).getTime();
    const sign = c.query.get("direction") === "asc" ? 1 : -1; // "desc" where it is not said
    all.sort((a, b) => sign * (of(a) - of(b)));
  }
  const { items, headers } = page(c, all);
  return { status: 200, body: items.map(({ issue, comment: k }) => renderComment(c, issue, k)), headers };
}

const either = (level: "read" | "write") =>
  [
    ["issues", level],
    ["pull_requests", level],
  ] as const;
const READ = { app: either("read"), role: "read" } as const;
const WRITE = { app: either("write"), role: "read", login: true } as const;
const at = "/repos/{owner}/{repo}/issues";
export const issueRoutes: readonly Route[] = [
  onRepo(`POST ${at}`, { app: [["issues", "write"]], role: "read", login: true }, create),
  onRepo(`GET ${at}`, { app: [["issues", "read"]], role: "read" }, (c) => {
    const state = c.query.get("state") ?? "open";
    const found = [...c.repo.issues.values()].filter((i) => state === "all" || i.state === state).reverse();
    const creator = c.query.get("creator");
    const { items, headers } = page(
      c,
      found.filter((i) => creator === null || i.user.login === creator),
    );
    return { status: 200, body: items.map((i) => render(c, i)), headers };
  }),
  onRepo(`GET ${at}/{issue_number}`, READ, (c) => ({ status: 200, body: render(c, find(c)) })),
  onRepo(`PATCH ${at}/{issue_number}`, WRITE, update),
  onRepo(`GET ${at}/{issue_number}/comments`, READ, (c) => {
    const issue = find(c);
    const { items, headers } = page(c, issue.comments);
    return { status: 200, body: items.map((k) => renderComment(c, issue, k)), headers };
  }),
  onRepo(`POST ${at}/{issue_number}/comments`, WRITE, comment),
  onRepo(`GET ${at}/comments`, READ, listed),
  onRepo(`GET ${at}/comments/{comment_id}`, READ, (c) => {
    const { issue, comment: k } = findComment(c);
    return { status: 200, body: renderComment(c, issue, k) };
  }),
  onRepo(`DELETE ${at}/comments/{comment_id}`, WRITE, (c) => {
    const { issue, comment: k } = findComment(c);
    mayEdit(c, k.user);
    issue.comments.splice(issue.comments.indexOf(k), 1);
    emit(c, issue, k, "deleted");
    return { status: 204 };
  }),
  onRepo(`PATCH ${at}/comments/{comment_id}`, WRITE, (c) => {
    const { issue, comment: k } = findComment(c);
    mayEdit(c, k.user);
    const from = k.body;
    k.body = text(c.body, "body");
    k.updatedAt = k.editedAt = c.s.world.now();
    emit(c, issue, k, "edited", { changes: { body: { from } } });
    return { status: 200, body: renderComment(c, issue, k) };
  }),
];
