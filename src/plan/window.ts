import type { Seconds } from "../base/duration.ts";
import type { Window } from "./types.ts";

/**
 * The window of a grant, from GitHub's clock alone, so that a rebuild from git gets the same (DESIGN.md section 4, Windows).
 * With `start` the slot is wall-clock: a late approval shortens it, to nothing where it comes after the end; a caller treats
 * `notBefore >= expiresAt` as expired. Without, it runs from the merge.
 * @param mergedAt the merge commit's committer time
 */
export function planWindow(
  plan: { readonly start?: Date | string | null | undefined; readonly duration: Seconds },
  mergedAt: Date,
): Window {
  const start = plan.start === null || plan.start === undefined ? mergedAt : new Date(plan.start);
  const expiresAt = new Date(start.getTime() + plan.duration * 1000);
  const notBefore = start > mergedAt ? start : mergedAt;
  if (Number.isNaN(expiresAt.getTime()) || Number.isNaN(notBefore.getTime())) throw new TypeError("not an instant");
  return { notBefore, expiresAt };
}
