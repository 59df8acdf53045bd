/** A rate: so many at once, and so many a second after that. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/**
 * Token buckets by key, in memory: a limit on what one sender may cause, of each process. Time is passed in, in milliseconds;
 * where its clock was set back, nothing is taken away for it. At most `most` keys are kept; the one that was not seen for the longest goes first, so
 * that senders without end take no memory without end.
 */
export class Buckets {
  readonly #rate: Rate;
  readonly #most: number;
  readonly #levels = new Map<string | number, { readonly level: number; readonly at: number }>();

  constructor(rate: Rate, most = 10_000) {
    this.#rate = rate;
    this.#most = most;
  }

  /** Takes one. @returns 0 where it was there; else the seconds until one will be, and nothing was taken. */
  take(key: string | number, now: number): number {
    const level = this.#level(key, now);
    this.#keep(key, level >= 1 ? level - 1 : level, now);
    return level >= 1 ? 0 : (1 - level) / this.#rate.perSecond;
  }

  /** Takes more than one for what turned out to be costly, down to a debt of one burst. */
  charge(key: string | number, now: number, cost: number): void {
    this.#keep(key, Math.max(-this.#rate.burst, this.#level(key, now) - cost), now);
  }

  #level(key: string | number, now: number): number {
    const { burst, perSecond } = this.#rate;
    const known = this.#levels.get(key);
    return known ? Math.min(burst, known.level + (Math.max(0, now - known.at) / 1000) * perSecond) : burst;
  }

  #keep(key: string | number, level: number, at: number): void {
    this.#levels.delete(key);
    this.#levels.set(key, { level, at });
    const oldest = this.#levels.keys().next().value;
    if (this.#levels.size > this.#most && oldest !== undefined) this.#levels.delete(oldest);
  }
}
