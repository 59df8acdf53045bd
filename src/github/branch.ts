import { z } from "zod";
import type { CommitSha, ObjectId } from "../base/ids.ts";
import { objectId, pullRequestId } from "../base/ids.ts";
import { RetryLater } from "../base/errors.ts";
import type { PolicyFiles, TreeFile } from "../access-repo/types.ts";
import { fileAnswer, policyAnswer, sha, time, treeFile } from "./answers.ts";
import type { Caller, Client, Repository } from "./client.ts";
import { nameOf } from "./client.ts";
import type { CommitFacts } from "./kept.ts";
import { httpFailure } from "./errors.ts";
import { query } from "./graphql.ts";
import { branchCommitQuery, filesQuery, historyQuery, policyQuery } from "./queries.ts";
import type { Scope } from "./scopes.ts";
import type { BranchCommit, RepoRef } from "./types.ts";

const parents = z.object({ nodes: z.array(z.object({ oid: sha })) });

/** See GitHub.tip. The ETag makes an unchanged branch cost no rate limit; only the newest answer per branch is kept. */
export class Tips {
  readonly #client: Caller;
  readonly #known = new Map<string, { etag: string; sha: CommitSha }>();
  constructor(client: Caller) {
    this.#client = client;
  }
  async read(repo: RepoRef, branch: string): Promise<CommitSha | null> {
    const key = `${repo.id} ${branch}`;
    const known = this.#known.get(key);
    try {
      const { data, headers } = await this.#client.call(
        repo,
        "read",
        "ref",
        (o, name) =>
          o.rest.git.getRef({ ...name, ref: `heads/${branch}`, headers: known ? { "if-none-match": known.etag } : {} }),
        { expected: [304, 404] },
      );
      const tip = sha.parse(data.object.sha);
      if (headers.etag) this.#known.set(key, { etag: headers.etag, sha: tip });
      return tip;
    } catch (error) {
      const status = httpFailure(error)?.status;
      if (status === 304 && known) return known.sha;
      if (status === 404) return null;
      throw error;
    }
  }
}

/** See GitHub.files. At most 100 paths. */
export async function filesAt(
  client: Client,
  repo: Repository,
  scope: Scope,
  commit: CommitSha,
  paths: readonly string[],
): Promise<readonly (TreeFile | null)[]> {
  if (paths.length > 100) throw new RangeError("at most 100 paths");
  const { id } = repo; // by name alone: another repository may have that name tomorrow
  const known = new Map(paths.map((path) => [path, id && client.kept.file(id, commit, path)]));
  const wanted = paths.filter((path) => !known.get(path));
  if (wanted.length > 0) {
    const shape = z.object({ object: z.record(z.string(), z.unknown()).nullable() });
    const variables = Object.fromEntries(wanted.map((path, i) => [`p${i}`, path]));
    const text = filesQuery(wanted.length);
    const { object } = await query(client, repo, scope, text, { oid: commit, ...variables }, shape);
    if (object?.oid !== commit) throw new RetryLater("github_commit", `GitHub does not show commit ${commit} yet.`);
    for (const [i, path] of wanted.entries()) {
      const file = treeFile(path, fileAnswer.parse(object[`f${i}`]));
      known.set(path, file ?? undefined);
      if (file && id) client.kept.keepFile(id, commit, file);
    }
  }
  return paths.map((path) => known.get(path) || null);
}

/** See GitHub.policyAt. */
export async function policyAt(
  client: Caller & { readonly kept?: Client["kept"] },
  repo: RepoRef,
  commit: CommitSha,
): Promise<PolicyFiles> {
  const known = client.kept?.policy(repo.id, commit);
  if (known) return known;
  const shape = z.object({ object: z.intersection(z.object({ oid: sha }), policyAnswer).nullable() });
  const { object } = await query(client, repo, "read", policyQuery, { oid: commit }, shape);
  if (object?.oid !== commit) throw new RetryLater("github_commit", `GitHub does not show commit ${commit} yet.`);
  client.kept?.keepPolicy(repo.id, commit, object);
  return object;
}

/** A commit of the default branch as `CommitOf` of queries.ts asks for it. */
export const commitAnswer = z.intersection(
  z.object({
    oid: sha,
    committedDate: time,
    parents,
    signature: z.object({ isValid: z.boolean(), wasSignedByGitHub: z.boolean() }).nullable(),
    associatedPullRequests: z
      .object({
        nodes: z.array(
          z.object({
            number: z.number(),
            fullDatabaseId: z.union([z.string(), z.number()]).transform(pullRequestId),
            headRefOid: sha,
            baseRefName: z.string(),
            mergeCommit: z.object({ oid: sha }).nullable(),
          }),
        ),
      })
      .nullable(),
  }),
  policyAnswer,
);
const commitShape = z.object({ object: commitAnswer.nullable() });

/**
 * GraphQL for policy and pull request, REST for the changed files against the first parent. null: it has more files than GitHub
 * shows, now and for ever (C09).
 */
export async function branchCommit(client: Client, repo: RepoRef, oid: CommitSha): Promise<BranchCommit | null> {
  const facts = await commitFacts(client, repo, oid);
  const changes = await changesOf(client, repo, oid);
  return changes && { ...facts, changes };
}

export async function commitFacts(client: Client, repo: RepoRef, oid: CommitSha): Promise<CommitFacts> {
  const known = client.kept.commit(repo.id, oid);
  if (known) return known;
  const { object } = await query(client, repo, "read", branchCommitQuery, { oid }, commitShape);
  if (object?.oid !== oid) throw new RetryLater("github_commit", `GitHub does not show commit ${oid} yet.`);
  return keepCommit(client, repo, object);
}

