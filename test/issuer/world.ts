import { randomBytes } from "node:crypto";
import { decodeProtectedHeader } from "jose";
import { type KeyAdmin, keyAdmin, type Keys, openKeys, type OpenKeysOptions, sealer } from "../../src/issuer/index.ts";
import type { Store } from "../../src/store/index.ts";

export const master = randomBytes(32);
export const second = 1000;
export const hour = 3600 * second;

/** A clock that tests set, and replicas on it. */
export function keyWorld() {
  let time = Date.parse("2026-11-23T09:00:00Z");
  const clock = { now: () => new Date(time) };
  const ledgers = new Map<string, readonly string[]>();
  return {
    clock,
    /** Names of ledgers by the key that signs them. */
    ledgers,
    later: (milliseconds: number) => void (time += milliseconds),
    start: (store: Store, more: Partial<OpenKeysOptions> = {}): Promise<Keys> =>
      openKeys({ db: store.db, sealer: sealer(master), clock, issuerUrl: "https://countersign.example", ...more }),
    admin: (store: Store, sealing = master): KeyAdmin =>
      keyAdmin({ db: store.db, sealer: sealer(sealing) }, clock, async () => ledgers),
    /** The kid of an assertion that is signed now. */
    signedBy: async (keys: Keys): Promise<string | undefined> =>
      decodeProtectedHeader(await assertion(keys, clock)).kid,
  };
}

export const assertion = (keys: Keys, clock: { now(): Date }): Promise<string> =>
  keys.signAssertion({
    subject: "repository:4242:aws:aws-prod:operator",
    audience: "sts.amazonaws.com",
    lifetime: 300,
    extra: {},
    now: clock.now(),
  });

export const published = async (keys: Keys): Promise<readonly string[]> =>
  (await keys.jwks()).keys.map((key) => key.kid);
