import { z } from "zod";
import { type CommitSha, commitSha, type UserId } from "../base/ids.ts";
import { restUser, sha } from "./answers.ts";
import { type Client, nameOf } from "./client.ts";
import { httpFailure } from "./errors.ts";
import type { NewPullRequest, RepoRef } from "./types.ts";

// What opening a pull request for a job takes. Every step finds what an earlier try has done, and none can touch what is there.

/** See GitHub.commitFile. By the git data API, so that the commit is known before any branch shows it. */
export async function commitFile(
  client: Client,
  repo: RepoRef,
  parent: CommitSha,
  path: string,
  content: string,
  message: string,
): Promise<CommitSha> {
  const base = await client.call(repo, "read", "commit", (o, name) =>
    o.rest.git.getCommit({ ...name, commit_sha: parent }),
  );
  const tree = await client.call(
    repo,
    "merge",
    "request tree",
    (o, name) =>
      o.rest.git.createTree({
        ...name,
        base_tree: base.data.tree.sha,
        tree: [{ path, mode: "100644", type: "blob", content }],
      }),
    { write: "comment" },
  );
  // No author: GitHub takes our account for it, and signs.
  const commit = await client.call(
    repo,
    "merge",
    "request commit",
    (o, name) => o.rest.git.createCommit({ ...name, message, tree: tree.data.sha, parents: [parent] }),
    { write: "comment" },
  );
  return commitSha(commit.data.sha);
}

/** See GitHub.createBranch. */
export async function createBranch(client: Client, repo: RepoRef, branch: string, commit: CommitSha): Promise<boolean> {
  try {
    await client.call(
      repo,
      "merge",
      "request branch",
      (o, name) => o.rest.git.createRef({ ...name, ref: `refs/heads/${branch}`, sha: commit }),
      { write: "comment", expected: [422] },
    );
    return true;
  } catch (error) {
    if (httpFailure(error)?.status !== 422) throw error;
    return false;
  }
}

const listed = z.array(z.object({ number: z.number(), user: restUser, head: z.object({ sha }) }));

/** See GitHub.openPullRequest. An earlier try may have opened it, and somebody closed it since: then that one it is. */
export async function openPullRequest(
  client: Client,
  repo: RepoRef,
  bot: UserId,
  { branch, base, title, body }: NewPullRequest,
): Promise<number> {
  const found = await client.call(repo, "read", "pull requests", (o, name) =>
    o.rest.pulls.list({ ...name, head: `${nameOf(repo).owner}:${branch}`, state: "all", per_page: 100 }),
  );
  const ours = listed.parse(found.data).filter((pr) => pr.user?.id === bot);
  // The first: whatever came after it on this branch was not opened by this.
  const known = ours.map((pr) => pr.number).sort((a, b) => a - b)[0];
  if (known !== undefined) return known;
  const { data } = await client.call(
    repo,
    "merge",
    "pull request",
    (o, name) => o.rest.pulls.create({ ...name, head: branch, base, title, body }),
    { write: "comment" },
  );
  return data.number;
}
