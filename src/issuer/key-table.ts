import { sql, type Kysely, type Transaction } from "kysely";
import type { Database } from "../store/schema.ts";
import { signerAt } from "./key-state.ts";
import type { Sealer } from "./sealing.ts";
import { factsOf, keyRow, newPrivateKey, openRow, type KeyRow, type Purpose, type SigningKey } from "./signing-key.ts";

/** What the queries need. */
export interface KeyTable {
  readonly db: Kysely<Database>;
  readonly sealer: Sealer;
}
export type KeyTransaction = Transaction<Database>;

/** Every key, as stored. */
export const keyRows = (db: Kysely<Database>): Promise<KeyRow[]> =>
  // Newest last; `kid` makes the order the same on every replica when two share an instant.
  db.selectFrom("signing_key").selectAll().orderBy("active_from").orderBy("created_at").orderBy("kid").execute();

/**
 * Every key, opened. @throws IssuerError `sealing_key_wrong`
 * @param known what was read before: a private half that is the same as then is not opened again
 */
export async function readKeys(
  { db, sealer }: KeyTable,
  known: readonly SigningKey[] = [],
): Promise<readonly SigningKey[]> {
  const rows = await keyRows(db);
  return rows.map((row) =>
    openRow(
      row,
      sealer,
      known.find(({ kid }) => kid === row.kid),
    ),
  );
}

/**
 * Changes the table with nobody beside us. Two replicas that start on an empty database would each make a pair of keys,
 * and half of what they sign would not verify. A table lock rather than a lease row: it ends with the transaction, so a
 * crash leaves nothing behind; it excludes writers only, so key sets are served meanwhile; and PGlite, where advisory
 * locks exclude nobody, has one connection, which the transaction holds. Keys are generated before, not under the lock.
 */
export const changeKeys = <T>(
  table: KeyTable,
  change: (trx: KeyTransaction, rows: KeyRow[]) => Promise<T>,
): Promise<T> =>
  table.db.transaction().execute(async (trx) => {
    await sql`lock table signing_key in share row exclusive mode`.execute(trx);
    return await change(trx, await keyRows(trx));
  });

/**
 * Sees to a key of each purpose that signs now: on the first start, and after a restore that brought back only old ones.
 * Seals again what SEALING_KEY_OLD had sealed, so that the old sealing key can go after one start.
 */
export async function ensureKeys(table: KeyTable, now: Date): Promise<void> {
  const present = await keyRows(table.db);
  const missing = (["issuer", "ledger"] as const).filter((purpose) => !canSign(present, purpose, now));
  const fresh = await Promise.all(missing.map((purpose) => freshRow(table, purpose, now, now)));
  const stale = present.some((row) => isStale(row, table.sealer));
  if (fresh.length === 0 && !stale) return;
  await changeKeys(table, async (trx, current) => {
    // What does not open stops the start before anything is added.
    for (const row of current.filter((row) => isStale(row, table.sealer))) await sealAgain(trx, row, table.sealer);
    for (const row of fresh) {
      if (!canSign(current, row.purpose, now)) await trx.insertInto("signing_key").values(row).execute();
    }
  });
}

/** A new key as a row, not yet stored. */
export const freshRow = async (table: KeyTable, purpose: Purpose, created: Date, activeFrom: Date): Promise<KeyRow> =>
  keyRow(purpose, await newPrivateKey(purpose), { created, activeFrom }, table.sealer);

/** Imported public ledger keys verify, they do not sign: without a private half a key of that purpose is still missing. */
const canSign = (present: readonly KeyRow[], purpose: Purpose, now: Date): boolean =>
  signerAt(present.map(factsOf), purpose, now) !== undefined;

const isStale = (row: KeyRow, sealer: Sealer): boolean =>
  row.sealed_private !== null && !sealer.isCurrent(row.sealed_private);

async function sealAgain(trx: KeyTransaction, row: KeyRow, sealer: Sealer): Promise<void> {
  if (row.sealed_private === null) return;
  const plaintext = sealer.open(row, row.sealed_private);
  const sealed = sealer.seal(row, plaintext);
  plaintext.fill(0);
  await trx.updateTable("signing_key").set({ sealed_private: sealed }).where("kid", "=", row.kid).execute();
}
