import { type Commit, type FileChange, ZERO } from "./git.ts";
import { fullName, iso, nodeId, repoApi, simpleUser } from "./render.ts";
import { onRepo, page, type RepoContext, type Route } from "./router.ts";
import { ApiError, type Json, type Repo } from "./types.ts";
import type { World } from "./world.ts";

const EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
const read = { app: [["contents", "read"]], role: "read" } as const;

export function verification(repo: Repo, c: Commit): Json {
  const signed = repo.signed.has(c.oid);
  return {
    verified: signed,
    reason: signed ? "valid" : "unsigned",
    signature: signed ? "-----BEGIN PGP SIGNATURE-----\nsandbox\n-----END PGP SIGNATURE-----" : null,
    payload: signed ? `tree ${c.tree}\n` : null,
    verified_at: signed ? iso(c.committer.date) : null,
  };
}

const person = (p: Commit["author"]) => ({ name: p.name, email: p.email, date: iso(p.date) });

export function commitObject(w: World, repo: Repo, c: Commit): Json {
  const api = repoApi(w, repo);
  const html = `${w.url}/${fullName(repo)}/commit`;
  const author = w.accountByEmail(c.author.email);
  const committer = w.accountByEmail(c.committer.email);
  return {
    sha: c.oid,
    node_id: nodeId("C", c.oid),
    commit: {
      author: person(c.author),
      committer: person(c.committer),
      message: c.message,
      tree: { sha: c.tree, url: `${api}/git/trees/${c.tree}` },
      url: `${api}/git/commits/${c.oid}`,
      comment_count: 0,
      verification: verification(repo, c),
    },
    url: `${api}/commits/${c.oid}`,
    html_url: `${html}/${c.oid}`,
    comments_url: `${api}/commits/${c.oid}/comments`,
    author: author ? simpleUser(w, author) : null,
    committer: committer ? simpleUser(w, committer) : null,
    parents: c.parents.map((p) => ({ sha: p, url: `${api}/commits/${p}`, html_url: `${html}/${p}` })),
  };
}

export function fileEntry(w: World, repo: Repo, f: FileChange, at: string): Json {
  const web = `${w.url}/${fullName(repo)}`;
  const file = f.path.split("/").map(encodeURIComponent).join("/");
  return {
    sha: f.oid === ZERO ? null : f.oid,
    filename: f.path,
    status: f.status,
    additions: f.additions,
    deletions: f.deletions,
    changes: f.additions + f.deletions,
    blob_url: `${web}/blob/${at}/${file}`,
    raw_url: `${web}/raw/${at}/${file}`,
    contents_url: `${repoApi(w, repo)}/contents/${file}?ref=${at}`,
    ...(f.patch === undefined ? {} : { patch: f.patch }),
    ...(f.previousPath === null ? {} : { previous_filename: f.previousPath }),
  };
}

/** A branch, a tag or a SHA, in the order in which GitHub tries them. */
export async function resolveRef(repo: Repo, ref: string): Promise<string | null> {
  const names = [`refs/heads/${ref}`, `refs/tags/${ref}`, /^[0-9a-f]{4,40}$/.test(ref) ? ref : `refs/${ref}`, ref];
  for (const n of names) {
    if (n === ref && !/^([0-9a-f]{4,40}|HEAD|refs\/.+)$/.test(ref)) continue;
    const c = await repo.git.commit(n);
    if (c) return c.oid;
  }
  return null;
}

export async function mustResolve(repo: Repo, ref: string): Promise<string> {
  const oid = await resolveRef(repo, ref);
  if (!oid) throw new ApiError(422, `No commit found for SHA: ${ref}`);
  return oid;
}

