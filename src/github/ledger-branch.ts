import { z } from "zod";
import { RetryLater } from "../base/errors.ts";
import { type CommitSha, commitSha } from "../base/ids.ts";
import { filesAt, firstParents, type Tips } from "./branch.ts";
import type { Client } from "./client.ts";
import { httpFailure } from "./errors.ts";
import { type GitHub, LEDGER_BRANCH, type PutResult, type RepoRef } from "./types.ts";

/**
 * See GitHub.createLedgerBranch: an orphan, so that it holds no workflow files and no other history. Made through the git
 * data API; the reference is last, so that a crash before leaves nothing but unreachable objects.
 */
export async function createLedgerBranch(
  client: Client,
  repo: RepoRef,
  path: string,
  content: string,
  message: string,
): Promise<CommitSha> {
  const write = { write: "ledger" } as const;
  const tree = await client.call(
    repo,
    "ledger",
    "ledger tree",
    (o, name) => o.rest.git.createTree({ ...name, tree: [{ path, mode: "100644", type: "blob", content }] }),
    write,
  );
  const commit = await client.call(
    repo,
    "ledger",
    "ledger commit",
    (o, name) => o.rest.git.createCommit({ ...name, message, tree: tree.data.sha, parents: [] }),
    write,
  );
  try {
    await client.call(
      repo,
      "ledger",
      "ledger branch",
      (o, name) => o.rest.git.createRef({ ...name, ref: `refs/heads/${LEDGER_BRANCH}`, sha: commit.data.sha }),
      { ...write, expected: [422] },
    );
  } catch (error) {
    if (httpFailure(error)?.status !== 422) throw error;
    throw new RetryLater("ledger_exists", "The ledger branch appeared meanwhile; reading it.", { cause: error });
  }
  return commitSha(commit.data.sha);
}

const putAnswer = z.object({ commit: z.object({ sha: z.string(), parents: z.array(z.object({ sha: z.string() })) }) });

/** See GitHub.putLedgerFile. Without a `sha` GitHub refuses to overwrite: that makes the call idempotent by its path. */
export async function putLedgerFile(
  client: Client,
  repo: RepoRef,
  path: string,
  content: string,
  message: string,
): Promise<PutResult> {
  try {
    const { data } = await client.call(
      repo,
      "ledger",
      "ledger",
      (o, name) =>
        o.rest.repos.createOrUpdateFileContents({
          ...name,
          path,
          message,
          branch: LEDGER_BRANCH,
          content: Buffer.from(content).toString("base64"),
        }),
      { write: "ledger", expected: [409, 422] },
    );
    const { commit } = putAnswer.parse(data);
    const [parent] = commit.parents;
    return { kind: "created", commit: commitSha(commit.sha), parent: parent ? commitSha(parent.sha) : null };
  } catch (error) {
    const status = httpFailure(error)?.status;
    if (status === 422) return { kind: "exists" };
    // 409: the branch moved under GitHub's own write. Whoever moved it is looked at by the next attempt.
    if (status === 409)
      throw new RetryLater("ledger_conflict", "The ledger branch moved during the write.", { cause: error });
    throw error;
  }
}

/** See GitHub.ledgerCommits. null: `from` is not behind `to`: the branch was rewritten. */
export async function ledgerCommits(
  client: Client,
  repo: RepoRef,
  from: CommitSha | null,
  to: CommitSha,
): ReturnType<GitHub["ledgerCommits"]> {
  const chain = from === null ? await rootChain(client, repo, to) : await firstParents(client, repo, from, to, 100_000);
  if (chain === null) return null;
  const found: {
    sha: CommitSha;
    parents: readonly CommitSha[];
    added: Awaited<ReturnType<typeof filesAt>>;
    onlyAdds: boolean;
  }[] = [];
  for (const sha of chain) {
    const { data } = await client.call(repo, "read", "ledger commit", (o, name) =>
      o.rest.repos.getCommit({ ...name, ref: sha }),
    );
    const files = data.files ?? [];
    const onlyAdds = files.length > 0 && files.length <= 100 && files.every((f) => f.status === "added");
    const added = onlyAdds
      ? await filesAt(
          client,
          repo,
          "read",
          sha,
          files.map((f) => f.filename),
        )
      : [];
    found.push({ sha, parents: data.parents.map((p) => commitSha(p.sha)), added, onlyAdds });
  }
  return found.map((c) => ({ ...c, added: c.added.filter((f) => f !== null) }));
}

/** Every first parent down to the root. */
async function rootChain(client: Client, repo: RepoRef, to: CommitSha): Promise<readonly CommitSha[]> {
  const chain: CommitSha[] = [];
  for (let page = 1; ; page++) {
    const { data } = await client.call(repo, "read", "ledger commits", (o, name) =>
      o.rest.repos.listCommits({ ...name, sha: to, per_page: 100, page }),
    );
    chain.push(...data.map((c) => commitSha(c.sha)));
    if (data.length < 100) return chain.toReversed();
  }
}

export const ledgerTip = (tips: Tips, repo: RepoRef): Promise<CommitSha | null> => tips.read(repo, LEDGER_BRANCH);
