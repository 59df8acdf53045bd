import type { Clock } from "../../src/base/clock.ts";

/** Real time plus what was skipped: every part of the sandbox looks at this one clock, so that an hour can pass at once. */
export class SandboxClock implements Clock {
  #skipped = 0;
  now(): Date {
    return new Date(Date.now() + this.#skipped);
  }
  skip(seconds: number): void {
    this.#skipped += seconds * 1000;
  }
}
