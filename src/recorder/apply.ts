import { sql, type Transaction } from "kysely";
import type { CommitSha, RepositoryId } from "../base/ids.ts";
import { entryText, type Batch, type Entry } from "../ledger/index.ts";
import { asyncCommit, rowsOf } from "../store/index.ts";
import type { Database } from "../store/schema.ts";
import { publish } from "./channel.ts";
import { ledgerState } from "./state.ts";
import type { RecorderDeps } from "./types.ts";

/** A verified batch and the commit that holds it. */
export interface CommittedBatch {
  readonly batch: Batch;
  readonly path: string;
  readonly commit: CommitSha;
}
/**
 * - `applied`: this call made it the last confirmed batch.
 * - `moved`: somebody else moved the ledger meanwhile; read the state again.
 * - `conflict`: the database has other bytes under the same batch or entry id, which no writer of ours makes.
 */
export type Applied = "applied" | "moved" | "conflict";

/**
 * Makes a batch the last confirmed one: our own fixed batch is confirmed, one that the database lacks is imported. One
 * transaction and a compare-and-swap on the sequence, so that any number of replicas may try. Exchanges that waited for
 * an entry of the batch become `recorded` in the same step.
 */
export async function applyBatch(deps: RecorderDeps, id: RepositoryId, committed: CommittedBatch): Promise<Applied> {
  const applied = await deps.db.transaction().execute((trx) => applyIn(deps, trx, id, committed));
  if (applied === "applied") publish({ step: "confirmed", batch: committed.batch.header.batch });
  return applied;
}

/** `applyBatch` in the caller's transaction, which has to be undone where the answer is not `applied`. */
export async function applyIn(
  deps: RecorderDeps,
  trx: Transaction<Database>,
  id: RepositoryId,
  committed: CommittedBatch,
): Promise<Applied> {
  const { batch } = committed;
  const state = await ledgerState(trx, id, "update");
  if (state.sequence !== batch.header.sequence - 1 || state.sha256 !== batch.header.previous_batch_sha256)
    return "moved";
  const stored = await trx
    .selectFrom("ledger_batch")
    .select(["state", "body"])
    .where("id", "=", batch.header.batch)
    .executeTakeFirst();
  if (stored && (stored.state !== "fixed" || stored.body !== batch.text)) return "conflict";
  if (stored) await confirmStored(trx, committed);
  else if (!(await importBatch(deps, trx, id, committed))) return "conflict";
  await markRecorded(trx, committed);
  await trx
    .updateTable("enrolment")
    .set({
      ledger_commit: committed.commit,
      ledger_sequence: batch.header.sequence,
      ledger_sha256: batch.sha256,
    })
    .where("repository_id", "=", String(id))
    .execute();
  return "applied";
}

/**
 * What `applyBatch` does for a batch that is fixed in the database, after an answer of GitHub that leaves no doubt: one
 * statement, which changes all or nothing. It does not wait for the disk: the branch has the batch, and after a crash says so again, while
 * a release is on the disk only together with this.
 * @param parent of the commit, which must be our last one still: an operator may have accepted another branch meanwhile.
 * @returns false where the database is not as it was when the batch was fixed; then `catchUp` finds out.
 */
export async function confirmFixed(
  deps: RecorderDeps,
  id: RepositoryId,
  committed: CommittedBatch,
  parent: CommitSha | null,
): Promise<boolean> {
  const { header, sha256 } = committed.batch;
  const { rows } = await sql`
    with held as materialized (
      select e.repository_id, b.id as batch_id
      from enrolment e join ledger_batch b on b.repository_id = e.repository_id
      where e.repository_id = ${String(id)} and e.state <> 'stopped'
        and e.ledger_commit is not distinct from ${parent}
        and e.ledger_sequence = ${header.sequence - 1} and e.ledger_sha256 is not distinct from ${header.previous_batch_sha256}
        and b.id = ${header.batch} and b.state = 'fixed' and b.sha256 = ${sha256}
      for update of e, b
    ), confirmed as (
      update ledger_batch b set state = 'confirmed', commit_sha = ${committed.commit}
      from held where b.id = held.batch_id
    ), recorded as (
      update exchange x set state = 'recorded', ledger_commit = ${committed.commit}
      from held, ${rowsOf(issuedIn(committed.batch), { exchange: "text", entry: "text" })}
      where x.id = r.exchange and x.entry_id = r.entry and x.state = 'minted'
    )
    update enrolment e
    set ledger_commit = ${committed.commit}, ledger_sequence = ${header.sequence}, ledger_sha256 = ${sha256}
    from held where e.repository_id = held.repository_id
    returning e.repository_id, ${asyncCommit}`.execute(deps.db);
  if (rows.length === 0) return false;
  publish({ step: "confirmed", batch: header.batch });
  return true;
}