/** The facts of an answer, kept where they cannot change any more. */
export async function keepCommit(
  client: Client,
  repo: RepoRef,
  object: z.infer<typeof commitAnswer>,
): Promise<CommitFacts> {
  client.kept.keepPolicy(repo.id, object.oid, object);
  const [first] = object.parents.nodes;
  const merged = (object.associatedPullRequests?.nodes ?? []).filter((p) => p.mergeCommit?.oid === object.oid);
  // Two pull requests with one merge commit (stacks): ambiguous, so none.
  const [only] = merged.length === 1 ? merged : [];
  const pr = only && (await mergedByGitHub(client, repo, object, only)) ? only : undefined;
  const facts: CommitFacts = {
    sha: object.oid,
    firstParent: first?.oid ?? null,
    committedAt: object.committedDate,
    pullRequest: pr ? { number: pr.number, id: pr.fullDatabaseId, headSha: pr.headRefOid } : null,
    policy: object,
  };
  client.kept.keepCommit(repo.id, facts);
  return facts;
}

const activity = z.array(z.object({ after: z.string(), activity_type: z.string() }));

/**
 * Whether GitHub itself made the merge commit. It calls a pull request merged as well where somebody pushes a merge commit or
 * a fast-forward by hand; who makes such a commit writes its time, and the time of the merge is where a grant's window begins
 * (C32). GitHub signs what it makes; a server that is not set up to sign (GHES) says in its activity how the branch moved.
 */
async function mergedByGitHub(
  client: Client,
  repo: RepoRef,
  commit: { oid: CommitSha; signature: { isValid: boolean; wasSignedByGitHub: boolean } | null },
  pr: { headRefOid: CommitSha; baseRefName: string },
): Promise<boolean> {
  if (commit.oid === pr.headRefOid) return false; // a fast-forward
  if (commit.signature?.isValid && commit.signature.wasSignedByGitHub) return true;
  const { data } = await client.call(repo, "read", "activity", (o, name) =>
    o.request("GET /repos/{owner}/{repo}/activity", { ...name, ref: `refs/heads/${pr.baseRefName}`, per_page: 100 }),
  );
  return activity.parse(data).some((row) => row.after === commit.oid && row.activity_type === "pr_merge");
}

async function changesOf(client: Client, repo: RepoRef, oid: CommitSha): Promise<BranchCommit["changes"] | null> {
  const changes: { path: string; status: string; blob: string; previousPath?: string }[] = [];
  for (let page = 1; ; page++) {
    // 300 files a page, 3 000 in all; beyond that GitHub cuts silently.
    const { data } = await client.call(repo, "read", "commit", (o, name) =>
      o.rest.repos.getCommit({ ...name, ref: oid, per_page: 100, page }),
    );
    for (const f of data.files ?? []) {
      changes.push({
        path: f.filename,
        status: f.status,
        // GitHub's schema allows null (submodules); such a path is never a request that grants.
        blob: f.sha ?? "0".repeat(40),
        ...(f.previous_filename === undefined ? {} : { previousPath: f.previous_filename }),
      });
    }
    if ((data.files ?? []).length < 100) return changes;
    if (changes.length >= 3000) return null;
  }
}

/** First-parent chain from `to` down to `from`, oldest first, `from` left out; null where `from` is not on it. */
export async function firstParents(
  client: Client,
  repo: RepoRef,
  from: CommitSha,
  to: CommitSha,
  most = 1000,
): Promise<readonly CommitSha[] | null> {
  if (from === to) return [];
  if (client.kept.commit(repo.id, to)?.firstParent === from) return [to];
  const shape = z.object({
    object: z
      .object({
        oid: sha,
        history: z.object({
          pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
          nodes: z.array(z.object({ oid: sha, parents })),
        }),
      })
      .nullable(),
  });
  const parentOf = new Map<CommitSha, CommitSha | null>();
  const chain: CommitSha[] = [];
  let at: CommitSha | null = to;
  let after: string | null = null;
  for (;;) {
    const { object }: z.infer<typeof shape> = await query(
      client,
      repo,
      "read",
      historyQuery,
      { oid: to, after },
      shape,
    );
    if (!object) throw new RetryLater("github_commit", `GitHub does not show commit ${to} yet.`);
    for (const node of object.history.nodes) parentOf.set(node.oid, node.parents.nodes[0]?.oid ?? null);
    while (at !== null && parentOf.has(at)) {
      chain.push(at);
      at = parentOf.get(at) ?? null;
      if (at === from) return chain.toReversed();
    }
    if (at === null || chain.length > most || !object.history.pageInfo.hasNextPage) return null;
    after = object.history.pageInfo.endCursor;
  }
}

/** See GitHub.requestBlobs. */
export async function requestBlobs(
  client: Client,
  repo: RepoRef,
  commit: CommitSha,
): Promise<ReadonlyMap<string, ObjectId>> {
  const { data } = await client.call(repo, "read", "tree", (o) =>
    o.rest.git.getTree({ ...nameOf(repo), tree_sha: commit, recursive: "1" }),
  );
  if (data.truncated) throw new RetryLater("github_tree", "The access repo has more files than GitHub lists.");
  return new Map(
    data.tree.flatMap((e) =>
      e.type === "blob" && e.path?.startsWith("requests/") && e.sha ? [[e.path, objectId(e.sha)] as const] : [],
    ),
  );
}
