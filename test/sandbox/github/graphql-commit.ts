import type { Commit, TreeEntry } from "./git.ts";
import { connection, type Paged, TypedError } from "./graphql-connection.ts";
import { covers } from "./permissions.ts";
import { fullName, iso, nodeId } from "./render.ts";
import type { Sim } from "./router.ts";
import { type Account, type Actor, isPull, type Level, type Pull, type Repo } from "./types.ts";
import { WEB_FLOW } from "./world.ts";

const MAX_TEXT = 512 * 1024;
const TRAILER = /^co-authored-by:\s*(.*?)\s*<([^>]*)>\s*$/gim;

/** What the functions below share: where, and on whose behalf. */
export interface Scope {
  readonly s: Sim;
  readonly actor: Actor;
  readonly repo: Repo;
  /** Handed in, since commits, pull requests and repositories lead to each other. */
  readonly pull: (c: Scope, p: Pull) => object;
  readonly repository: (repo: Repo) => object;
}

/** Installation tokens read by permission in GraphQL as in REST. */
export function need(c: Scope, permission: string, level: Level = "read"): void {
  if (c.actor.kind === "installation" && !covers(c.actor.permissions[permission], level))
    throw new TypedError("FORBIDDEN", "Resource not accessible by integration");
}

export function actorNode(a: Account | null) {
  if (!a) return null;
  // GraphQL writes an App's login without `[bot]`, REST with it.
  const login = a.type === "Bot" ? a.login.replace(/\[bot\]$/, "") : a.login;
  return { __typename: a.type, id: nodeId(a.type === "Bot" ? "BOT" : "U", a.id), login, databaseId: a.id };
}

/** A commit's person: an account only where the address belongs to a user. Apps' addresses give none. */
function gitActor(c: Scope, p: { name: string; email: string; date: Date }) {
  const account = c.s.world.accountByEmail(p.email);
  const user = account && account.type === "User" ? actorNode(account) : null;
  return { name: p.name, email: p.email, date: iso(p.date), user };
}

function authors(commit: Commit): { name: string; email: string; date: Date }[] {
  const found = [commit.author];
  for (const m of commit.message.matchAll(TRAILER)) {
    const email = m[2] ?? "";
    if (!found.some((f) => f.email.toLowerCase() === email.toLowerCase()))
      found.push({ name: m[1] ?? "", email, date: commit.author.date });
  }
  return found;
}

function blobNode(oid: string, content: Buffer) {
  const isBinary = content.subarray(0, 8000).includes(0);
  return {
    __typename: "Blob",
    id: nodeId("B", oid),
    oid,
    abbreviatedOid: oid.slice(0, 7),
    byteSize: content.length,
    isBinary,
    isTruncated: content.length > MAX_TEXT,
    // Text stops at 512 KB without an error: a reader that does not look at isTruncated decides on half a file.
    text: isBinary ? null : content.subarray(0, MAX_TEXT).toString("utf8"),
  };
}

function entryNode(c: Scope, e: TreeEntry, path: string) {
  return {
    __typename: "TreeEntry",
    name: e.name,
    path,
    oid: e.oid,
    mode: Number.parseInt(e.mode, 8),
    type: e.type,
    object: () => objectNode(c, e.oid, path),
  };
}

async function treeNode(c: Scope, oid: string, path: string) {
  const entries = (await c.repo.git.tree(oid)) ?? [];
  return {
    __typename: "Tree",
    id: nodeId("T", oid),
    oid,
    abbreviatedOid: oid.slice(0, 7),
    entries: entries.map((e) => entryNode(c, e, path === "" ? e.name : `${path}/${e.name}`)),
  };
}

/** `object(expression:)`: an oid, a ref, or `rev:path`. */
export async function objectNode(c: Scope, expression: string, path = "") {
  need(c, "contents");
  const colon = expression.indexOf(":");
  const found = await c.repo.git.object(expression.endsWith(":") ? `${expression.slice(0, -1)}^{tree}` : expression);
  if (!found) return null;
  if (found.type === "commit") return commitNode(c, await c.repo.git.mustCommit(found.oid));
  if (found.type === "tree") return treeNode(c, found.oid, colon < 0 ? path : expression.slice(colon + 1));
  return blobNode(found.oid, found.content);
}

export function commitNode(c: Scope, k: Commit): object {
  const { repo } = c;
  const { git } = repo;
  const signed = repo.signed.has(k.oid);
  return {
    __typename: "Commit",
    id: nodeId("C", k.oid),
    oid: k.oid,
    abbreviatedOid: k.oid.slice(0, 7),
    message: k.message,
    messageHeadline: k.message.split("\n")[0],
    messageBody: k.message.split("\n").slice(2).join("\n"),
    committedDate: iso(k.committer.date),
    authoredDate: iso(k.author.date),
    committedViaWeb: signed,
    url: `${c.s.world.url}/${fullName(repo)}/commit/${k.oid}`,
    author: gitActor(c, k.author),
    committer: gitActor(c, k.committer),
    authors: (a: Paged) =>
      connection(
        "authors",
        a,
        authors(k).map((p) => gitActor(c, p)),
      ),
    parents: async (a: Paged) =>
      connection("parents", a, await Promise.all(k.parents.map(async (p) => commitNode(c, await git.mustCommit(p))))),
    tree: () => treeNode(c, k.tree, ""),
    file: async ({ path }: { path: string }) => {
      const e = await git.entry(k.tree, path);
      return e ? entryNode(c, e, path) : null;
    },
    history: async (a: Paged & { path?: string | null }) => {
      const ids = await git.list(a.path ? [k.oid, "--", a.path] : [k.oid]);
      const paged = connection("history", a, ids);
      const nodes = await Promise.all(paged.nodes.map(async (id) => commitNode(c, await git.mustCommit(id))));
      return { ...paged, nodes, edges: nodes.map((node, i) => ({ node, cursor: paged.edges[i]?.cursor })) };
    },
    signature: signed
      ? {
          __typename: "GpgSignature",
          email: k.committer.email,
          isValid: true,
          wasSignedByGitHub: true,
          state: "VALID",
          payload: "",
          signature: "",
          signer: actorNode(WEB_FLOW),
        }
      : null,
    associatedPullRequests: async (a: Paged) => {
      need(c, "pull_requests");
      return connection("associatedPullRequests", a, await associated(c, k.oid));
    },
  };
}

/** The merged pull request that brought the commit, or else the open ones that hold it. */
async function associated(c: Scope, oid: string) {
  const pulls = [...c.repo.issues.values()].filter(isPull);
  const merged = pulls.filter((p) => p.mergeCommit === oid || p.headSha === oid);
  const found = new Set(merged);
  for (const p of pulls)
    if (!found.has(p) && (await c.repo.git.list([`${p.baseSha}..${p.headSha}`])).includes(oid)) found.add(p);
  return [...found].map((p) => c.pull(c, p));
}

export const stateOf = (p: Pull): "OPEN" | "MERGED" | "CLOSED" =>
  p.merged ? "MERGED" : p.state === "open" ? "OPEN" : "CLOSED";
