/** The one source of "now". Passed in, never read from a global, so that windows can be tested at their edges. */
export interface Clock {
  /** Current time; only ever compared with GitHub's own clock (skew over 30 s: not ready). */
  now(): Date;
}
export const systemClock: Clock = { now: () => new Date() };