async function confirmStored(trx: Transaction<Database>, { batch, commit }: CommittedBatch): Promise<void> {
  await trx
    .updateTable("ledger_batch")
    .set({ state: "confirmed", commit_sha: commit })
    .where("id", "=", batch.header.batch)
    .execute();
}

/** Only what still waits: an exchange that was dropped meanwhile stays dropped, and its entry is on record all the same. */
async function markRecorded(trx: Transaction<Database>, { batch, commit }: CommittedBatch): Promise<void> {
  await sql`
    update exchange x set state = 'recorded', ledger_commit = ${commit}
    from ${rowsOf(issuedIn(batch), { exchange: "text", entry: "text" })}
    where x.id = r.exchange and x.entry_id = r.entry and x.state = 'minted'`.execute(trx);
}

/** Which exchanges a batch records, and by which entries: found by their own ids. */
const issuedIn = ({ entries }: Batch): readonly { readonly exchange: string; readonly entry: string }[] =>
  entries.flatMap((entry) => (entry.type === "issued" ? [{ exchange: entry.exchange, entry: entry.id }] : []));

/** @returns false where an entry of the batch is known with other content. */
async function importBatch(
  deps: RecorderDeps,
  trx: Transaction<Database>,
  id: RepositoryId,
  { batch, path, commit }: CommittedBatch,
): Promise<boolean> {
  // A restored database may have fixed another batch for this place in the chain. The branch has it already taken, so
  // that one will never be valid; its entries wait for the next batch.
  const displaced = trx
    .selectFrom("ledger_batch")
    .select("id")
    .where("repository_id", "=", String(id))
    .where("state", "=", "fixed");
  await trx.updateTable("ledger_entry").set({ batch_id: null }).where("batch_id", "in", displaced).execute();
  await trx.deleteFrom("ledger_batch").where("repository_id", "=", String(id)).where("state", "=", "fixed").execute();

  const now = deps.clock.now();
  await trx
    .insertInto("ledger_batch")
    .values({
      id: batch.header.batch,
      repository_id: String(id),
      sequence: batch.header.sequence,
      path,
      body: batch.text,
      sha256: batch.sha256,
      state: "confirmed",
      commit_sha: commit,
      created_at: now,
    })
    .execute();
  if (!(await importEntries(trx, id, batch, now))) return false;
  await deps.onImport?.(trx, id, batch.entries);
  deps.log.info({ repository_id: id, batch: batch.header.batch, sequence: batch.header.sequence }, "imported a batch");
  return true;
}

/** Entries that the database has and that waited are now recorded by this batch: nothing is recorded twice (C58). */
async function importEntries(trx: Transaction<Database>, id: RepositoryId, batch: Batch, now: Date): Promise<boolean> {
  const ids = batch.entries.map((entry) => entry.id);
  const known = await trx
    .selectFrom("ledger_entry")
    .select(["id", "body", "batch_id"])
    .where("id", "in", ids)
    .execute();
  const bodies = new Map(known.map((row) => [row.id, row]));
  const fresh: Entry[] = [];
  for (const entry of batch.entries) {
    const row = bodies.get(entry.id);
    if (!row) fresh.push(entry);
    else if (row.batch_id !== null || row.body !== entryText(entry)) return false;
  }
  if (known.length > 0) {
    await trx
      .updateTable("ledger_entry")
      .set({ batch_id: batch.header.batch })
      .where(
        "id",
        "in",
        known.map((row) => row.id),
      )
      .execute();
  }
  if (fresh.length > 0) {
    const rows = fresh.map((entry) => ({
      id: entry.id,
      repository_id: String(id),
      type: entry.type,
      body: entryText(entry),
      flush_by: now,
      batch_id: batch.header.batch,
    }));
    await trx.insertInto("ledger_entry").values(rows).execute();
  }
  return true;
}
