import { isFrozenApprover } from "./freeze.ts";
import { headPush } from "./history.ts";
import type { Actor, DecisionInput, IgnoredReason, Review } from "./types.ts";
import type { UserId } from "../base/ids.ts";

type Input = Omit<DecisionInput, "memberships">;
export type AuthoredReview = Review & { readonly author: Actor };

export interface JudgedReviews {
  /** Approvals that count where their author is an owner. */
  readonly approvals: readonly AuthoredReview[];
  /** Requests for changes that block where their author is an owner. */
  readonly objections: readonly AuthoredReview[];
  readonly ignored: readonly { readonly review: Review; readonly reason: IgnoredReason }[];
}

/** Everything about reviews but ownership, which needs live memberships. */
export function judgeReviews(input: Input): JudgedReviews {
  const barred = barredPeople(input);
  const approvals: AuthoredReview[] = [];
  const objections: AuthoredReview[] = [];
  const ignored: { review: Review; reason: IgnoredReason }[] = [];
  for (const review of latestOfEach(input.snapshot.reviews)) {
    const reason = whyIgnored(review, input, barred);
    if (reason !== undefined) ignored.push({ review, reason });
    else if (isAuthored(review)) (review.state === "APPROVED" ? approvals : objections).push(review);
  }
  return { approvals, objections, ignored };
}

const isAuthored = (review: Review): review is AuthoredReview => review.author !== null;

/**
 * One review per person: the newest. A dismissed review voids that person's word; an earlier approval does not come back, as
 * it does in policy-bot. Of two in one second the later in GitHub's order is the newer. Ghosts cannot be told apart.
 */
function latestOfEach(reviews: readonly Review[]): readonly Review[] {
  const ghosts = reviews.filter((review) => review.author === null);
  const newest = new Map<UserId, AuthoredReview>();
  for (const review of reviews.filter(isAuthored)) {
    const other = newest.get(review.author.id);
    if (other === undefined || review.submittedAt >= other.submittedAt) newest.set(review.author.id, review);
  }
  return [...newest.values(), ...ghosts];
}

/** People who may not approve this, with the first reason that holds (C19, C63). `web-flow` is no person. */
export function barredPeople({
  snapshot,
  excluded,
}: Pick<Input, "snapshot" | "excluded">): ReadonlyMap<
  UserId,
  { readonly actor: Actor; readonly reason: IgnoredReason }
> {
  const found = new Map<UserId, { actor: Actor; reason: IgnoredReason }>();
  const bar = (actor: Actor | null | undefined | "web-flow", reason: IgnoredReason): void => {
    if (actor && actor !== "web-flow" && !found.has(actor.id)) found.set(actor.id, { actor, reason });
  };
  bar(snapshot.pullRequest.author, "requester");
  for (const commit of snapshot.commits) for (const author of commit.authors) bar(author, "author");
  for (const commit of snapshot.commits) bar(commit.committer, "committer");
  bar(headPush(snapshot)?.actor, "last_pusher");
  for (const actor of excluded) bar(actor, "excluded");
  return found;
}

function whyIgnored(
  review: Review,
  { snapshot, policy, planPostedAt }: Input,
  barred: ReturnType<typeof barredPeople>,
): IgnoredReason | undefined {
  const { author } = review;
  if (author === null) return "ghost";
  if (author.kind !== "user") return "bot";
  if (review.state === "DISMISSED") return "dismissed";
  const bar = barred.get(author.id)?.reason;
  // A co-author or pusher may not approve, but may well object; the requester objects by closing the pull request.
  if (bar !== undefined && (review.state === "APPROVED" || bar === "requester")) return bar;
  if (isFrozenApprover(policy.settings.frozen, author)) return "frozen_approver";
  if (!review.canPush) return "no_write";
  if (review.state === "CHANGES_REQUESTED") return undefined; // on any commit: an objection outlives a push
  if (review.commit !== snapshot.pullRequest.headSha) return "stale_commit";
  // Strictly after (C60, C68); how the whole seconds of GitHub's clock are told apart is pull-request/posted-plan.ts.
  if (planPostedAt === null || review.submittedAt <= planPostedAt) return "before_plan";
  return undefined;
}
