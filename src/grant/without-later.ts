import type { Snapshot } from "../approval/types.ts";

/** GitHub's machines agree on the time, and write whole seconds: a review of just before the merge may look later than it. */
const clockSlackMs = 5000;

/**
 * What was merged was approved by then or not at all: an approval that came after the merge, in place of one that was taken back
 * before it, mends nothing. Objections count whenever they come.
 */
export const withoutLater = (snapshot: Snapshot, merged: Date): Snapshot => ({
  ...snapshot,
  reviews: snapshot.reviews.filter(
    (review) => review.state !== "APPROVED" || review.submittedAt.getTime() <= merged.getTime() + clockSlackMs,
  ),
});