async function one(c: RepoContext) {
  const commit = await c.repo.git.mustCommit(await mustResolve(c.repo, c.params["ref"] ?? ""));
  const files = await c.repo.git.diff(commit.parents[0] ?? EMPTY_TREE, commit.oid);
  const { items, headers } = page({ ...c, query: withSize(c.query, 100) }, files.slice(0, 3000));
  const additions = files.reduce((n, f) => n + f.additions, 0);
  const deletions = files.reduce((n, f) => n + f.deletions, 0);
  return {
    status: 200,
    headers,
    body: {
      ...commitObject(c.s.world, c.repo, commit),
      stats: { additions, deletions, total: additions + deletions },
      files: items.map((f) => fileEntry(c.s.world, c.repo, f, commit.oid)),
    },
  };
}

function withSize(q: URLSearchParams, size: number): URLSearchParams {
  const copy = new URLSearchParams(q);
  if (!copy.has("per_page")) copy.set("per_page", String(size));
  return copy;
}

async function list(c: RepoContext) {
  const from = c.query.get("sha") ?? c.repo.defaultBranch;
  const tip = await resolveRef(c.repo, from);
  if (!tip) throw new ApiError(404, "Not Found");
  const args = [tip];
  const since = c.query.get("since");
  const until = c.query.get("until");
  if (since) args.unshift(`--since=${since}`);
  if (until) args.unshift(`--until=${until}`);
  const path = c.query.get("path");
  const ids = await c.repo.git.list(path ? [...args, "--", path] : args);
  const { items, headers } = page(c, ids);
  const body = await Promise.all(
    items.map(async (id) => commitObject(c.s.world, c.repo, await c.repo.git.mustCommit(id))),
  );
  return { status: 200, body, headers };
}

async function compare(c: RepoContext) {
  const { repo, s } = c;
  const basehead = c.params["basehead"] ?? "";
  const at = basehead.indexOf("...");
  if (at < 0) throw new ApiError(404, "Not Found");
  const strip = (r: string) => (r.startsWith(`${repo.owner.login}:`) ? r.slice(repo.owner.login.length + 1) : r);
  const base = await resolveRef(repo, strip(basehead.slice(0, at)));
  const head = await resolveRef(repo, strip(basehead.slice(at + 3)));
  if (!base || !head) throw new ApiError(404, "Not Found");
  const common = await repo.git.mergeBase(base, head);
  if (!common)
    throw new ApiError(404, `No common ancestor between ${basehead.slice(0, at)} and ${basehead.slice(at + 3)}.`);
  const ahead = await repo.git.list(["--reverse", `${base}..${head}`]);
  const behind = await repo.git.list([`${head}..${base}`]);
  const status =
    ahead.length === 0 ? (behind.length === 0 ? "identical" : "behind") : behind.length === 0 ? "ahead" : "diverged";
  const { items, headers } = page({ ...c, query: withSize(c.query, 100) }, ahead);
  const web = `${s.world.url}/${fullName(repo)}/compare/${basehead}`;
  const render = async (id: string) => commitObject(s.world, repo, await repo.git.mustCommit(id));
  return {
    status: 200,
    headers,
    body: {
      url: `${repoApi(s.world, repo)}/compare/${encodeURIComponent(basehead)}`,
      html_url: web,
      permalink_url: web,
      diff_url: `${web}.diff`,
      patch_url: `${web}.patch`,
      base_commit: await render(base),
      merge_base_commit: await render(common),
      status,
      ahead_by: ahead.length,
      behind_by: behind.length,
      total_commits: ahead.length,
      commits: await Promise.all(items.map(render)),
      // At most 300 files, without a word about the rest: that is GitHub's limit for comparisons.
      files: (await repo.git.diff(common, head)).slice(0, 300).map((f) => fileEntry(s.world, repo, f, head)),
    },
  };
}

export const commitRoutes: readonly Route[] = [
  onRepo("GET /repos/{owner}/{repo}/commits/{ref}", read, one),
  onRepo("GET /repos/{owner}/{repo}/commits", read, list),
  onRepo("GET /repos/{owner}/{repo}/compare/{basehead}", read, compare),
];
