import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../base/clock.ts";
import type { Seconds } from "../base/duration.ts";
import { asyncCommit } from "./commits.ts";
import type { Db } from "./index.ts";

// Leases are rows, not advisory locks: on PGlite every session is the same session, where an advisory lock excludes nobody.
// A lease keeps replicas from doing the same work twice; it proves nothing to GitHub or a cloud, so whatever acts outside
// has its own compare-and-swap (DESIGN.md section 4). So none waits for the disk either: a database that crashes may forget who
// held one.

export interface Lease {
  readonly name: string;
  /** This holding; another holding of the same name has another token. */
  readonly token: string;
  /** Aborted once the lease is lost (it could not be renewed in time, or somebody took it over). */
  readonly signal: AbortSignal;
}

/** Takes a lease that nobody holds or whose time is over. @returns the token of this holding, or undefined. */
export async function acquireLease(db: Db, clock: Clock, name: string, seconds: Seconds): Promise<string | undefined> {
  const now = clock.now();
  const token = randomUUID();
  const until = new Date(now.getTime() + seconds * 1000);
  const row = await db
    .insertInto("lease")
    .values({ name, token, until })
    .onConflict((c) => c.column("name").doUpdateSet({ token, until }).where("lease.until", "<=", now))
    .returning(["token", asyncCommit])
    .executeTakeFirst();
  return row?.token;
}

/** Puts the end off. @returns false where the lease is no longer this holding's. */
export async function renewLease(
  db: Db,
  clock: Clock,
  name: string,
  token: string,
  seconds: Seconds,
): Promise<boolean> {
  const until = new Date(clock.now().getTime() + seconds * 1000);
  const rows = await db
    .updateTable("lease")
    .set({ until })
    .where("name", "=", name)
    .where("token", "=", token)
    .returning(asyncCommit)
    .execute();
  return rows.length === 1;
}

/** @returns false where the lease is no longer this holding's. */
export async function releaseLease(db: Db, name: string, token: string): Promise<boolean> {
  const rows = await db
    .deleteFrom("lease")
    .where("name", "=", name)
    .where("token", "=", token)
    .returning(asyncCommit)
    .execute();
  return rows.length === 1;
}

/**
 * Runs `fn` while holding the lease `name`, and renews it every third of `seconds` until `fn` is done. Crashes need no
 * clean-up: the lease ends by itself and the next caller takes it over.
 * @returns what `fn` returned; undefined, without calling it, where somebody else holds the lease.
 */
export async function withLease<T>(
  db: Db,
  clock: Clock,
  name: string,
  seconds: Seconds,
  fn: (lease: Lease) => Promise<T>,
): Promise<T | undefined> {
  const token = await acquireLease(db, clock, name, seconds);
  if (token === undefined) return undefined;
  const keeper = keepLease(db, clock, name, token, seconds);
  try {
    return await fn({ name, token, signal: keeper.signal });
  } finally {
    await keeper.stop();
    // The work is done and its result must not be lost, nor wait.
    await releaseLease(db, name, token).catch(() => void releaseLater(db, name, token, seconds));
  }
}

/**
 * A database that was away for a moment would else keep everybody from the work until the lease ends by itself: after a fail-over nothing would be
 * issued for half a minute.
 */
async function releaseLater(db: Db, name: string, token: string, seconds: Seconds): Promise<void> {
  for (let left = seconds; left > 0; left--) {
    await delay(1000, undefined, { ref: false });
    const done = await releaseLease(db, name, token).then(
      () => true,
      () => false,
    );
    if (done) return;
  }
}

/** Renews until stopped. `stop` resolves when no renewal is under way, so that none follows the release. */
export function keepLease(
  db: Db,
  clock: Clock,
  name: string,
  token: string,
  seconds: Seconds,
): { readonly signal: AbortSignal; stop(): Promise<void> } {
  const lost = new AbortController();
  let until = clock.now().getTime() + seconds * 1000;
  let renewal: Promise<void> = Promise.resolve();
  const renew = async (): Promise<void> => {
    const from = clock.now().getTime();
    try {
      if (await renewLease(db, clock, name, token, seconds)) until = from + seconds * 1000;
      else lost.abort(new Error(`lease ${name} was taken over`));
    } catch (cause) {
      // The database is away for a moment: the lease is ours until its time is over, and not a moment longer.
      if (clock.now().getTime() >= until) lost.abort(new Error(`lease ${name} could not be renewed`, { cause }));
    }
  };
  const timer = setInterval(
    () => {
      renewal = renewal.then(() => (lost.signal.aborted ? undefined : renew()));
    },
    (seconds * 1000) / 3,
  );
  timer.unref();
  return {
    signal: lost.signal,
    stop: async () => {
      clearInterval(timer);
      await renewal;
    },
  };
}

/**
 * Gives up every lease that a process before us held. Only for a store that one process has to itself (PGlite under its
 * lock): there whoever held them is dead, and its work need not wait for the time to run out.
 */
export async function forgetLeases(db: Db): Promise<void> {
  await db.deleteFrom("lease").execute();
  await db.updateTable("job").set({ held_until: null }).execute();
}
