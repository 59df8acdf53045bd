import { type Kysely, sql, type Transaction } from "kysely";
import type { RepositoryId } from "../base/ids.ts";
import { RetryLater } from "../base/errors.ts";
import {
  batchPath,
  buildBatch,
  headerBytes,
  maxBatchBytes,
  nextKid,
  parseBatch,
  parseEntry,
  type Batch,
} from "../ledger/index.ts";
import type { LedgerSigner } from "../issuer/index.ts";
import { type Database, durableCommit, isFailedStatement } from "../store/index.ts";
import { publish } from "./channel.ts";
import { lastWaiting } from "./entries.ts";
import { ledgerState, type LedgerState } from "./state.ts";
import { LedgerKeyMissing, type RecorderDeps } from "./types.ts";

/** A batch whose bytes are fixed: whoever sends it, sends these (DESIGN.md section 4, The ledger). */
export interface FixedBatch {
  readonly batch: Batch;
  readonly path: string;
  /** What it was built on. */
  readonly after: LedgerState;
}

/** @see fixBatch */
export interface Fixed extends FixedBatch {
  /** Entries up to this position wait for a further batch; null: none. */
  readonly more: bigint | null;
}

/** Rows read for one batch; more than fit by size. */
const mostEntries = 5000;

/**
 * The batch that must be sent next: the one fixed before, byte for byte, or a new one over what waits. Undefined where no
 * entry up to `upTo` waits, or none at all. One transaction; no network. Exchanges go on beside it; of two replicas that fix at once, which the
 * lease makes rare, the table takes one (at most one fixed batch, each sequence once), and the other then finds that.
 */
export async function fixBatch(deps: RecorderDeps, id: RepositoryId, upTo?: bigint): Promise<Fixed | undefined> {
  try {
    return await fix(deps, id, upTo);
  } catch (error) {
    if (!isFailedStatement(error)) throw error;
    return await fix(deps, id, upTo);
  }
}

async function fix(deps: RecorderDeps, id: RepositoryId, upTo?: bigint): Promise<Fixed | undefined> {
  const fixed = await deps.db.transaction().execute(async (trx) => {
    const after = await ledgerState(trx, id, "share");
    const earlier = await storedFixed(trx, id);
    const asked = async (): Promise<bigint | null> => upTo ?? (await lastWaiting(trx, id)) ?? null;
    if (earlier) return { ...earlier, after, more: await asked() };
    if (after.sequence === 0) throw new RetryLater("ledger_not_open", "The ledger has no genesis yet.");

    const waiting = await trx
      .selectFrom("ledger_entry")
      .select(["id", "type", "body", "position"])
      .where("repository_id", "=", String(id))
      .where("batch_id", "is", null)
      .orderBy("position")
      .limit(mostEntries)
      .execute();
    const rows = await withoutOvertaken(trx, await kidAfter(trx, id, after), waiting);
    const counts = (row: { readonly position: string }) => upTo === undefined || BigInt(row.position) <= upTo;
    if (!rows.some(counts)) return undefined;
    const fits = fitting(rows);
    // Rows come by position; what was left out comes after what is in.
    const all = waiting.length < mostEntries && !rows.slice(fits.length).some(counts);
    const more = all ? null : await asked();
    return { ...(await storeBatch(deps, trx, id, after, fits)), after, more };
  });
  if (fixed) publish({ step: "fixed", batch: fixed.batch.header.batch });
  return fixed;
}

/** The batch that some writer fixed and nobody has confirmed; at most one per access repo. */
export async function storedFixed(
  trx: Transaction<Database>,
  id: RepositoryId,
): Promise<{ batch: Batch; path: string } | undefined> {
  const row = await trx
    .selectFrom("ledger_batch")
    .select(["body", "path"])
    .where("repository_id", "=", String(id))
    .where("state", "=", "fixed")
    .executeTakeFirst();
  return row && { batch: parseBatch(row.body, row.path), path: row.path };
}

