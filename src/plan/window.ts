import type { Seconds } from "../base/duration.ts";
import type { AwsPlanData, Window } from "./types.ts";

/** AWS gives no session under 15 minutes. */
export const AWS_MIN_SESSION: Seconds = 900;

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

/** `DurationSeconds`: to the end, at most the role's `max_session`, at least AWS's minimum (the session policy ends it in time). */
export function awsDurationSeconds(data: Pick<AwsPlanData, "max_session">, window: Window, now: Date): Seconds {
  const left = Math.floor((window.expiresAt.getTime() - now.getTime()) / 1000);
  return Math.max(AWS_MIN_SESSION, Math.min(data.max_session, left));
}
