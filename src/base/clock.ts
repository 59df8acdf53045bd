/** The one source of "now". Passed in, never read from a global, so that windows can be tested at their edges. */
export interface Clock {
  /** Current time; only ever compared with GitHub's own clock (skew over 30 s: not ready). */
  now(): Date;
}
/** Lets so many milliseconds pass. Passed in as the clock is: who tests what happens after a wait need not wait for it. */
export type Pause = (milliseconds: number) => Promise<void>;

export const systemClock: Clock = { now: () => new Date() };
