import { createPrivateKey, createPublicKey, generateKeyPair, sign, type JsonWebKey, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { calculateJwkThumbprint } from "jose";
import type { Selectable } from "kysely";
import { ledgerKey, ledgerKeyText, ledgerKid } from "../ledger/index.ts";
import type { SigningKeyTable } from "../store/schema.ts";
import { IssuerError } from "./errors.ts";
import type { KeyFacts } from "./key-state.ts";
import type { Sealer } from "./sealing.ts";
import type { LedgerSigner, PublicJwk } from "./types.ts";

export type KeyRow = Selectable<SigningKeyTable>;
export type Purpose = KeyRow["purpose"];
/** A row, opened. */
export interface SigningKey extends KeyFacts {
  readonly publicKey: KeyObject;
  /** null exactly where `hasPrivate` is false. */
  readonly privateKey: KeyObject | null;
  /** Both halves as the row had them. */
  readonly stored: Pick<KeyRow, "public_key" | "sealed_private">;
}
export interface KeyTimes {
  readonly created: Date;
  readonly activeFrom: Date;
  readonly retiredAt?: Date | null;
}

const generate = promisify(generateKeyPair);
const signBytes = promisify(sign) as (alg: null, data: Uint8Array, key: KeyObject) => Promise<Buffer>;

/** RS256 with RSA-2048 is the one choice that AWS, GCP and Entra all take (CLOUDS.md section 0). */
export async function newPrivateKey(purpose: Purpose): Promise<KeyObject> {
  const pair = purpose === "issuer" ? await generate("rsa", { modulusLength: 2048 }) : await generate("ed25519");
  return pair.privateKey;
}

/** The row for a key; `key` may be a public one (a ledger key that only verifies, an issuer key that was revoked). `kid` is the RFC 7638 thumbprint. */
export async function keyRow(purpose: Purpose, key: KeyObject, times: KeyTimes, seal: Sealer): Promise<KeyRow> {
  const isPrivate = key.type === "private";
  const publicKey = isPrivate ? createPublicKey(key) : key;
  const kid = purpose === "issuer" ? await calculateJwkThumbprint(rsaMembers(publicKey)) : ledgerKid(publicKey);
  const der = isPrivate ? key.export({ format: "der", type: "pkcs8" }) : null;
  const row: KeyRow = {
    kid,
    purpose,
    public_key: purpose === "issuer" ? JSON.stringify(publicJwk(kid, publicKey)) : ledgerKeyText(publicKey),
    sealed_private: der && seal.seal({ kid, purpose }, der),
    created_at: times.created,
    active_from: times.activeFrom,
    retired_at: times.retiredAt ?? null,
  };
  der?.fill(0);
  return row;
}

export const factsOf = (row: KeyRow): KeyFacts => ({
  kid: row.kid,
  purpose: row.purpose,
  hasPrivate: row.sealed_private !== null,
  activeFrom: row.active_from,
  retiredAt: row.retired_at,
});

/**
 * Opens a row. The private half must belong to the public one: a swapped column must not publish one key and sign with another.
 * @param known this key as it was opened before: with the same text in both columns its halves are not opened again
 * @throws IssuerError `sealing_key_wrong`
 */
export function openRow(row: KeyRow, seal: Sealer, known?: SigningKey): SigningKey {
  const { kid, purpose, public_key, sealed_private } = row;
  const facts = factsOf(row);
  if (known && known.stored.public_key === public_key && known.stored.sealed_private === sealed_private) {
    return { ...known, ...facts };
  }
  const publicKey =
    purpose === "issuer"
      ? createPublicKey({ key: JSON.parse(public_key) as JsonWebKey, format: "jwk" })
      : ledgerKey(public_key).key;
  const der = sealed_private === null ? null : seal.open({ kid, purpose }, sealed_private);
  const privateKey = der && createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  der?.fill(0);
  if (privateKey && !createPublicKey(privateKey).equals(publicKey)) {
    throw new IssuerError("sealing_key_wrong", `The stored halves of ${purpose} key ${kid} do not belong together.`);
  }
  return { ...facts, publicKey, privateKey, stored: { public_key, sealed_private } };
}

/** The JWK with exactly the members that all clouds take. */
export function publicJwk(kid: string, key: KeyObject): PublicJwk {
  const { n, e } = rsaMembers(key);
  return { kty: "RSA", n, e, kid, alg: "RS256", use: "sig" };
}

export function ledgerSigner({ kid, publicKey, privateKey }: SigningKey): LedgerSigner | undefined {
  if (!privateKey) return undefined;
  return {
    kid,
    publicKey: ledgerKeyText(publicKey),
    sign: async (bytes) => (await signBytes(null, bytes, privateKey)).toString("base64url"),
  };
}

function rsaMembers(key: KeyObject): { kty: "RSA"; n: string; e: string } {
  const { kty, n, e } = key.export({ format: "jwk" });
  if (kty !== "RSA" || !n || !e) throw new IssuerError("bad_key_export", "An issuer key must be an RSA key.");
  return { kty, n, e };
}
