import type { KeyObject } from "node:crypto";
import { ledgerKey, LedgerError, type Batch, type GenesisEntry } from "../ledger/index.ts";
import type { VerifyOptions } from "./types.ts";

export interface Trust {
  readonly kind: "given" | "first_use" | "none";
  readonly keys: ReadonlyMap<string, KeyObject>;
}

/** Keys that the auditor has from elsewhere. @throws LedgerError `ledger_bad_key` for one that cannot be read */
export function givenTrust(options: VerifyOptions): Trust {
  const keys = new Map((options.keys ?? []).map(ledgerKey).map(({ kid, key }) => [kid, key]));
  return { kind: keys.size > 0 ? "given" : "none", keys };
}

/**
 * Only on the caller's word: the key of the genesis in the first batch. Anyone can write a genesis (C70), so this is never
 * mixed with given keys, and its kind stays in the result.
 */
export function firstUseTrust(first: Batch): Trust {
  const genesis = first.entries.find((entry): entry is GenesisEntry => entry.type === "genesis");
  try {
    const key = genesis && ledgerKey(genesis.key.public_key);
    if (key) return { kind: "first_use", keys: new Map([[key.kid, key.key]]) };
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
  }
  return { kind: "first_use", keys: new Map() };
}
