import type { Clock } from "../base/clock.ts";
import type { RepositoryId } from "../base/ids.ts";
import { coalesce } from "../recorder/index.ts";
import type { Db } from "../store/index.ts";
import { explainEnded, workflowRepositories } from "./grants.ts";

/** At most one look into the database in this time, however many strangers knock. */
const pause = 1000;

/** Which repositories have live or pending grants, in memory: what strangers' tokens are held against before anything is spent on them. */
export class ActiveRepositories {
  readonly #db: Db;
  readonly #clock: Clock;
  readonly #read: () => Promise<void>;
  #known: ReadonlySet<RepositoryId> = new Set();
  #readAt = Number.NEGATIVE_INFINITY;
  #pending: Promise<void> | undefined;

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
    this.#read = coalesce(async () => {
      this.#known = await workflowRepositories(this.#db, new Date(this.#clock.now().getTime() - explainEnded));
    });
  }

  /** Reads the database; a grant that was committed before the call is known when it resolves. */
  async refresh(): Promise<void> {
    this.#readAt = performance.now();
    const read = this.#read().finally(() => {
      if (this.#pending === read) this.#pending = undefined;
    });
    this.#pending = read;
    await read;
  }

  /** On a miss the database is asked, so that a grant counts as soon as it is there, but only once a second. */
  async has(id: RepositoryId): Promise<boolean> {
    if (this.#known.has(id)) return true;
    if (performance.now() - this.#readAt >= pause) await this.refresh();
    // Whoever comes during a look, whoever began it, waits for it: else an honest job that comes second would be refused.
    else await this.#pending;
    return this.#known.has(id);
  }
}
