import { gate, type Gate } from "./nodes.ts";
import type { Actor, CommitInfo, Push, Snapshot } from "./types.ts";

const zeros = "0".repeat(40);

/** Rows that left a commit on the branch: its deletion after the merge says nothing about who wrote what was merged. */
export const realPushes = (snapshot: Snapshot): readonly Push[] =>
  snapshot.pushes.filter((push) => push.after !== zeros);

/**
 * The push that brought the head, undefined where GitHub does not show it yet. While the pull request is open it must be the
 * newest push. After the merge the branch may live on, so there the newest push of exactly the merged head is meant.
 */
export function headPush(snapshot: Snapshot): Push | undefined {
  const { headSha, state } = snapshot.pullRequest;
  const pushes = realPushes(snapshot);
  const newest = state === "merged" ? pushes.findLast((push) => push.after === headSha) : pushes.at(-1);
  return newest?.after === headSha ? newest : undefined;
}

/** Whether an author or committer is an account. `web-flow` without GitHub's signature is a name that anyone can write. */
const known = (who: Actor | null | "web-flow"): boolean =>
  who === "web-flow" || (who !== null && who.login !== "web-flow");

const short = (commits: readonly CommitInfo[]): string => commits.map((commit) => commit.sha.slice(0, 7)).join(", ");

/** Who wrote and who pushed: the activity API for pushes, since commits are forgeable; commits for whom they name. */
export function historyGates(snapshot: Snapshot): readonly Gate[] {
  const { headSha, headRepositoryId, state } = snapshot.pullRequest;
  // A fork's pushes and a closed branch's are not shown and never will be: those are denied, trying again is no cure.
  const final = headRepositoryId !== snapshot.repository.id || state === "closed";
  const head = headSha.slice(0, 7);
  const { commits } = snapshot;
  const strangers = commits.filter((commit) => commit.authors.length === 0 || !commit.authors.every(known));
  const uncommitted = commits.filter((commit) => !known(commit.committer));
  return [
    gate(
      "push_visible",
      final || headPush(snapshot) !== undefined,
      final ? "Who pushed no longer matters." : `GitHub shows who pushed ${head}.`,
      `GitHub does not show the push of ${head} yet: trying again.`,
      "retry",
    ),
    gate(
      "pushed_by_known",
      realPushes(snapshot).every((push) => push.actor !== null),
      "Every push has a name.",
      "GitHub does not say who made a push to this branch: push the change to a new branch and open a new pull request.",
    ),
    gate(
      "commits_complete",
      commits.some((commit) => commit.sha === headSha),
      `${commits.length === 1 ? "One commit" : `${commits.length} commits`} up to ${head}.`,
      `GitHub does not list ${head} among the commits yet: trying again.`,
      "retry",
    ),
    gate(
      "authors_known",
      strangers.length === 0,
      "Every author and co-author has a GitHub account.",
      `An author or co-author of ${short(strangers)} has no GitHub account: commit again with an address that your account has.`,
    ),
    gate(
      "committers_known",
      uncommitted.length === 0,
      "Every committer has a GitHub account.",
      `The committer of ${short(uncommitted)} has no GitHub account: commit again with an address that your account has.`,
    ),
  ];
}
