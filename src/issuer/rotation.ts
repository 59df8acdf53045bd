import { IssuerError } from "./errors.ts";
import { changeKeys, freshRow, type KeyTable, type KeyTransaction } from "./key-table.ts";
import { isRevoked, signerAt } from "./key-state.ts";
import { factsOf, type KeyRow } from "./signing-key.ts";

/**
 * Published that long before it signs, and that long after it has stopped: no cloud documents how long it keeps a key
 * set; others chose a day (CLOUDS.md section 0).
 */
export const overlapMs = 24 * 3600 * 1000;

/** By then every replica has read the table again; see app.ts. */
const replicasKnowMs = 60_000;

/** See `KeyAdmin.rotateIssuer`. */
export async function rotateIssuerKey(table: KeyTable, now: Date): Promise<{ kid: string; activeFrom: Date }> {
  const activeFrom = new Date(now.getTime() + overlapMs);
  const fresh = await freshRow(table, "issuer", now, activeFrom);
  return changeKeys(table, async (trx, current) => {
    if (current.some((row) => row.purpose === "issuer" && row.sealed_private !== null && row.active_from > now)) {
      throw new IssuerError(
        "rotation_pending",
        "A rotation is under way: its key does not sign yet. Wait until it does, or revoke one of the two.",
      );
    }
    // The one that signs as well, whatever end it had: it must last until the new one begins.
    const signer = signerAt(current.map(factsOf), "issuer", now)?.kid ?? "";
    await trx
      .updateTable("signing_key")
      .set({ retired_at: new Date(activeFrom.getTime() + overlapMs) })
      .where("purpose", "=", "issuer")
      .where((b) => b.or([b("retired_at", "is", null), b("kid", "=", signer)]))
      .execute();
    await trx.insertInto("signing_key").values(fresh).execute();
    return { kid: fresh.kid, activeFrom };
  });
}

/** See `KeyAdmin.rotateLedger`. The old key stays able to sign: each ledger goes on with it until its own entry is written. */
export async function rotateLedgerKey(table: KeyTable, now: Date): Promise<{ kid: string; activeFrom: Date }> {
  const fresh = await freshRow(table, "ledger", now, now);
  return changeKeys(table, async (trx, current) => {
    const newest = current.findLast((row) => row.purpose === "ledger" && row.sealed_private !== null);
    // Strictly later, so that "newest" has one answer also within a millisecond.
    const activeFrom = new Date(Math.max(now.getTime(), (newest?.active_from.getTime() ?? 0) + 1));
    await trx
      .insertInto("signing_key")
      .values({ ...fresh, active_from: activeFrom })
      .execute();
    return { kid: fresh.kid, activeFrom };
  });
}

export interface Revocation {
  readonly purpose: KeyRow["purpose"];
  /** It was revoked before: nothing was changed. */
  readonly already: boolean;
  /** The key that signs now, and whether clouds had no chance yet to read it. */
  readonly signs: { readonly kid: string; readonly fresh: boolean } | null;
}

/**
 * See `KeyAdmin.revoke`. The private half is erased, so that no replica that reads the table later can use it.
 * @param ledgersOf names of the ledgers that go on with a key; asked inside the transaction
 */
export async function revokeKey(
  table: KeyTable,
  now: Date,
  kid: string,
  ledgersOf: (trx: KeyTransaction) => Promise<ReadonlyMap<string, readonly string[]>>,
): Promise<Revocation> {
  const fresh = await freshRow(table, "issuer", now, now);
  return changeKeys(table, async (trx, current) => {
    const row = current.find((each) => each.kid === kid);
    if (!row) throw new IssuerError("no_such_key", "There is no key with this id: `countersign keys list` shows them.");
    const { purpose } = row;
    const already = isRevoked(factsOf(row));
    if (purpose === "ledger" && !already) await mayRevokeLedger(trx, current, row, now, ledgersOf);
    if (!already) await update(trx, kid, { retired_at: now, sealed_private: null });
    const left = current.filter((each) => each.kid !== kid);
    if (purpose === "issuer") return { purpose, already, signs: await keepSigning(trx, left, fresh, now) };
    const signer = signerAt(left.map(factsOf), "ledger", now);
    return { purpose, already, signs: signer ? { kid: signer.kid, fresh: false } : null };
  });
}

/**
 * A ledger whose key is gone can never be written again: nobody else may sign its next batch (C52). A minute, since a replica
 * that has not read of the newer key yet would begin a new ledger with this one.
 */
async function mayRevokeLedger(
  trx: KeyTransaction,
  current: readonly KeyRow[],
  { kid }: KeyRow,
  now: Date,
  ledgersOf: (trx: KeyTransaction) => Promise<ReadonlyMap<string, readonly string[]>>,
): Promise<void> {
  const refuse = (why: string): never => {
    throw new IssuerError("key_in_use", why);
  };
  const newest = signerAt(current.map(factsOf), "ledger", now);
  const ledgers = (await ledgersOf(trx)).get(kid) ?? [];
  if (newest?.kid === kid || ledgers.length > 0) {
    const use = ledgers.length > 0 ? `It signs the ledger of ${ledgers.join(", ")}` : "New ledgers begin with it";
    refuse(
      `${use}: run \`countersign keys rotate ledger\` first, and wait until \`keys list\` shows this key as retired.`,
    );
  }
  if (newest && newest.activeFrom.getTime() > now.getTime() - replicasKnowMs)
    refuse("The ledger key was rotated less than a minute ago, and not every replica may know: try again then.");
}

/**
 * Leaves exactly one issuer key that signs now and does not run out. Rather one that clouds know: an older one that is still
 * published goes on as if it had not been rotated; else one that is already published begins at once; else a new one.
 */
async function keepSigning(
  trx: KeyTransaction,
  left: readonly KeyRow[],
  fresh: KeyRow,
  now: Date,
): Promise<Revocation["signs"]> {
  const keys = left.map(factsOf);
  const signer = signerAt(keys, "issuer", now);
  const upcoming = keys.find((key) => key.purpose === "issuer" && key.hasPrivate && key.activeFrom > now);
  if (signer) {
    const lasts = keys.some((key) => key.purpose === "issuer" && key.hasPrivate && key.retiredAt === null);
    if (!lasts) await update(trx, signer.kid, { retired_at: null });
    return { kid: signer.kid, fresh: false };
  }
  if (upcoming) {
    await update(trx, upcoming.kid, { active_from: now, retired_at: null });
    return { kid: upcoming.kid, fresh: false };
  }
  await trx.insertInto("signing_key").values(fresh).execute();
  return { kid: fresh.kid, fresh: true };
}

const update = async (
  trx: KeyTransaction,
  kid: string,
  set: { retired_at?: Date | null; sealed_private?: null; active_from?: Date },
): Promise<void> => void (await trx.updateTable("signing_key").set(set).where("kid", "=", kid).execute());
