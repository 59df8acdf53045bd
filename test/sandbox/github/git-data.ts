import { verification } from "./commits.ts";
import { goodPath } from "./contents.ts";
import { type Commit, GitError, type Signature, type TreeChange, ZERO } from "./git.ts";
import { accountOf } from "./permissions.ts";
import { moveRef } from "./refs.ts";
import { fullName, iso, nodeId, repoApi } from "./render.ts";
import { onRepo, optionalText, page, type RepoContext, type Route, text } from "./router.ts";
import { ApiError, type Json } from "./types.ts";

const READ = { app: [["contents", "read"]], role: "read" } as const;
const WRITE = { app: [["contents", "write"]], role: "write", login: true } as const;

async function renderRef(c: RepoContext, ref: string, oid: string): Promise<Json> {
  const type = (await c.repo.git.object(oid))?.type ?? "commit";
  const api = repoApi(c.s.world, c.repo);
  return {
    ref,
    node_id: nodeId("REF", ref),
    url: `${api}/git/${ref}`,
    object: { sha: oid, type, url: `${api}/git/${type}s/${oid}` },
  };
}

async function exactRef(c: RepoContext): Promise<[string, string]> {
  const ref = `refs/${(c.params["ref"] ?? "").replace(/^refs\//, "")}`;
  const oid = (await c.repo.git.refs(ref)).get(ref);
  if (!oid) throw new ApiError(404, "Not Found");
  return [ref, oid];
}

async function createRef(c: RepoContext) {
  const ref = text(c.body, "ref");
  const sha = text(c.body, "sha");
  if (!/^refs\/(heads|tags)\/./.test(ref) || !(await valid(c, ref)))
    throw new ApiError(422, `Reference name must start with 'refs' and have at least two slashes.`);
  if (!/^[0-9a-f]{40}$/.test(sha) || !(await c.repo.git.object(sha))) throw new ApiError(422, "Object does not exist");
  const all = await c.repo.git.refs("refs/");
  if (all.has(ref)) throw new ApiError(422, "Reference already exists");
  // `a` and `a/b` cannot both be branches.
  if ([...all.keys()].some((r) => r.startsWith(`${ref}/`) || ref.startsWith(`${r}/`)))
    throw new ApiError(422, "Reference update failed");
  await moveRef(c.s, c.repo, c.actor, accountOf(c.actor), { ref, before: ZERO, after: sha });
  return { status: 201, body: await renderRef(c, ref, sha) };
}

async function valid(c: RepoContext, ref: string): Promise<boolean> {
  try {
    await c.repo.git.run(["check-ref-format", ref]);
    return true;
  } catch (e) {
    if (e instanceof GitError) return false;
    throw e;
  }
}

async function updateRef(c: RepoContext) {
  const ref = `refs/${c.params["ref"]}`;
  const before = (await c.repo.git.refs(ref)).get(ref);
  const sha = text(c.body, "sha");
  if (!before) throw new ApiError(422, "Reference does not exist");
  if (!/^[0-9a-f]{40}$/.test(sha) || !(await c.repo.git.object(sha))) throw new ApiError(422, "Object does not exist");
  if (c.body["force"] !== true && !(await c.repo.git.isAncestor(before, sha)))
    throw new ApiError(422, "Update is not a fast forward");
  if (before !== sha) await moveRef(c.s, c.repo, c.actor, accountOf(c.actor), { ref, before, after: sha });
  return { status: 200, body: await renderRef(c, ref, sha) };
}

async function deleteRef(c: RepoContext) {
  const ref = `refs/${c.params["ref"]}`;
  const before = (await c.repo.git.refs(ref)).get(ref);
  if (!before) throw new ApiError(422, "Reference does not exist");
  if (ref === `refs/heads/${c.repo.defaultBranch}`) throw new ApiError(422, "Cannot delete the default branch");
  await moveRef(c.s, c.repo, c.actor, accountOf(c.actor), { ref, before, after: ZERO });
  return { status: 204 };
}

