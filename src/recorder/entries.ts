import type { Kysely } from "kysely";
import type { RepositoryId } from "../base/ids.ts";
import { entryText, type Entry } from "../ledger/index.ts";
import type { Database } from "../store/schema.ts";

/** See Recorder.append. */
export async function appendEntries(
  trx: Kysely<Database>,
  repositoryId: RepositoryId,
  entries: readonly Entry[],
  flushBy: Date,
): Promise<void> {
  if (entries.length === 0) return;
  const rows = entries.map((entry) => ({
    id: entry.id,
    repository_id: String(repositoryId),
    type: entry.type,
    // Checks the shape: an entry that no reader accepts fails the step that writes it, not the batch of everybody.
    body: entryText(entry),
    flush_by: flushBy,
    batch_id: null,
  }));
  await trx.insertInto("ledger_entry").values(rows).execute();
}

/**
 * Waiting is what has no batch yet, and what is in the one fixed batch. Two queries, so that each uses its partial index:
 * the table keeps every entry for ever, and a flush may not slow down with it.
 */
const waitingEntries = (db: Kysely<Database>, id: RepositoryId) =>
  [
    db.selectFrom("ledger_entry").where("repository_id", "=", String(id)).where("batch_id", "is", null),
    db
      .selectFrom("ledger_entry")
      .where("batch_id", "in", (b) =>
        b.selectFrom("ledger_batch").select("id").where("repository_id", "=", String(id)).where("state", "=", "fixed"),
      ),
  ] as const;

/** Highest position that is not confirmed now; undefined where all is. What is committed later may have a lower one. */
export async function lastWaiting(db: Kysely<Database>, id: RepositoryId): Promise<bigint | undefined> {
  let last: bigint | undefined;
  for (const query of waitingEntries(db, id)) {
    const row = await query.select("position").orderBy("position", "desc").limit(1).executeTakeFirst();
    if (row && (last === undefined || BigInt(row.position) > last)) last = BigInt(row.position);
  }
  return last;
}

/** True where an entry up to `position` still waits for its batch to be confirmed. */
export async function stillWaiting(db: Kysely<Database>, id: RepositoryId, position: bigint): Promise<boolean> {
  for (const query of waitingEntries(db, id)) {
    const row = await query.select("id").where("position", "<=", String(position)).limit(1).executeTakeFirst();
    if (row) return true;
  }
  return false;
}
