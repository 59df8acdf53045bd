import type { Clock } from "../base/clock.ts";
import { exportKeys, readExport } from "./key-export.ts";
import { planImport, type ImportStep } from "./key-import.ts";
import { keyState, type KeyState } from "./key-state.ts";
import { changeKeys, keyRows, readKeys, type KeyTable, type KeyTransaction } from "./key-table.ts";
import { type Revocation, revokeKey, rotateIssuerKey, rotateLedgerKey } from "./rotation.ts";
import { factsOf, type KeyRow } from "./signing-key.ts";
import type { ExportedKeys } from "./types.ts";

/** One key as `countersign keys list` shows it. */
export interface KeyInfo {
  readonly purpose: "issuer" | "ledger";
  readonly kid: string;
  readonly state: KeyState;
  readonly created: Date;
  readonly activeFrom: Date;
  readonly retiredAt: Date | null;
  /** Ledger keys: SPKI DER, base64url, what auditors are given; null for issuer keys, which are in the key set. */
  readonly publicKey: string | null;
  /** False: the private half does not open with SEALING_KEY. */
  readonly opens: boolean;
  /** Names of the ledgers whose next batch it signs. */
  readonly ledgers: readonly string[];
}

export interface ImportReport {
  readonly steps: readonly ImportStep[];
  /** Keys whose private half does not open and that stay: with any of them no server starts. */
  readonly unreadable: readonly string[];
}

/**
 * What an operator does with the server's keys. Works on the table itself and holds nothing, so that it can be used also where
 * no server can start; a server refreshes its own keys after it.
 */
export interface KeyAdmin {
  /** Issuer keys first; of each purpose the oldest first. */
  list(): Promise<readonly KeyInfo[]>;
  /**
   * A new issuer key, published now and signing 24 h later; the old one stays published for 24 h after that.
   * @throws IssuerError `rotation_pending` while an earlier rotation has not begun to sign
   */
  rotateIssuer(): Promise<{ readonly kid: string; readonly activeFrom: Date }>;
  /** A new ledger key. Each ledger is handed over to it by an entry that the old key signs; see the recorder. */
  rotateLedger(): Promise<{ readonly kid: string; readonly activeFrom: Date }>;
  /**
   * Erases a private half at once, and takes an issuer key out of the key set. There is an issuer key that signs afterwards.
   * @throws IssuerError `no_such_key`; `key_in_use` for a ledger key that some ledger goes on with
   */
  revoke(kid: string): Promise<Revocation>;
  /** Every key that we hold or were given, private halves in the clear. @throws IssuerError `sealing_key_wrong` */
  export(): Promise<ExportedKeys>;
  /** @throws IssuerError `bad_key_export` */
  import(
    exported: unknown,
    options?: { readonly dryRun?: boolean; readonly dropUnreadable?: boolean },
  ): Promise<ImportReport>;
}

/** @param ledgersOf names of the ledgers by the key id that signs their next batch */
export function keyAdmin(
  table: KeyTable,
  clock: Clock,
  ledgersOf: (db: KeyTable["db"] | KeyTransaction) => Promise<ReadonlyMap<string, readonly string[]>>,
): KeyAdmin {
  const opens = (row: KeyRow): boolean => opensWith(table, row);
  return {
    list: async () => {
      const rows = await keyRows(table.db);
      const ledgers = await ledgersOf(table.db);
      const facts = rows.map(factsOf);
      const now = clock.now();
      const byPurpose = [...rows].sort((a, b) => Number(a.purpose === "ledger") - Number(b.purpose === "ledger"));
      return byPurpose.map((row): KeyInfo => {
        const mine = ledgers.get(row.kid) ?? [];
        return {
          purpose: row.purpose,
          kid: row.kid,
          state: keyState(facts, factsOf(row), now, mine.length),
          created: row.created_at,
          activeFrom: row.active_from,
          retiredAt: row.retired_at,
          publicKey: row.purpose === "ledger" ? row.public_key : null,
          opens: opens(row),
          ledgers: mine,
        };
      });
    },
    rotateIssuer: () => rotateIssuerKey(table, clock.now()),
    rotateLedger: () => rotateLedgerKey(table, clock.now()),
    revoke: (kid) => revokeKey(table, clock.now(), kid, ledgersOf),
    export: async () => exportKeys(await readKeys(table)),
    import: async (exported, { dryRun = false, dropUnreadable = false } = {}) => {
      const now = clock.now();
      const file = await readExport(exported, table.sealer, now);
      const plan = (present: readonly KeyRow[]) => planImport({ present, file, opens, now, dropUnreadable });
      if (dryRun) return report(plan(await keyRows(table.db)).steps);
      return changeKeys(table, async (trx, present) => {
        const { steps, insert, update } = plan(present);
        for (const row of insert) await trx.insertInto("signing_key").values(row).execute();
        for (const [kid, set] of update) await trx.updateTable("signing_key").set(set).where("kid", "=", kid).execute();
        return report(steps);
      });
    },
  };
}

const report = (steps: readonly ImportStep[]): ImportReport => ({
  steps,
  unreadable: steps.flatMap((step) => (step.does === "keep" && step.why === "does_not_open" ? [step.kid] : [])),
});

function opensWith({ sealer }: KeyTable, row: KeyRow): boolean {
  if (row.sealed_private === null) return true;
  try {
    sealer.open(row, row.sealed_private).fill(0);
    return true;
  } catch {
    return false;
  }
}
