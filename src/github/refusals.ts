import type { Clock } from "../base/clock.ts";

/** An installation's permissions seldom change, and a refused field costs nothing but the words. */
const rememberMs = 3_600_000;

/** Repositories where GitHub does not answer an optional part of a query: it is left out there for an hour. */
export class Refusals {
  readonly #clock: Clock;
  readonly #until = new Map<string, number>();
  constructor(clock: Clock) {
    this.#clock = clock;
  }
  has(fullName: string): boolean {
    const until = this.#until.get(fullName.toLowerCase());
    if (until === undefined) return false;
    if (this.#clock.now().getTime() < until) return true;
    this.#until.delete(fullName.toLowerCase());
    return false;
  }
  note(fullName: string): void {
    this.#until.set(fullName.toLowerCase(), this.#clock.now().getTime() + rememberMs);
  }
}
