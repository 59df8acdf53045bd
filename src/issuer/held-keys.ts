import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../base/clock.ts";
import { readKeys, type KeyTable } from "./key-table.ts";
import type { SigningKey } from "./signing-key.ts";

/**
 * No signature is made, and no key set is given out while the database answers, by a reading of the table that began longer
 * ago. So this is also the most that a replica goes on with a key that another one revoked.
 */
const keysFreshMs = 5000;
/** How long the key set waits for a database that does not answer before it comes from memory. */
const patienceMs = 1000;

/** The key table as this process last read it. */
export interface HeldKeys {
  /** As last read; never empty. */
  all(): readonly SigningKey[];
  /** Reads the table now. @throws where it cannot be read; what is held stays */
  refresh(): Promise<void>;
  /** Not older than `keysFreshMs`. @throws where the table cannot be read */
  fresh(): Promise<readonly SigningKey[]>;
  /** The same where the database answers within a second, else what is held. */
  atHand(): Promise<readonly SigningKey[]>;
}

/** @throws IssuerError `sealing_key_wrong` */
export async function holdKeys(table: KeyTable, clock: Clock): Promise<HeldKeys> {
  let held: { readonly keys: readonly SigningKey[]; readonly began: Date } | undefined;
  let reading: Promise<void> | undefined;
  let readingSince = Number.NEGATIVE_INFINITY;

  const read = async (): Promise<void> => {
    const began = clock.now();
    const keys = await readKeys(table, held?.keys);
    // Two readings may overlap: the one that began later saw what the other saw, and perhaps more.
    if (!held || began >= held.began) held = { keys, began };
  };
  // A clock that was put back makes the age negative: then nobody knows how old it is.
  const isFresh = (): boolean => {
    const age = clock.now().getTime() - (held?.began.getTime() ?? 0);
    return age >= 0 && age < keysFreshMs;
  };
  const shared = (): Promise<void> => {
    if (!reading) {
      readingSince = performance.now();
      reading = read().finally(() => {
        reading = undefined;
      });
    }
    return reading;
  };
  const all = (): readonly SigningKey[] => held?.keys ?? [];
  await read();
  return {
    all,
    refresh: read,
    fresh: async () => {
      if (!isFresh()) await shared();
      // The reading that was shared may itself have begun too long ago, where the database is slow.
      if (!isFresh()) await read();
      return all();
    },
    atHand: async () => {
      if (isFresh()) return all();
      const reading = shared().catch(() => undefined);
      // Counted from the reading's begin: while the database hangs, only the first who ask wait.
      const wait = readingSince + patienceMs - performance.now();
      if (wait > 0) {
        const over = new AbortController();
        await Promise.race([
          reading,
          delay(wait, undefined, { signal: over.signal, ref: false }).catch(() => undefined),
        ]);
        over.abort();
      }
      return all();
    },
  };
}
