import { setImmediate } from "node:timers/promises";
import type { Clock, Pause } from "../../src/base/clock.ts";

/** Waits no longer than it takes to let others run: for tests of what comes after a wait, not of the wait itself. */
export const pause: Pause = () => setImmediate();

/** A clock that stands still until a test moves it. */
export interface TestClock extends Clock {
  advance(seconds: number): void;
}
export function testClock(start = "2026-11-23T09:00:00Z"): TestClock {
  let now = Date.parse(start);
  return { now: () => new Date(now), advance: (seconds) => void (now += seconds * 1000) };
}
