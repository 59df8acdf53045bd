import type { Clock } from "../../src/base/clock.ts";

/** A clock that stands still until a test moves it. */
export interface TestClock extends Clock {
  advance(seconds: number): void;
}
export function testClock(start = "2026-11-23T09:00:00Z"): TestClock {
  let now = Date.parse(start);
  return { now: () => new Date(now), advance: (seconds) => void (now += seconds * 1000) };
}
