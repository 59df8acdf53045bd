import { setTimeout as delay } from "node:timers/promises";
import { RetryLater } from "../base/errors.ts";
import type { RepositoryId } from "../base/ids.ts";
import type { RepoRef } from "../github/types.ts";
import { withLease } from "../store/index.ts";
import { catchUp, catchUpWith } from "./catch-up.ts";
import { lastWaiting, stillWaiting } from "./entries.ts";
import { fixBatch } from "./fix.ts";
import { sendBatch } from "./send.ts";
import { LedgerKeyMissing, type RecorderDeps } from "./types.ts";

/** A flush writes one batch and a GitHub call takes seconds at most; the lease is renewed while it works. */
const leaseSeconds = 30;
/** How long we wait for another replica that holds the lease; an exchange has 45 s in all. */
const patience = 30_000;

/**
 * Access repos whose branch this process has compared with the database since it started or since a write went wrong, with the highest
 * sequence that it has seen confirmed since: a database that has less went back, as a standby may that takes over.
 */
export type CaughtUp = Map<RepositoryId, number>;

/** See Recorder.caughtUp. */
export async function catchUpOnce(deps: RecorderDeps, repo: RepoRef, caughtUp: CaughtUp): Promise<void> {
  if (caughtUp.has(repo.id)) return;
  caughtUp.set(repo.id, await catchUp(deps, repo));
}

/** One flush run: everything that waits when it starts is confirmed when it resolves. */
export async function flushOnce(deps: RecorderDeps, repo: RepoRef, caughtUp: CaughtUp): Promise<void> {
  // Where the branch is to be read first, something must be there to write. Later the next batch itself says whether there is.
  if (!caughtUp.has(repo.id) && (await lastWaiting(deps.db, repo.id)) === undefined) return;
  let upTo: bigint | undefined;
  const giveUp = performance.now() + patience;
  for (let wait = 20; ; wait = Math.min(wait * 2, 300)) {
    const done = await withLease(deps.db, deps.clock, `ledger:${repo.id}`, leaseSeconds, async ({ signal }) => {
      await drain(deps, repo, caughtUp, signal);
      return true;
    });
    if (done) return;
    // Another replica writes; what it confirms is confirmed for us too.
    upTo ??= await lastWaiting(deps.db, repo.id);
    if (upTo === undefined || !(await stillWaiting(deps.db, repo.id, upTo))) return;
    if (performance.now() > giveUp) throw new RetryLater("ledger_busy", "Another replica still writes the ledger.");
    await delay(wait);
  }
}

async function drain(deps: RecorderDeps, repo: RepoRef, caughtUp: CaughtUp, lease: AbortSignal): Promise<void> {
  // Before the first write of a process: a restored backup would else fix a batch for a place that is taken.
  await catchUpOnce(deps, repo, caughtUp);
  // Undefined: whatever waits. What comes while a first batch is written is for the next flush, or this one would have no end.
  let upTo: bigint | undefined;
  try {
    for (;;) {
      if (lease.aborted) throw new RetryLater("ledger_busy", "The lease on the ledger was lost.");
      const seen = caughtUp.get(repo.id) ?? 0;
      const fixed = await fixBatch(deps, repo.id, upTo).catch(async (error: unknown) => {
        if (!(error instanceof LedgerKeyMissing)) throw error;
        // Another replica rotated since this one read the table. Outside the transaction: PGlite has one connection.
        await deps.keys.refresh();
        return fixBatch(deps, repo.id, upTo);
      });
      if (!fixed) return;
      if (fixed.after.sequence < seen) {
        // Fixed for a place that is taken: the import gives its entries to the next batch.
        deps.log.warn({ repository_id: repo.id, seen, has: fixed.after.sequence }, "the database went back");
        caughtUp.set(repo.id, await catchUpWith(deps, repo, seen));
        continue;
      }
      await sendBatch(deps, repo, fixed);
      caughtUp.set(repo.id, fixed.batch.header.sequence);
      if (fixed.more === null) return;
      upTo = fixed.more;
    }
  } catch (error) {
    caughtUp.delete(repo.id);
    throw error;
  }
}

/** See Recorder.flushDue. */
export async function dueRepositories(deps: RecorderDeps): Promise<readonly RepoRef[]> {
  const rows = await deps.db
    .selectFrom("enrolment")
    .select(["repository_id", "full_name"])
    .where("state", "<>", "stopped")
    .where("ledger_sequence", ">", 0)
    .where((b) =>
      b.or([
        b.exists(
          b
            .selectFrom("ledger_entry")
            .select("ledger_entry.id")
            .whereRef("ledger_entry.repository_id", "=", "enrolment.repository_id")
            .where("batch_id", "is", null)
            .where("flush_by", "<=", deps.clock.now()),
        ),
        b.exists(
          b
            .selectFrom("ledger_batch")
            .select("ledger_batch.id")
            .whereRef("ledger_batch.repository_id", "=", "enrolment.repository_id")
            .where("ledger_batch.state", "=", "fixed"),
        ),
      ]),
    )
    .execute();
  return rows.map((row) => ({ id: Number(row.repository_id) as RepositoryId, fullName: row.full_name }));
}
