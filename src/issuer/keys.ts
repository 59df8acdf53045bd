import { randomUUID as nodeRandomUUID } from "node:crypto";
import { SignJWT } from "jose";
import type { Kysely } from "kysely";
import type { Clock } from "../base/clock.ts";
import type { Database } from "../store/schema.ts";
import { assertionClaims } from "./claims.ts";
import { IssuerError } from "./errors.ts";
import { ensureKeys, readKeys, type KeyTable } from "./key-table.ts";
import { rotateIssuerKey, rotateLedgerKey } from "./rotation.ts";
import type { Sealer } from "./sealing.ts";
import { ledgerSigner, publicJwk, type SigningKey } from "./signing-key.ts";
import { exportKeys, importKeys } from "./transfer.ts";
import type { Keys, LedgerSigner } from "./types.ts";

export interface OpenKeysOptions {
  readonly db: Kysely<Database>;
  readonly sealer: Sealer;
  readonly clock: Clock;
  /** `iss`, byte for byte: ISSUER_URL, by default PUBLIC_URL. */
  readonly issuerUrl: string;
  /** For `jti` and entry ids. */
  readonly randomUUID?: () => string;
}

/**
 * The server's keys, made on the first start (DESIGN.md section 4, No cloud secrets). Two replicas that start at once
 * agree on the same pair. @throws IssuerError `sealing_key_wrong`, which names the two ways on
 */
export async function openKeys(options: OpenKeysOptions): Promise<Keys> {
  const { clock, issuerUrl, randomUUID = nodeRandomUUID } = options;
  const table: KeyTable = { db: options.db, sealer: options.sealer };
  await ensureKeys(table, clock.now());
  let held = await readKeys(table);
  const refresh = async (): Promise<void> => {
    held = await readKeys(table);
  };
  const of = (purpose: SigningKey["purpose"]): readonly SigningKey[] => held.filter((key) => key.purpose === purpose);
  const published = (now: Date): readonly SigningKey[] =>
    of("issuer").filter((key) => !key.retiredAt || key.retiredAt > now);
  const signerOf = (key: SigningKey | undefined): LedgerSigner | undefined => key && ledgerSigner(key);

  const keys: Keys = {
    // Newest first: whoever reads only the first key reads the one that will sign longest.
    jwks: () => ({
      keys: published(clock.now())
        .toReversed()
        .map((key) => publicJwk(key.kid, key.publicKey)),
    }),

    signAssertion: async (request) => {
      const claims = assertionClaims(request, { issuer: issuerUrl, jti: randomUUID() });
      const key = published(request.now).findLast((key) => key.privateKey && key.activeFrom <= request.now);
      if (!key?.privateKey) {
        throw new IssuerError(
          "no_signing_key",
          "There is no issuer key that signs now: `countersign keys rotate --revoke` makes one.",
        );
      }
      return new SignJWT({ ...claims })
        .setProtectedHeader({ alg: "RS256", kid: key.kid, typ: "JWT" })
        .sign(key.privateKey);
    },

    get ledger() {
      const signer = signerOf(of("ledger").findLast((key) => key.privateKey !== null));
      if (!signer)
        throw new IssuerError("no_signing_key", "There is no ledger key: `countersign keys import` brings one back.");
      return signer;
    },
    ledgerSigner: (kid) => signerOf(of("ledger").find((key) => key.kid === kid)),
    ledgerKeyOf: (kid) => of("ledger").find((key) => key.kid === kid)?.publicKey,

    refresh,
    rotateIssuer: async (rotation) => {
      const result = await rotateIssuerKey(table, clock.now(), rotation);
      await refresh();
      return result;
    },
    rotateLedgerKey: async () => {
      const entry = await rotateLedgerKey(table, clock.now(), keys.ledger.kid, randomUUID());
      await refresh();
      return entry;
    },
    exportKeys: () => exportKeys(held),
    importKeys: async (exported) => {
      const result = await importKeys(table, exported, clock.now());
      await refresh();
      return result;
    },
  };
  return keys;
}
