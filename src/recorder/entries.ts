import { type Kysely, sql } from "kysely";
import type { RepositoryId } from "../base/ids.ts";
import { entryText, type Entry } from "../ledger/index.ts";
import { type Database, rowsOf } from "../store/index.ts";

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
    type: entry.type,
    // Checks the shape: an entry that no reader accepts fails the step that writes it, not the batch of everybody.
    body: entryText(entry),
  }));
  await sql`
    insert into ledger_entry (id, repository_id, type, body, flush_by)
    select id, ${String(repositoryId)}::bigint, type, body, ${flushBy}::timestamptz
    from ${rowsOf(rows, { id: "text", type: "text", body: "text" })} order by r.position`.execute(trx);
}

const waiting = (db: Kysely<Database>, id: RepositoryId) =>
  db.selectFrom("ledger_entry").where("repository_id", "=", String(id)).where("batch_id", "is", null);
const inFixedBatch = (db: Kysely<Database>, id: RepositoryId) =>
  db
    .selectFrom("ledger_entry")
    .where("batch_id", "in", (b) =>
      b.selectFrom("ledger_batch").select("id").where("repository_id", "=", String(id)).where("state", "=", "fixed"),
    );

/**
 * Highest position that is not confirmed now; undefined where all is. What is committed later may have a lower one.
 * Waiting is what has no batch yet, and what is in the one fixed batch: each half has its own partial index, since the table
 * keeps every entry for ever, and a flush may not slow down with it.
 */
export async function lastWaiting(db: Kysely<Database>, id: RepositoryId): Promise<bigint | undefined> {
  const row = await db
    .selectFrom(
      waiting(db, id)
        .select((b) => b.fn.max("position").as("last"))
        .unionAll(inFixedBatch(db, id).select((b) => b.fn.max("position").as("last")))
        .as("half"),
    )
    .select((b) => b.fn.max("half.last").as("last"))
    .executeTakeFirst();
  const last = row?.last ?? undefined;
  return last === undefined ? undefined : BigInt(last);
}

/**
 * True where an entry up to `position` still waits for its batch to be confirmed. One look at both halves: an import may take an entry out of
 * a fixed batch and let it wait again, which two looks would miss.
 */
export async function stillWaiting(db: Kysely<Database>, id: RepositoryId, position: bigint): Promise<boolean> {
  const upTo = (half: ReturnType<typeof waiting>) => half.select("id").where("position", "<=", String(position));
  const row = await db
    .selectFrom(
      upTo(waiting(db, id))
        .unionAll(upTo(inFixedBatch(db, id)))
        .as("half"),
    )
    .select("id")
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
