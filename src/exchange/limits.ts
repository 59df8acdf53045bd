import { Buckets, type Rate } from "../base/buckets.ts";
import type { Clock } from "../base/clock.ts";
import type { RepositoryId } from "../base/ids.ts";

/**
 * What the jobs of one repository may cause, so that a flood of one harms no other (C66). A refusal costs ten times what a
 * success does: a matrix of jobs comes all at once and is let in, a loop that is refused slows down soon.
 */
const refusalCost = 10;

/**
 * Two counts, with one and the same rate. What bears GitHub's signature counts for its repository. What does not could name
 * anybody's, so it counts apart: else a forger could shut out whom he names. And it counts at all, so that whoever is denied
 * meets the same limit, known or unknown, and learns nothing by it (C44).
 */
export class RepositoryLimits {
  readonly #verified: Buckets;
  readonly #claimed: Buckets;
  readonly #clock: Clock;
  constructor(rate: Rate, clock: Clock) {
    this.#clock = clock;
    this.#verified = new Buckets(rate);
    this.#claimed = new Buckets(rate);
  }

  /** For a verified token, before anything is read for it. @returns seconds to wait, 0: go on */
  enter(repository: RepositoryId): number {
    return this.#verified.take(repository, this.#clock.now().getTime());
  }
  refused(repository: RepositoryId): void {
    this.#verified.charge(repository, this.#clock.now().getTime(), refusalCost - 1);
  }
  /** For a token that was denied without a valid signature. @returns seconds to wait, 0: below the limit */
  denied(claimed: RepositoryId): number {
    const now = this.#clock.now().getTime();
    const wait = this.#claimed.take(claimed, now);
    if (wait === 0) this.#claimed.charge(claimed, now, refusalCost - 1);
    return wait;
  }
}
