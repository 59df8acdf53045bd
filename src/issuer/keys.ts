import { randomUUID as nodeRandomUUID } from "node:crypto";
import { SignJWT } from "jose";
import type { Kysely } from "kysely";
import type { Clock } from "../base/clock.ts";
import { RetryLater } from "../base/errors.ts";
import type { Database } from "../store/schema.ts";
import { assertionClaims } from "./claims.ts";
import { IssuerError } from "./errors.ts";
import { holdKeys } from "./held-keys.ts";
import { isPublished, isRevoked, signerAt } from "./key-state.ts";
import { ensureKeys, type KeyTable } from "./key-table.ts";
import type { Sealer } from "./sealing.ts";
import { ledgerSigner, publicJwk, type SigningKey } from "./signing-key.ts";
import type { Keys } from "./types.ts";

export interface OpenKeysOptions {
  readonly db: Kysely<Database>;
  readonly sealer: Sealer;
  readonly clock: Clock;
  /** `iss`, byte for byte: ISSUER_URL, by default PUBLIC_URL. */
  readonly issuerUrl: string;
  /** Other addresses that no assertion may be for: this server's, and its GitHub's (C61). */
  readonly ours?: readonly string[];
  /** For `jti`. */
  readonly randomUUID?: () => string;
}

/**
 * The server's keys, made on the first start (DESIGN.md section 4, No cloud secrets). Two replicas that start at once
 * agree on the same pair. @throws IssuerError `sealing_key_wrong`, which names the two ways on
 */
export async function openKeys(options: OpenKeysOptions): Promise<Keys> {
  const { clock, issuerUrl, ours = [], randomUUID = nodeRandomUUID } = options;
  const table: KeyTable = { db: options.db, sealer: options.sealer };
  await ensureKeys(table, clock.now());
  const held = await holdKeys(table, clock);
  // A revoked one is not believed either: with it a stranger could write a ledger from its first entry on (C70).
  const ledgerKeyOf = (kid: string): SigningKey | undefined =>
    held.all().find((key) => key.purpose === "ledger" && key.kid === kid && !isRevoked(key));

  return {
    jwks: async () => {
      const keys = await held.atHand();
      const now = clock.now();
      // Newest first: whoever reads only the first key reads the one that will sign longest.
      const published = keys.filter((key) => isPublished(key, now)).toReversed();
      return { keys: published.map((key) => publicJwk(key.kid, key.publicKey)) };
    },

    signAssertion: async (request) => {
      const claims = assertionClaims(request, { issuer: issuerUrl, jti: randomUUID(), ours });
      const keys = await held.fresh().catch((cause: unknown) => {
        throw new RetryLater("keys_unreadable", "Whether the signing key still holds cannot be read now.", { cause });
      });
      const key = signerAt(keys, "issuer", request.now);
      if (!key?.privateKey) {
        throw new IssuerError("no_signing_key", "There is no issuer key that signs now: a restart makes one.");
      }
      return new SignJWT({ ...claims })
        .setProtectedHeader({ alg: "RS256", kid: key.kid, typ: "JWT" })
        .sign(key.privateKey);
    },

    get ledger() {
      const key = signerAt(held.all(), "ledger", clock.now());
      const signer = key && ledgerSigner(key);
      if (!signer) throw new IssuerError("no_signing_key", "There is no ledger key: a restart makes one.");
      return signer;
    },
    ledgerSigner: (kid) => {
      const key = ledgerKeyOf(kid);
      return key && ledgerSigner(key);
    },
    ledgerKeyOf: (kid) => ledgerKeyOf(kid)?.publicKey,

    refresh: held.refresh,
  };
}