async function createTree(c: RepoContext) {
  const { repo } = c;
  const given = c.body["tree"];
  if (!Array.isArray(given) || given.length === 0) throw new ApiError(422, "Invalid tree info");
  const changes = await Promise.all(
    (given as Json[]).map(async (e): Promise<TreeChange> => {
      const file = text(e, "path");
      if (!goodPath(file)) throw new ApiError(422, "tree.path contains a malformed path component");
      const mode = text(e, "mode");
      if (!["100644", "100755", "040000", "160000", "120000"].includes(mode))
        throw new ApiError(422, "Must supply a valid tree.mode");
      if (e["sha"] === null) return { path: file, mode, oid: null };
      const content = optionalText(e, "content");
      const oid = content === undefined ? text(e, "sha") : await repo.git.writeBlob(content);
      if (mode !== "160000" && !(await repo.git.object(oid)))
        throw new ApiError(422, `tree.sha ${oid} is not a valid blob`);
      return { path: file, mode, oid };
    }),
  );
  const base = optionalText(c.body, "base_tree") ?? null;
  if (base !== null && !(await repo.git.tree(base))) throw new ApiError(422, "base_tree is not a valid tree oid");
  const flat = (await Promise.all(changes.map((x) => expand(c, x)))).flat();
  const tree = await repo.git.writeTree(base, flat);
  return { status: 201, body: await renderTree(c, tree, false) };
}

/** An entry of mode 040000 grafts a whole tree, which the index holds file by file. */
async function expand(c: RepoContext, change: TreeChange): Promise<TreeChange[]> {
  if (change.mode !== "040000" || change.oid === null) return [change];
  const out = await c.repo.git.run(["ls-tree", "-r", "-z", change.oid]);
  return out
    .split("\0")
    .filter((l) => l !== "")
    .map((l) => {
      const m = /^(\d+) \w+ ([0-9a-f]{40})\t(.*)$/s.exec(l);
      return { mode: m?.[1] ?? "", oid: m?.[2] ?? "", path: `${change.path}/${m?.[3] ?? ""}` };
    });
}

async function renderTree(c: RepoContext, revision: string, recursive: boolean): Promise<Json> {
  const { repo, s } = c;
  const found = await repo.git.object(`${revision}^{tree}`);
  if (!found) throw new ApiError(404, "Not Found");
  const out = await repo.git.run(["ls-tree", "-z", "-l", ...(recursive ? ["-r", "-t"] : []), found.oid]);
  const lines = out.split("\0").filter((l) => l !== "");
  const tree = lines.slice(0, 100_000).map((l) => {
    const m = /^(\d+) (\w+) ([0-9a-f]{40}) +(\d+|-)\t(.*)$/s.exec(l);
    const type = m?.[2] ?? "blob";
    return {
      path: m?.[5] ?? "",
      mode: m?.[1] ?? "",
      type,
      sha: m?.[3] ?? "",
      ...(m?.[4] === "-" ? {} : { size: Number(m?.[4]) }),
      ...(type === "commit" ? {} : { url: `${repoApi(s.world, repo)}/git/${type}s/${m?.[3]}` }),
    };
  });
  return {
    sha: found.oid,
    url: `${repoApi(s.world, repo)}/git/trees/${found.oid}`,
    tree,
    truncated: lines.length > 100_000,
  };
}

function renderCommit(c: RepoContext, k: Commit): Json {
  const api = repoApi(c.s.world, c.repo);
  const html = `${c.s.world.url}/${fullName(c.repo)}/commit`;
  const person = (p: Signature) => ({ name: p.name, email: p.email, date: iso(p.date) });
  return {
    sha: k.oid,
    node_id: nodeId("C", k.oid),
    url: `${api}/git/commits/${k.oid}`,
    html_url: `${html}/${k.oid}`,
    author: person(k.author),
    committer: person(k.committer),
    tree: { sha: k.tree, url: `${api}/git/trees/${k.tree}` },
    message: k.message,
    parents: k.parents.map((p) => ({ sha: p, url: `${api}/git/commits/${p}`, html_url: `${html}/${p}` })),
    verification: verification(c.repo, k),
  };
}

