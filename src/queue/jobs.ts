import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import type { Clock } from "../base/clock.ts";
import type { Seconds } from "../base/duration.ts";
import type { Db } from "../store/index.ts";

// The queue is one table of keys, not pg-boss or graphile-worker, after trying both:
// - pg-boss wakes its workers by polling, 500 ms at the least; its LISTEN/NOTIFY works on PostgreSQL only, and an approving
//   webhook should release credentials in under a second on both stores;
// - on PGlite it must own the instance, which has one connection: beside our pool its statements would run inside whichever
//   transaction of ours is open, so no job could be added in the transaction that makes it necessary;
// - graphile-worker's `run()` hangs on PGlite, since LISTEN takes the only connection.
// What we need is small: jobs coalesced by key, an event during a run causes another run, one running job per key.
//
// A row is due when `run_at` has come. A run takes the lease `job:<key>`, remembers `wanted` in `seen` and moves `run_at`
// out of sight; what is enqueued meanwhile raises `wanted` and brings `run_at` back. The row goes only if `wanted` is still
// `seen`. A lease row whose time is over, of a job, is a run that crashed: it is due again.

/** Where `run_at` is while a job runs. Not 'infinity', which drivers turn into something that is no date. */
const outOfSight = new Date("9999-01-01T00:00:00Z");

const leaseName = (key: string): string => `job:${key}`;

export interface Claim {
  readonly key: string;
  readonly token: string;
  readonly wanted: number;
  /** Failed runs so far, in a row. */
  readonly attempts: number;
}

/**
 * Asks for a run of `key` at `runAt` (default: now), together with whatever else asked: the earliest time wins. Handlers are
 * level-triggered, so a run answers all who asked before it began, **also for a later time**: a handler that has to look
 * again later says so in every run. Give a transaction to enqueue together with what makes the run necessary.
 */
export async function enqueueJob(db: Db, clock: Clock, key: string, runAt: Date = clock.now()): Promise<void> {
  await db
    .insertInto("job")
    .values({ key, wanted: 1, seen: 0, run_at: runAt, last_error: null })
    .onConflict((c) =>
      c.column("key").doUpdateSet((eb) => ({
        wanted: eb("job.wanted", "+", 1),
        run_at: sql<Date>`least(job.run_at, excluded.run_at)`,
      })),
    )
    .execute();
}

/** Keys that may be claimed now, the longest waiting first. */
export async function dueJobs(
  db: Db,
  clock: Clock,
  running: readonly string[],
  limit: number,
): Promise<readonly { key: string; abandoned: boolean }[]> {
  const now = clock.now();
  const { rows } = await sql<{ key: string; abandoned: boolean }>`
    select job.key, lease.name is not null as abandoned
    from job left join lease on lease.name = 'job:' || job.key
    where ((job.run_at <= ${now} and lease.name is null) or lease.until <= ${now})
      and (job.held_until is null or job.held_until <= ${now})
      and not (job.key = any(${running}::text[]))
    order by job.run_at limit ${limit}`.execute(db);
  return rows;
}

/** Takes the lease of a key and notes what the run answers; undefined where another worker was faster. */
export async function claimJob(
  db: Db,
  clock: Clock,
  job: { key: string; abandoned: boolean },
  seconds: Seconds,
): Promise<Claim | undefined> {
  const now = clock.now();
  const token = randomUUID();
  const until = new Date(now.getTime() + seconds * 1000);
  return db.transaction().execute(async (trx) => {
    const lease = await trx
      .insertInto("lease")
      .values({ name: leaseName(job.key), token, until })
      .onConflict((c) => c.column("name").doUpdateSet({ token, until }).where("lease.until", "<=", now))
      .returning("token")
      .executeTakeFirst();
    if (!lease) return undefined;
    const row = await trx
      .updateTable("job")
      .set((eb) => ({ seen: eb.ref("wanted"), run_at: outOfSight }))
      .where("key", "=", job.key)
      .where((eb) => (job.abandoned ? eb.val(true) : eb("run_at", "<=", now)))
      .returning(["wanted", "attempts"])
      .executeTakeFirst();
    if (row) return { key: job.key, token, ...row };
    // Another worker ran it between our two looks.
    await trx.deleteFrom("lease").where("name", "=", leaseName(job.key)).where("token", "=", token).execute();
    return undefined;
  });
}

/**
 * Ends a run that went well: the row goes, unless somebody asked again since the run began. `again`: when it is to run next
 * in any case (the sweep). @returns false where the lease was lost: the job is another worker's now, and is left alone.
 */
export async function finishJob(db: Db, clock: Clock, claim: Claim, again?: Date): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    if (!(await dropLease(trx, claim))) return false;
    if (again) await enqueueJob(trx, clock, claim.key, again);
    await trx.deleteFrom("job").where("key", "=", claim.key).where("wanted", "=", claim.wanted).execute();
    await trx
      .updateTable("job")
      .set({ attempts: 0, last_error: null, held_until: null })
      .where("key", "=", claim.key)
      .execute();
    return true;
  });
}

export interface Failure {
  /** One line for operators; no token, no body. */
  readonly error: string;
  readonly retryAt: Date;
  /** Not before this, even if somebody asks again: what the other side told us, or a floor against a storm of events. */
  readonly heldUntil: Date;
}

/** Ends a run that failed. @returns false where the lease was lost. */
export async function failJob(db: Db, claim: Claim, failure: Failure): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    if (!(await dropLease(trx, claim))) return false;
    await trx
      .updateTable("job")
      .set((eb) => ({
        // Who asked during the run still gets its time, held back by held_until.
        run_at: sql<Date>`least(run_at, ${failure.retryAt})`,
        held_until: failure.heldUntil,
        attempts: eb("attempts", "+", 1),
        last_error: failure.error,
      }))
      .where("key", "=", claim.key)
      .execute();
    return true;
  });
}

async function dropLease(trx: Db, claim: Claim): Promise<boolean> {
  const result = await trx
    .deleteFrom("lease")
    .where("name", "=", leaseName(claim.key))
    .where("token", "=", claim.token)
    .executeTakeFirst();
  return result.numDeletedRows === 1n;
}
