import { type FileChange, ZERO } from "./git.ts";
import { roleOf } from "./permissions.ts";
import { fullName, iso, maybeIso, nodeId, repoApi, repository, simpleUser, team } from "./render.ts";
import type { Sim } from "./router.ts";
import { type Account, isPull, type Json, type Pull, type Repo } from "./types.ts";
import type { World } from "./world.ts";

/** The head moved: the one event that must never be missed, since approvals belong to a head. */
export async function synchronize(s: Sim, repo: Repo, pull: Pull, by: Account, after: string): Promise<void> {
  const before = pull.headSha;
  pull.headSha = after;
  pull.lastPusher = by;
  pull.updatedAt = s.world.now();
  pull.baseSha = (await repo.git.resolve(`refs/heads/${pull.baseRef}`)) ?? pull.baseSha;
  await pointPullRef(repo, pull);
  if (repo.protections.get(pull.baseRef)?.dismissStaleReviews)
    for (const r of pull.reviews) if (r.state === "APPROVED") r.state = "DISMISSED";
  await emitPull(s, repo, pull, by, "synchronize", { before, after });
}

export async function pointPullRef(repo: Repo, pull: Pull): Promise<void> {
  await repo.git.run(["update-ref", `refs/pull/${pull.number}/head`, pull.headSha]);
}

export async function closePull(s: Sim, repo: Repo, pull: Pull, by: Account): Promise<void> {
  pull.state = "closed";
  pull.closedAt = s.world.now();
  pull.timeline.push({ kind: "closed", by, at: pull.closedAt });
  pull.updatedAt = s.world.now();
  await emitPull(s, repo, pull, by, "closed");
}

export async function markMerged(s: Sim, repo: Repo, pull: Pull, by: Account, commit: string): Promise<void> {
  pull.merged = true;
  pull.mergedAt = s.world.now();
  pull.mergedBy = by;
  pull.mergeCommit = commit;
  await closePull(s, repo, pull, by);
}

/** Somebody pushed the head's commits to the base with git: GitHub calls the pull request merged. */
export async function mergedElsewhere(
  s: Sim,
  repo: Repo,
  pull: Pull,
  by: Account,
  before: string,
  after: string,
): Promise<void> {
  const args = ["--first-parent", "--ancestry-path", "--reverse", `${pull.headSha}..${after}`];
  const path = await repo.git.list(before === ZERO ? args : [...args, `^${before}`]);
  const contained = new Set(path);
  const direct = (await repo.git.list(["--first-parent", after])).includes(pull.headSha);
  await markMerged(s, repo, pull, by, direct ? pull.headSha : ([...contained][0] ?? pull.headSha));
}

export async function emitPull(
  s: Sim,
  repo: Repo,
  pull: Pull,
  by: Account,
  action: string,
  extra: Json = {},
): Promise<void> {
  s.hooks.emit("pull_request", repo, by, {
    action,
    number: pull.number,
    ...extra,
    pull_request: await pullFull(s.world, repo, pull),
  });
}

/** Files changed since the merge base, as the pull request's page shows them. */
export async function pullFiles(repo: Repo, pull: Pull): Promise<readonly FileChange[]> {
  const base = await pullBase(repo, pull);
  return repo.git.diff(base, pull.headSha);
}

async function pullBase(repo: Repo, pull: Pull): Promise<string> {
  const tip = pull.merged ? pull.baseSha : ((await repo.git.resolve(`refs/heads/${pull.baseRef}`)) ?? pull.baseSha);
  return (await repo.git.mergeBase(tip, pull.headSha)) ?? "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
}

export async function pullCommits(repo: Repo, pull: Pull): Promise<string[]> {
  const tip = pull.merged ? pull.baseSha : ((await repo.git.resolve(`refs/heads/${pull.baseRef}`)) ?? pull.baseSha);
  return repo.git.list(["--reverse", "--topo-order", "--max-count=250", `${tip}..${pull.headSha}`]);
}

export async function mergeable(repo: Repo, pull: Pull): Promise<boolean> {
  const tip = await repo.git.resolve(`refs/heads/${pull.baseRef}`);
  return tip !== null && (await repo.git.mergeTree(tip, pull.headSha)) !== null;
}

