import type { Keys } from "../../../src/issuer/index.ts";
import { ledgerKeys } from "../../recorder/world.ts";

type Pair = ReturnType<typeof ledgerKeys>;

/** Ledger keys that a server holds or was given. */
export interface Keyring extends Pick<Keys, "ledger" | "ledgerSigner" | "ledgerKeyOf" | "refresh"> {
  /** Holds another one as well, as after `countersign keys import`. */
  add(pair: Pair): void;
  /** As a new installation: with a new key and no other. @returns the one that was held */
  lose(): Pair;
}

export function keyring(): Keyring {
  const first = ledgerKeys();
  let [newest, held] = [first, [first]];
  return {
    get ledger() {
      return newest.ledger;
    },
    ledgerSigner: (kid) => held.map((pair) => pair.ledgerSigner(kid)).find(Boolean),
    ledgerKeyOf: (kid) => held.map((pair) => pair.ledgerKeyOf(kid)).find(Boolean),
    refresh: async () => undefined,
    add: (pair) => void held.push(pair),
    lose() {
      const before = newest;
      newest = ledgerKeys();
      held = [newest];
      return before;
    },
  };
}
