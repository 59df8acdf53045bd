import { coalesce } from "../recorder/index.ts";

/** At most one look into the database in this time, however many strangers knock. */
const pause = 1000;

/**
 * Ids that the database knows, in memory: what strangers' tokens are held against before anything is spent on them
 * (DESIGN.md section 4, Fail closed). `/token`: repositories with live or pending grants. `/requests`: owners of access repos.
 */
export class KnownIds<Id> {
  readonly #read: () => Promise<void>;
  #known: ReadonlySet<Id> = new Set();
  #readAt = Number.NEGATIVE_INFINITY;
  #pending: Promise<void> | undefined;

  constructor(read: () => Promise<ReadonlySet<Id>>) {
    this.#read = coalesce(async () => {
      this.#known = await read();
    });
  }

  /** Reads the database; what was committed before the call is known when it resolves. */
  async refresh(): Promise<void> {
    this.#readAt = performance.now();
    const read = this.#read().finally(() => {
      if (this.#pending === read) this.#pending = undefined;
    });
    this.#pending = read;
    await read;
  }

  /** On a miss the database is asked, so that an id counts as soon as it is there, but only once a second. */
  async has(id: Id): Promise<boolean> {
    if (this.#known.has(id)) return true;
    if (performance.now() - this.#readAt >= pause) await this.refresh();
    // Whoever comes during a look, whoever began it, waits for it: else an honest job that comes second would be refused.
    else await this.#pending;
    return this.#known.has(id);
  }
}
