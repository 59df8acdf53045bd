import type { Snapshot } from "../../../src/approval/types.ts";
import { objectId } from "../../../src/base/ids.ts";
import type { BranchCommit } from "../../../src/github/types.ts";
import { blobId, changes, type Commit, type Tree } from "./git.ts";
import { type PullRequest, policyOf, type Repository } from "./repository.ts";

// What GitHub's answers make of a repository's state.

/** Since the branch was made for the last time, oldest first; of a merged one up to the head that was merged. */
export function pushesOf(repo: Repository, pull: PullRequest): Snapshot["pushes"] {
  const all = repo.activity.filter((row) => row.ref === pull.branch);
  const last = pull.state === "open" ? all.length : all.findLastIndex((row) => row.after === pull.head) + 1;
  const made = all.slice(0, last).findLastIndex((row) => /^0+$/.test(row.before));
  return all.slice(Math.max(0, made), last).map(({ before, after, actor, at }) => ({ before, after, actor, at }));
}

/** GraphQL's `latestOpinionatedReviews`: the newest of each person; a dismissed one is an opinion of its own. */
export function opinions(repo: Repository, { reviews }: PullRequest): Snapshot["reviews"] {
  const newest = new Map(reviews.map((review) => [review.author?.id ?? -review.id, review]));
  return [...newest.values()].map(({ author, state, commit, submittedAt }) => ({
    author,
    state,
    commit,
    submittedAt,
    canPush: author !== null && repo.writers.has(author.login),
  }));
}

export function branchCommit(repo: Repository, commit: Commit): BranchCommit {
  const [parent] = commit.parents;
  const before: Tree = parent ? repo.git.at(parent).tree : new Map();
  const pulls = [...repo.pulls.values()].filter((pull) => pull.mergeCommit === commit.sha);
  const [only] = pulls.length === 1 ? pulls : [];
  // GitHub made it, or somebody did and pushed it, which merges as well and proves nothing (C32).
  const merged = only && commit.committer === "web-flow" && commit.sha !== only.head ? only : undefined;
  return {
    sha: commit.sha,
    firstParent: parent ?? null,
    committedAt: commit.at,
    pullRequest: merged ? { number: merged.number, id: merged.id, headSha: merged.head } : null,
    policy: policyOf(commit),
    changes: changes(before, commit.tree).map((change) => {
      const file = commit.tree.get(change.path) ?? before.get(change.path);
      return { ...change, blob: objectId(file ? blobId(file.text) : "0".repeat(40)) };
    }),
  };
}
