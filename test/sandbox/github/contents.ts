import { commitObject, resolveRef } from "./commits.ts";
import { GitError, type Signature, type TreeEntry, ZERO } from "./git.ts";
import { accountOf } from "./permissions.ts";
import { fullName, repoApi } from "./render.ts";
import { onRepo, optionalText, type RepoContext, type Route, text } from "./router.ts";
import { moveRef } from "./refs.ts";
import { ApiError, type Json } from "./types.ts";

const READ = { app: [["contents", "read"]], role: "read" } as const;
const WRITE = { app: [["contents", "write"]], role: "write", login: true } as const;

function links(c: RepoContext, file: string, ref: string, entry: TreeEntry): Json {
  const { world } = c.s;
  const safe = file.split("/").map(encodeURIComponent).join("/");
  const self = `${repoApi(world, c.repo)}/contents/${safe}?ref=${encodeURIComponent(ref)}`;
  const kind = entry.type === "tree" ? "trees" : "blobs";
  const git = `${repoApi(world, c.repo)}/git/${kind}/${entry.oid}`;
  const html = `${world.url}/${fullName(c.repo)}/${entry.type === "tree" ? "tree" : "blob"}/${ref}/${safe}`;
  return {
    url: self,
    html_url: html,
    git_url: git,
    download_url: entry.type === "tree" ? null : `${world.url}/${fullName(c.repo)}/raw/${ref}/${safe}`,
    _links: { self, git, html },
  };
}

const typeOf = (e: TreeEntry): string =>
  e.type === "tree" ? "dir" : e.type === "commit" ? "submodule" : e.mode === "120000" ? "symlink" : "file";

async function render(
  c: RepoContext,
  file: string,
  ref: string,
  entry: TreeEntry,
  withContent: boolean,
): Promise<Json> {
  const blob = entry.type === "blob" ? await c.repo.git.object(entry.oid) : null;
  const size = blob?.content.length ?? 0;
  const common = {
    name: entry.name,
    path: file,
    sha: entry.oid,
    size,
    ...links(c, file, ref, entry),
    type: typeOf(entry),
  };
  if (!withContent || !blob) return common;
  if (entry.mode === "120000") return { ...common, target: blob.content.toString("utf8") };
  // Between 1 and 100 MB the object form says so and is empty: a reader must not take that for an empty file.
  if (size > 1_048_576) return { ...common, content: "", encoding: "none" };
  return {
    ...common,
    content: blob.content.toString("base64").replaceAll(/.{60}/g, "$&\n"),
    encoding: "base64",
  };
}

async function get(c: RepoContext) {
  const { repo } = c;
  const ref = c.query.get("ref") ?? repo.defaultBranch;
  const commit = await resolveRef(repo, ref);
  if (!commit) throw new ApiError(404, `No commit found for the ref ${ref}`);
  const file = (c.params["path"] ?? "").replaceAll(/^\/+|\/+$/g, "");
  const entry = file === "" ? null : await repo.git.entry(commit, file);
  if (file !== "" && !entry) throw new ApiError(404, "Not Found");
  if (entry && entry.type !== "tree") return { status: 200, body: await render(c, file, ref, entry, true) };
  const entries = (await repo.git.tree(entry?.oid ?? commit)) ?? [];
  // 1 000 entries at most, without a word about the rest.
  const body = await Promise.all(
    entries.slice(0, 1000).map((e) => render(c, file === "" ? e.name : `${file}/${e.name}`, ref, e, false)),
  );
  return { status: 200, body };
}

function identity(c: RepoContext): { author: Signature; committer: Signature; signed: boolean } {
  const { world } = c.s;
  const account = accountOf(c.actor);
  const given = (k: string): Signature | undefined => {
    const p = c.body[k] as Json | undefined;
    if (!p) return undefined;
    const date = optionalText(p, "date");
    return { name: text(p, "name"), email: text(p, "email"), date: date ? new Date(date) : world.now() };
  };
  const own = world.signature(account);
  const committer = given("committer");
  const author = given("author") ?? committer;
  // An App that names nobody gets GitHub's own signature; naming somebody (anybody) forfeits it.
  if (!author && !committer && account.type === "Bot") return { author: own, committer: world.webFlow(), signed: true };
  return { author: author ?? own, committer: committer ?? author ?? own, signed: false };
}

async function put(c: RepoContext) {
  return change(c, Buffer.from(text(c.body, "content").replaceAll(/\s/g, ""), "base64"));
}

async function change(c: RepoContext, content: Buffer | null) {
  const { repo, s } = c;
  const file = c.params["path"] ?? "";
  if (!goodPath(file)) throw new ApiError(422, "path contains a malformed path component");
  const message = text(c.body, "message");
  const branch = optionalText(c.body, "branch") ?? repo.defaultBranch;
  const ref = `refs/heads/${branch}`;
  const before = await repo.git.resolve(ref);
  if (before === null && (branch !== repo.defaultBranch || (await repo.git.refs("refs/heads/")).size > 0))
    throw new ApiError(404, `Branch ${branch} not found`);
  const old = before ? await repo.git.entry(before, file) : null;
  const sha = optionalText(c.body, "sha");
  if (content === null && !old) throw new ApiError(404, "Not Found");
  if (old && sha === undefined) throw new ApiError(422, 'Invalid request.\n\n"sha" wasn\'t supplied.');
  if (sha !== undefined && sha !== old?.oid) throw new ApiError(409, `${file} does not match ${sha}`);
  const oid = content === null ? null : await repo.git.writeBlob(content);
  let tree: string;
  try {
    tree = await repo.git.writeTree(before, [{ path: file, mode: old?.mode ?? "100644", oid }]);
  } catch (e) {
    if (e instanceof GitError) throw new ApiError(422, "path contains a malformed path component");
    throw e;
  }
  const who = identity(c);
  const commit = await repo.git.commitTree({
    tree,
    parents: before ? [before] : [],
    message,
    author: who.author,
    committer: who.committer,
  });
  if (who.signed) repo.signed.add(commit);
  await moveRef(s, repo, c.actor, accountOf(c.actor), { ref, before: before ?? ZERO, after: commit });
  const entry = content === null ? null : await repo.git.entry(commit, file);
  const { commit: inner, ...rest } = commitObject(s.world, repo, await repo.git.mustCommit(commit));
  const flat = { ...rest, ...(inner as Json) };
  return {
    status: content === null || old ? 200 : 201,
    body: {
      content: entry ? await render(c, file, branch, entry, false) : null,
      commit: {
        ...flat,
        url: `${repoApi(s.world, repo)}/git/commits/${commit}`,
      },
    },
  };
}

export function goodPath(p: string): boolean {
  return (
    p !== "" &&
    p.split("/").every((x) => x !== "" && x !== "." && x !== ".." && x.toLowerCase() !== ".git") &&
    !p.includes("\0")
  );
}

const at = "/repos/{owner}/{repo}/contents/{path}";
export const contentRoutes: readonly Route[] = [
  onRepo(`GET ${at}`, READ, get),
  onRepo("GET /repos/{owner}/{repo}/contents", READ, get),
  onRepo(`PUT ${at}`, WRITE, put),
  onRepo(`DELETE ${at}`, WRITE, async (c) => {
    if (optionalText(c.body, "sha") === undefined)
      throw new ApiError(422, 'Invalid request.\n\n"sha" wasn\'t supplied.');
    return change(c, null);
  }),
];
