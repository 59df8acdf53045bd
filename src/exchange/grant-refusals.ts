import { commentKey } from "../pull-request/index.ts";
import { codes, type Code } from "./codes.ts";
import type { Refused } from "./refused.ts";
import type { ExchangeDeps } from "./types.ts";

/** At most one write to the database in this time, however many refusals there are (C66). */
const storeEvery = 1000;
/** The same refusal again is no news for so long. */
const sameFor = 300_000;
/** Grants that are refused between two writes: more are a flood, and the ledger counts that. */
const mostGrants = 200;

interface Noted {
  readonly code: Code;
  readonly words: string;
  readonly correlationId: string;
  readonly at: Date;
}

/**
 * Remembers the last refusal under each grant, for the comment on its pull request: there, and never in the answer, who may
 * read the access repo learns why, with the correlation id under which the server's log has it. Constants of ours and an id
 * that we made: nothing of the job's is kept.
 */
export class GrantRefusals {
  readonly #deps: Pick<ExchangeDeps, "db" | "clock" | "log" | "enqueue">;
  readonly #noted = new Map<string, Noted>();
  #storedAt = Number.NEGATIVE_INFINITY;
  #flushing: Promise<void> = Promise.resolve();

  constructor(deps: Pick<ExchangeDeps, "db" | "clock" | "log" | "enqueue">) {
    this.#deps = deps;
  }

  /** Waiting, hurrying and outages of ours are no refusals. */
  note(grant: string, refusal: Refused, correlationId: string): void {
    const { code } = refusal;
    const { status, sentence, cure } = codes[code];
    if (status >= 429 || code === "authorization_pending") return;
    if (this.#noted.size >= mostGrants && !this.#noted.has(grant)) return;
    const words = refusal.text ?? `${sentence} ${cure}`;
    this.#noted.set(grant, { code, words, correlationId, at: this.#deps.clock.now() });
    if (performance.now() - this.#storedAt < storeEvery) return;
    this.#storedAt = performance.now();
    void this.flush();
  }

  /** Stores what was noted, and has the comments of those grants looked at. One after another, so that nobody finds half of it. */
  flush(): Promise<void> {
    this.#flushing = this.#flushing.then(() => this.#flush());
    return this.#flushing;
  }

  async #flush(): Promise<void> {
    const noted = [...this.#noted];
    this.#noted.clear();
    for (const [grant, refusal] of noted) {
      try {
        if (await this.#store(grant, refusal)) await this.#tell(grant);
      } catch (err) {
        // The log and the ledger have it; one that cannot be told keeps none of the others.
        this.#deps.log.warn({ err, grant }, "a refusal could not be told");
      }
    }
  }

  async #store(grant: string, { code, words, correlationId, at }: Noted): Promise<boolean> {
    const values = { code, words, correlation_id: correlationId, at };
    const { numInsertedOrUpdatedRows } = await this.#deps.db
      .insertInto("grant_refusal")
      .values({ grant_id: grant, ...values })
      .onConflict((c) =>
        c
          .column("grant_id")
          .doUpdateSet(values)
          .where((b) =>
            b.or([b("grant_refusal.code", "<>", code), b("grant_refusal.at", "<=", new Date(at.getTime() - sameFor))]),
          ),
      )
      .executeTakeFirst();
    return numInsertedOrUpdatedRows === 1n;
  }

  async #tell(grant: string): Promise<void> {
    const { db, enqueue } = this.#deps;
    const row = await db
      .selectFrom("grant")
      .select(["repository_id", "pull_request"])
      .where("id", "=", grant)
      .executeTakeFirst();
    if (row) await enqueue(commentKey(Number(row.repository_id), row.pull_request));
  }
}
