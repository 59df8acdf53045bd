import type { Clock } from "../base/clock.ts";
import { RetryLater } from "../base/errors.ts";

/**
 * GitHub's documented limits for requests that create content: 80 a minute and 500 an hour per installation ("About
 * secondary rate limits"); changing what exists (a title, a check run) is not counted by it. Each kind of write may use only a share, so that the ledger always has room: what may not be
 * recorded may not be released, and a flood of comments must not stop that.
 */
const limits = [
  { seconds: 60, most: 80 },
  { seconds: 3600, most: 500 },
] as const;
const share = { ledger: 1, merge: 0.9, check: 0.8, comment: 0.6 } as const;
export type WriteKind = keyof typeof share;

export class WriteBudget {
  readonly #clock: Clock;
  readonly #writes = new Map<number, number[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Seconds until a write of this kind is allowed; 0: now. */
  wait(installation: number, kind: WriteKind): number {
    const now = this.#clock.now().getTime() / 1000;
    const times = (this.#writes.get(installation) ?? []).filter((at) => at > now - 3600);
    this.#writes.set(installation, times);
    let wait = 0;
    for (const { seconds, most } of limits) {
      const inside = times.filter((at) => at > now - seconds);
      const allowed = Math.floor(most * share[kind]);
      const oldest = inside[inside.length - allowed];
      if (inside.length >= allowed && oldest !== undefined) wait = Math.max(wait, Math.ceil(oldest + seconds - now));
    }
    return wait;
  }

  /** Counts one write. @throws RetryLater where the budget is used up: nothing was sent. */
  spend(installation: number, kind: WriteKind): void {
    const after = this.wait(installation, kind);
    if (after > 0) throw new RetryLater("write_budget", "Waiting for GitHub's limit on writes.", { after });
    this.#writes.get(installation)?.push(this.#clock.now().getTime() / 1000);
  }
}
