/** What decides about a key, without its halves. */
export interface KeyFacts {
  readonly kid: string;
  readonly purpose: "issuer" | "ledger";
  /** False: revoked, or only the public half was imported. */
  readonly hasPrivate: boolean;
  /** From when it signs; an issuer key is published from its creation. */
  readonly activeFrom: Date;
  /** When it leaves the key set; of a ledger key: when it was revoked. */
  readonly retiredAt: Date | null;
}

/**
 * - `active`: what is signed now is signed with it (a ledger key: with it new ledgers begin).
 * - `upcoming`: published, does not sign yet.
 * - `retiring`: an issuer key that is still published; a ledger key with which some ledger still goes on.
 * - `retired`: neither signs nor is published; an old ledger key still verifies what it signed.
 * - `revoked`: its private half was erased, and an import does not bring it back.
 */
export type KeyState = "active" | "upcoming" | "retiring" | "retired" | "revoked";

/**
 * A key that one replica lets begin now must not seem to lie in the future to another. Each clock is within 30 s of GitHub's,
 * or that replica issues nothing (C65). Against a day of overlap a minute is nothing.
 */
const skewMs = 60_000;

const hasBegun = (key: KeyFacts, now: Date): boolean => key.activeFrom.getTime() <= now.getTime() + skewMs;

/** In the key set of our issuer at that time. Never without a private half: that is a revoked one, whatever a clock says. */
export const isPublished = (key: KeyFacts, now: Date): boolean =>
  key.purpose === "issuer" && key.hasPrivate && (key.retiredAt === null || key.retiredAt > now);

/**
 * The key that signs at that time: the newest of its purpose that may. One function for signing, for the list and for what
 * a revocation leaves behind, so that they cannot disagree. `keys` in the order of the table, newest last.
 */
export function signerAt<K extends KeyFacts>(keys: readonly K[], purpose: K["purpose"], now: Date): K | undefined {
  return keys.findLast(
    (key) =>
      key.purpose === purpose &&
      key.hasPrivate &&
      hasBegun(key, now) &&
      (key.retiredAt === null || key.retiredAt > now),
  );
}

/** A public half alone says nothing about a ledger key; of an issuer key it is all that a revocation leaves. */
export const isRevoked = (key: KeyFacts): boolean => !key.hasPrivate && key.retiredAt !== null;

/** @param ledgers how many ledgers go on with this key (ledger keys only) */
export function keyState(keys: readonly KeyFacts[], key: KeyFacts, now: Date, ledgers: number): KeyState {
  if (isRevoked(key)) return "revoked";
  if (signerAt(keys, key.purpose, now)?.kid === key.kid) return "active";
  if (key.purpose === "ledger") return key.hasPrivate && ledgers > 0 ? "retiring" : "retired";
  if (!isPublished(key, now)) return "retired";
  return hasBegun(key, now) ? "retiring" : "upcoming";
}
