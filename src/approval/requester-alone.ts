import type { Actor, Snapshot } from "./types.ts";
import { realPushes } from "./history.ts";
import { listOf } from "./nodes.ts";

const noCommit = "0".repeat(40);

/**
 * Why the branch is not the requester's alone, in words that follow "since"; undefined: it is. Only pushes tell, since
 * commits can be forged (C54). The rows must be whole, from the branch's creation to its head without a gap: GitHub lists
 * the newest hundred, and a stranger's push that was put back by force is told by nothing but its row.
 */
export function pushedByAnother({ pullRequest, pushes: all, ...rest }: Snapshot): string | undefined {
  const requester = pullRequest.author;
  const pushes = realPushes({ pullRequest, pushes: all, ...rest });
  const others = pushes.filter((push) => push.actor === null || push.actor.id !== requester?.id);
  if (others.length > 0) {
    const names = others.flatMap((push) => push.actor?.login ?? []);
    return `${names.length === 0 ? "somebody" : listOf([...new Set(names)])} pushed to this branch too`;
  }
  const whole = pushes.every((push, i) => push.before === (i === 0 ? noCommit : pushes[i - 1]?.after));
  return pushes.length > 0 && whole ? undefined : "GitHub does not show every push since the branch was made";
}

/** Why a commit is not the requester's alone, in words that follow "since". `web-flow` is GitHub for the requester. */
export function committedByAnother({ pullRequest, commits }: Snapshot): string | undefined {
  const isRequester = (who: Actor | null): boolean => who !== null && who.id === pullRequest.author?.id;
  const strange = commits.filter(
    ({ authors, committer }) => !authors.every(isRequester) || !(committer === "web-flow" || isRequester(committer)),
  );
  if (strange.length === 0) return undefined;
  return `${strange.map((commit) => commit.sha.slice(0, 7)).join(", ")} has another author, co-author or committer`;
}
