import type { CommitSha, UserId } from "../base/ids.ts";
import type { Actor, Snapshot } from "./types.ts";

/** A request that a job asked for and that we opened, from our own record; never from text of the pull request. */
export interface AskedByJob {
  /** The job's `actor_id`. */
  readonly requester: Actor;
  /** Who pressed the button for that attempt; may not approve either (C63). */
  readonly triggeredBy: Actor;
  /** Our own account, which opened the pull request and made its only push. */
  readonly bot: Actor;
  readonly branch: string;
  /** The one commit, that we made. */
  readonly commit: CommitSha;
}

export type OnBehalf =
  /** To be decided like the requester's own pull request, with these people excluded as approvers beside, and by owners alone where a job asked. */
  | { readonly ok: true; readonly snapshot: Snapshot; readonly excluded: readonly Actor[]; readonly byJob: boolean }
  /** No longer what we opened: no approval counts. */
  | { readonly ok: false; readonly why: string };

const noCommit = "0".repeat(40);

/**
 * A pull request of ours as the requester's (DESIGN.md section 6, POST /requests): who asked is the author for every rule, and
 * our account is author, committer and pusher of the one commit that we made, whose id we know. That holds only while nothing
 * of it is anybody else's: a push by another account, also one that puts our commit back, denies for good, since what people
 * saw in between is not what a job asked for. What GitHub does not show yet is left to the gates, which try again.
 */
export function onBehalfOfRequester(snapshot: Snapshot, asked: AskedByJob): OnBehalf {
  const { bot, branch, commit, requester, triggeredBy } = asked;
  const { pullRequest, pushes, commits } = snapshot;
  const denied = (why: string): OnBehalf => ({ ok: false, why: `${why}: have the job ask again.` });
  if (pullRequest.author?.id !== bot.id) return denied("Countersign did not open this pull request");
  if (pullRequest.headRef !== branch) return denied(`Its branch is not ${branch}`);
  if (pushes.some((push) => push.after !== noCommit && !isOurs(push, bot.id, commit)))
    return denied("Somebody else pushed to this branch, which is Countersign's own");
  if (pullRequest.headSha !== commit || commits.some(({ sha }) => sha !== commit))
    return denied("It holds another commit than the one that Countersign made for the job");
  return {
    ok: true,
    snapshot: {
      ...snapshot,
      pullRequest: { ...pullRequest, author: requester },
      // GitHub names no account for an App's commit, which denies everywhere else (C20). This one we made.
      commits: commits.map(({ sha }) => ({ sha, authors: [bot], committer: bot })),
    },
    excluded: triggeredBy.id === requester.id ? [] : [triggeredBy],
    byJob: true,
  };
}

const isOurs = (push: Snapshot["pushes"][number], bot: UserId, commit: CommitSha): boolean =>
  push.actor?.id === bot && push.after === commit;