export function association(repo: Repo, a: Account): string {
  const login = a.login.toLowerCase();
  if (repo.owner.id === a.id) return "OWNER";
  if (repo.owner.members.has(login)) return "MEMBER";
  if (repo.collaborators.has(login)) return "COLLABORATOR";
  return roleOf(repo, a) === "none" || a.type === "Bot" ? "NONE" : "CONTRIBUTOR";
}

function side(w: World, repo: Repo, ref: string, sha: string): Json {
  return {
    label: `${repo.owner.login}:${ref}`,
    ref,
    sha,
    user: simpleUser(w, repo.owner),
    repo: repository(w, repo),
  };
}

/** `pull-request-simple`: what lists and reviewer requests answer. */
export function pullSimple(w: World, repo: Repo, p: Pull): Json {
  const api = `${repoApi(w, repo)}/pulls/${p.number}`;
  const issue = `${repoApi(w, repo)}/issues/${p.number}`;
  const html = `${w.url}/${fullName(repo)}/pull/${p.number}`;
  const statuses = `${repoApi(w, repo)}/statuses/${p.headSha}`;
  return {
    url: api,
    id: p.databaseId,
    node_id: nodeId("PR", p.databaseId),
    html_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    issue_url: issue,
    number: p.number,
    state: p.state,
    locked: false,
    title: p.title,
    user: simpleUser(w, p.user),
    body: p.body,
    created_at: iso(p.createdAt),
    updated_at: iso(p.updatedAt),
    closed_at: maybeIso(p.closedAt),
    merged_at: maybeIso(p.mergedAt),
    merge_commit_sha: p.mergeCommit,
    assignee: null,
    assignees: [],
    requested_reviewers: p.requestedReviewers.map((u) => simpleUser(w, u)),
    requested_teams: p.requestedTeams.map((t) => team(w, repo.owner, t)),
    labels: [],
    milestone: null,
    draft: p.draft,
    commits_url: `${api}/commits`,
    review_comments_url: `${api}/comments`,
    review_comment_url: `${repoApi(w, repo)}/pulls/comments{/number}`,
    comments_url: `${issue}/comments`,
    statuses_url: statuses,
    head: side(w, p.headRepo, p.headRef, p.headSha),
    base: side(w, repo, p.baseRef, p.baseSha),
    _links: {
      self: { href: api },
      html: { href: html },
      issue: { href: issue },
      comments: { href: `${issue}/comments` },
      review_comments: { href: `${api}/comments` },
      review_comment: { href: `${repoApi(w, repo)}/pulls/comments{/number}` },
      commits: { href: `${api}/commits` },
      statuses: { href: statuses },
    },
    author_association: association(repo, p.user),
    auto_merge: null,
    active_lock_reason: null,
  };
}

export async function pullFull(w: World, repo: Repo, p: Pull): Promise<Json> {
  const [files, commits, clean] = await Promise.all([
    pullFiles(repo, p),
    pullCommits(repo, p),
    p.state === "open" ? mergeable(repo, p) : null,
  ]);
  return {
    ...pullSimple(w, repo, p),
    merged: p.merged,
    mergeable: clean,
    rebaseable: clean,
    mergeable_state: clean === null ? "unknown" : !clean ? "dirty" : p.draft ? "draft" : "clean",
    merged_by: p.mergedBy ? simpleUser(w, p.mergedBy) : null,
    comments: p.comments.length,
    review_comments: 0,
    maintainer_can_modify: false,
    commits: commits.length,
    additions: files.reduce((n, f) => n + f.additions, 0),
    deletions: files.reduce((n, f) => n + f.deletions, 0),
    changed_files: files.length,
  };
}

/** The open pull requests at a commit, as check runs list them. */
export function pullsAt(w: World, repo: Repo, sha: string): Json[] {
  const small = (r: Repo) => ({ id: r.id, url: repoApi(w, r), name: r.name });
  return [...repo.issues.values()]
    .filter((i): i is Pull => isPull(i) && i.state === "open" && i.headSha === sha)
    .map((p) => ({
      id: p.databaseId,
      number: p.number,
      url: `${repoApi(w, repo)}/pulls/${p.number}`,
      head: { ref: p.headRef, sha: p.headSha, repo: small(p.headRepo) },
      base: { ref: p.baseRef, sha: p.baseSha, repo: small(repo) },
    }));
}
