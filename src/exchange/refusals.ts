import { formatInstant } from "../base/duration.ts";
import { repositoryId, type RepositoryId } from "../base/ids.ts";
import type { RefusedEntry } from "../ledger/types.ts";
import type { Code } from "./codes.ts";
import type { ExchangeDeps } from "./types.ts";

/** A refusal is in the ledger ten minutes after it at the latest: half to gather, half in the batch's queue. */
const gather = 300_000;
/** Entries of one flush: a flood of codes and repositories stays a small part of a batch (C66). */
const mostPerFlush = 200;
/** At most one write to the database in this time, however many refusals there are. */
const storeEvery = 1000;

/** Counts refusals of jobs of repositories with grants; strangers are only logged. */
export class Refusals {
  readonly #deps: ExchangeDeps;
  readonly #counts = new Map<
    string,
    { access: RepositoryId; job: RepositoryId; code: Code; count: number; first: Date }
  >();
  #storedAt = Number.NEGATIVE_INFINITY;

  constructor(deps: ExchangeDeps) {
    this.#deps = deps;
  }

  note(access: RepositoryId, job: RepositoryId, code: Code): void {
    const key = `${access}:${job}:${code}`;
    const known = this.#counts.get(key);
    if (known) known.count++;
    else this.#counts.set(key, { access, job, code, count: 1, first: this.#deps.clock.now() });
    if (performance.now() - this.#storedAt < storeEvery) return;
    this.#storedAt = performance.now();
    this.#store().catch((err: unknown) => this.#deps.log.warn({ err }, "refusals could not be stored"));
  }

  /** Turns what was gathered into entries, one per code and repository. */
  async flush(): Promise<void> {
    await this.#store();
    const { db, clock, recorder, newId } = this.#deps;
    const now = clock.now();
    await db.transaction().execute(async (trx) => {
      const due = await trx
        .selectFrom("refusal")
        .selectAll()
        .where("first_at", "<=", new Date(now.getTime() - gather))
        .orderBy("first_at")
        .limit(mostPerFlush)
        .forUpdate()
        .execute();
      for (const row of due) {
        const entry: RefusedEntry = {
          v: 1,
          id: newId(),
          at: formatInstant(now),
          type: "refused",
          code: row.code,
          repository_id: Number(row.repository_id),
          count: row.count,
          first_at: formatInstant(row.first_at),
        };
        await recorder.append(trx, repositoryId(row.access_repository_id), [entry], new Date(now.getTime() + gather));
        await trx
          .deleteFrom("refusal")
          .where("access_repository_id", "=", row.access_repository_id)
          .where("repository_id", "=", row.repository_id)
          .where("code", "=", row.code)
          .execute();
      }
    });
  }

  async #store(): Promise<void> {
    const counted = [...this.#counts];
    this.#counts.clear();
    for (const [key, { access, job, code, count, first }] of counted) {
      try {
        await this.#deps.db
          .insertInto("refusal")
          .values({ access_repository_id: access, repository_id: job, code, count, first_at: first })
          .onConflict((c) =>
            c
              .columns(["access_repository_id", "repository_id", "code"])
              .doUpdateSet((b) => ({ count: b("refusal.count", "+", count) })),
          )
          .execute();
      } catch (error) {
        const since = this.#counts.get(key);
        this.#counts.set(key, { access, job, code, count: count + (since?.count ?? 0), first });
        throw error;
      }
    }
  }
}