async function createCommit(c: RepoContext) {
  const { repo, s } = c;
  const account = accountOf(c.actor);
  const tree = text(c.body, "tree");
  if (!/^[0-9a-f]{40}$/.test(tree) || (await repo.git.object(tree))?.type !== "tree")
    throw new ApiError(422, "Tree SHA does not exist");
  const parents = (c.body["parents"] ?? []) as readonly string[];
  for (const p of parents)
    if (!/^[0-9a-f]{40}$/.test(p) || !(await repo.git.commit(p)))
      throw new ApiError(422, "Parent SHA does not exist or is not a commit object");
  const given = (k: string): Signature | undefined => {
    const p = c.body[k] as Json | undefined;
    if (!p) return undefined;
    const date = optionalText(p, "date");
    return { name: text(p, "name"), email: text(p, "email"), date: date ? new Date(date) : s.world.now() };
  };
  const own = s.world.signature(account);
  const author = given("author");
  const committer = given("committer");
  const signed = account.type === "Bot" && !author && !committer;
  const oid = await repo.git.commitTree({
    tree,
    parents,
    message: text(c.body, "message"),
    author: author ?? own,
    committer: committer ?? (signed ? s.world.webFlow() : (author ?? own)),
  });
  if (signed) repo.signed.add(oid);
  return { status: 201, body: renderCommit(c, await repo.git.mustCommit(oid)) };
}

const at = "/repos/{owner}/{repo}/git";
export const gitDataRoutes: readonly Route[] = [
  onRepo(`GET ${at}/ref/{ref}`, READ, async (c) => ({ status: 200, body: await renderRef(c, ...(await exactRef(c))) })),
  onRepo(`GET ${at}/matching-refs/{ref}`, READ, async (c) => {
    const prefix = `refs/${(c.params["ref"] ?? "").replace(/^refs\//, "")}`;
    const found = [...(await c.repo.git.refs("refs/"))].filter(([r]) => r.startsWith(prefix));
    const { items, headers } = page(c, found);
    return { status: 200, body: await Promise.all(items.map(([r, oid]) => renderRef(c, r, oid))), headers };
  }),
  onRepo(`POST ${at}/refs`, WRITE, createRef),
  onRepo(`PATCH ${at}/refs/{ref}`, WRITE, updateRef),
  onRepo(`DELETE ${at}/refs/{ref}`, WRITE, deleteRef),
  onRepo(`POST ${at}/trees`, WRITE, createTree),
  onRepo(`GET ${at}/trees/{tree_sha}`, READ, async (c) => {
    const name = c.params["tree_sha"] ?? "";
    const recursive = c.query.has("recursive"); // any value, "0" and "false" included
    const revision = /^[0-9a-f]{40}$/.test(name) ? name : `refs/heads/${name}`;
    return { status: 200, body: await renderTree(c, revision, recursive) };
  }),
  onRepo(`POST ${at}/blobs`, WRITE, async (c) => {
    const content = text(c.body, "content");
    const encoding = optionalText(c.body, "encoding") ?? "utf-8";
    const oid = await c.repo.git.writeBlob(Buffer.from(content, encoding === "base64" ? "base64" : "utf8"));
    return { status: 201, body: { sha: oid, url: `${repoApi(c.s.world, c.repo)}/git/blobs/${oid}` } };
  }),
  onRepo(`GET ${at}/blobs/{file_sha}`, READ, async (c) => {
    const sha = c.params["file_sha"] ?? "";
    const blob = /^[0-9a-f]{40}$/.test(sha) ? await c.repo.git.object(sha) : null;
    if (blob?.type !== "blob") throw new ApiError(404, "Not Found");
    return {
      status: 200,
      body: {
        sha: blob.oid,
        node_id: nodeId("B", blob.oid),
        size: blob.content.length,
        url: `${repoApi(c.s.world, c.repo)}/git/blobs/${blob.oid}`,
        content: blob.content.toString("base64").replaceAll(/.{60}/g, "$&\n"),
        encoding: "base64",
      },
    };
  }),
  onRepo(`POST ${at}/commits`, WRITE, createCommit),
  onRepo(`GET ${at}/commits/{commit_sha}`, READ, async (c) => {
    const sha = c.params["commit_sha"] ?? "";
    const commit = /^[0-9a-f]{40}$/.test(sha) ? await c.repo.git.commit(sha) : null;
    if (!commit) throw new ApiError(404, "Not Found");
    return { status: 200, body: renderCommit(c, commit) };
  }),
];