/** Builds, signs and stores the next batch with entries that are in the table. */
export async function storeBatch(
  deps: RecorderDeps,
  trx: Transaction<Database>,
  id: RepositoryId,
  after: LedgerState,
  entries: readonly { readonly id: string; readonly body: string }[],
): Promise<{ batch: Batch; path: string }> {
  const now = deps.clock.now();
  const signer = await ledgerSigner(deps, trx, id, after);
  const batch = await buildBatch({
    repositoryId: id,
    sequence: after.sequence + 1,
    previous: after.sha256,
    batchId: deps.newId(),
    kid: signer.kid,
    sign: (bytes) => signer.sign(bytes),
    lines: entries.map((entry) => entry.body),
  });
  rememberNextKid(batch);
  const path = batchPath(now, batch.header.batch);
  await trx
    .with("stored", (b) =>
      b
        .insertInto("ledger_batch")
        .values({
          id: batch.header.batch,
          repository_id: String(id),
          sequence: batch.header.sequence,
          path,
          body: batch.text,
          sha256: batch.sha256,
          state: "fixed",
          commit_sha: null,
          created_at: now,
        })
        // Nothing is sent that the database could forget.
        .returning(["id", durableCommit]),
    )
    .updateTable("ledger_entry")
    .set({ batch_id: batch.header.batch })
    .where(sql<boolean>`id = any(${entries.map((entry) => entry.id)}::text[])`)
    .execute();
  return { batch, path };
}

/**
 * A rotation that waits names the key that signed when it was written. Where an imported batch has meanwhile handed the ledger
 * to another key, no reader would follow it (chain.ts, bad_rotation): it never was, and the next sweep writes one that fits.
 */
async function withoutOvertaken<Row extends { id: string; type: string; body: string }>(
  trx: Transaction<Database>,
  kid: string,
  rows: readonly Row[],
): Promise<readonly Row[]> {
  let signs = kid;
  const overtaken = new Set<Row>();
  for (const row of rows.filter(({ type }) => type === "key_rotated")) {
    const entry = parseEntry(row.body);
    if (entry.type === "key_rotated" && entry.old_kid === signs) signs = entry.key.kid;
    else overtaken.add(row);
  }
  for (const { id } of overtaken) await trx.deleteFrom("ledger_entry").where("id", "=", id).execute();
  return rows.filter((row) => !overtaken.has(row));
}

/** Which key signs after a batch, by the batch's digest: it cannot change, and reading it back is a megabyte at worst. */
const nextKids = new Map<string, string>();

/** The key id that signs the batch after the last confirmed one. */
export async function kidAfter(db: Kysely<Database>, id: RepositoryId, after: LedgerState): Promise<string> {
  const known = after.sha256 === null ? undefined : nextKids.get(after.sha256);
  if (known !== undefined) return known;
  const last = await db
    .selectFrom("ledger_batch")
    .select("body")
    .where("repository_id", "=", String(id))
    .where("sequence", "=", after.sequence)
    .executeTakeFirstOrThrow();
  return rememberNextKid(parseBatch(last.body));
}

function rememberNextKid(batch: Batch): string {
  const kid = nextKid(batch);
  if (nextKids.size >= 100) nextKids.clear();
  nextKids.set(batch.sha256, kid);
  return kid;
}

/** A ledger goes on with the key that its last batch names, whatever key the server would begin a new one with. */
async function ledgerSigner(
  deps: RecorderDeps,
  trx: Transaction<Database>,
  id: RepositoryId,
  after: LedgerState,
): Promise<LedgerSigner> {
  if (after.sequence === 0 || after.sha256 === null) return deps.keys.ledger;
  const kid = await kidAfter(trx, id, after);
  const signer = deps.keys.ledgerSigner(kid);
  if (!signer) throw new LedgerKeyMissing(kid);
  return signer;
}

/** As many entries from the front as one batch file may hold; a rotation closes its batch, for the next has another key. */
function fitting<Row extends { readonly type: string; readonly body: string }>(rows: readonly Row[]): readonly Row[] {
  let room = maxBatchBytes - headerBytes;
  let count = 0;
  for (const { type, body } of rows) {
    room -= Buffer.byteLength(body) + 1;
    if (room < 0 && count > 0) break;
    count++;
    if (type === "key_rotated") break;
  }
  return rows.slice(0, count);
}
