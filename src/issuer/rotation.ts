import { formatInstant } from "../base/duration.ts";
import type { KeyRotatedEntry } from "../ledger/index.ts";
import { IssuerError } from "./errors.ts";
import { changeKeys, freshRow, type KeyTable } from "./key-table.ts";

/**
 * Published that long before it signs, and that long after it has stopped: no cloud documents how long it keeps a key
 * set; others chose a day (CLOUDS.md section 0).
 */
const overlapMs = 24 * 3600 * 1000;

/** See `Keys.rotateIssuer`. */
export async function rotateIssuerKey(
  table: KeyTable,
  now: Date,
  options: { readonly revoke?: boolean } = {},
): Promise<{ kid: string; activeFrom: Date }> {
  const revoke = options.revoke === true;
  const activeFrom = revoke ? now : new Date(now.getTime() + overlapMs);
  const fresh = await freshRow(table, "issuer", now, activeFrom);
  return changeKeys(table, async (trx, current) => {
    const live = current.filter((row) => row.purpose === "issuer" && row.retired_at === null);
    if (!revoke && live.some((row) => row.active_from > now)) {
      throw new IssuerError(
        "rotation_pending",
        "A rotation is under way: its key does not sign yet. Wait until it does, or revoke.",
      );
    }
    if (revoke) {
      // A key that leaked must be gone at once, also for a replica that reads the table later, and for good.
      await trx
        .updateTable("signing_key")
        .set({ retired_at: now, sealed_private: null })
        .where("purpose", "=", "issuer")
        .execute();
    } else {
      await trx
        .updateTable("signing_key")
        .set({ retired_at: new Date(activeFrom.getTime() + overlapMs) })
        .where("purpose", "=", "issuer")
        .where("retired_at", "is", null)
        .execute();
    }
    await trx.insertInto("signing_key").values(fresh).execute();
    return { kid: fresh.kid, activeFrom };
  });
}

/** See `Keys.rotateLedgerKey`. The old key stays able to sign: ledgers are handed over one by one. */
export async function rotateLedgerKey(
  table: KeyTable,
  now: Date,
  oldKid: string,
  entryId: string,
): Promise<KeyRotatedEntry> {
  const fresh = await freshRow(table, "ledger", now, now);
  await changeKeys(table, async (trx, current) => {
    const newest = current.findLast((row) => row.purpose === "ledger" && row.sealed_private !== null);
    if (newest?.kid !== oldKid) {
      // Two rotations from one old key would write two entries, of which a ledger can follow only the first.
      throw new IssuerError(
        "rotation_pending",
        "Another replica has rotated the ledger key. Look again before you repeat it.",
      );
    }
    // Strictly later, so that "newest" has one answer also within a millisecond.
    const activeFrom = new Date(Math.max(now.getTime(), newest.active_from.getTime() + 1));
    await trx
      .insertInto("signing_key")
      .values({ ...fresh, active_from: activeFrom })
      .execute();
  });
  return {
    v: 1,
    id: entryId,
    at: formatInstant(now),
    type: "key_rotated",
    old_kid: oldKid,
    key: { kid: fresh.kid, public_key: fresh.public_key },
  };
}
