import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { canonicalJson } from "../base/canonical-json.ts";
import { IssuerError } from "./errors.ts";

/** What a sealed text is bound to: one sealed for another key id or purpose does not open. */
export interface SealedFor {
  readonly kid: string;
  /** `token`: credentials of a job that can be revoked; `kid` is their exchange. */
  readonly purpose: "issuer" | "ledger" | "token";
}
export interface Sealer {
  /** `v1.<sealing key id>.<iv>.<ciphertext and tag>`, the last two base64url without padding. */
  seal(what: SealedFor, plaintext: Uint8Array): string;
  /** The plaintext; the caller wipes it. @throws IssuerError `sealing_key_wrong` */
  open(what: SealedFor, sealed: string): Buffer;
  /** False where the old key sealed it: seal it again, so that SEALING_KEY_OLD can go. */
  isCurrent(sealed: string): boolean;
}

const noSalt = Buffer.alloc(0);
const derive = (master: Buffer, info: string, length: number): Buffer =>
  Buffer.from(hkdfSync("sha256", master, noSalt, `countersign/seal/v1/${info}`, length));

interface SealingKey {
  readonly id: string;
  readonly of: (purpose: string) => Buffer;
}

/**
 * Seals private keys for the database: HKDF-SHA256 gives a key per purpose, AES-256-GCM with a random 96 bit nonce seals,
 * the key id and purpose are authenticated with it.
 * @param masterKey 32 bytes (SEALING_KEY); `old` likewise (SEALING_KEY_OLD), only to open with.
 * @throws IssuerError `sealing_key_invalid` where either is not 32 bytes
 */
export function sealer(masterKey: Buffer, old?: Buffer): Sealer {
  const current = sealingKey(masterKey);
  const held = old ? [current, sealingKey(old)] : [current];
  return {
    seal: (what, plaintext) => {
      const iv = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", current.of(what.purpose), iv).setAAD(aad(what));
      const sealed = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
      return `v1.${current.id}.${iv.toString("base64url")}.${sealed.toString("base64url")}`;
    },
    open: (what, sealed) => {
      const [, id, iv = "", box = ""] = sealedForm.exec(sealed) ?? [];
      for (const key of held.filter((key) => key.id === id)) {
        const plaintext = unseal(
          key.of(what.purpose),
          what,
          Buffer.from(iv, "base64url"),
          Buffer.from(box, "base64url"),
        );
        if (plaintext) return plaintext;
      }
      if (what.purpose === "token") {
        throw new IssuerError(
          "sealing_key_wrong",
          `The token of exchange ${what.kid} does not open with SEALING_KEY: set SEALING_KEY_OLD to the one before it for an hour. ` +
            "Until then it cannot be revoked, and ends by itself.",
        );
      }
      throw new IssuerError(
        "sealing_key_wrong",
        `The ${what.purpose} key ${what.kid} does not open with SEALING_KEY. If the sealing key was changed, set SEALING_KEY_OLD ` +
          "to the one before it; if that one is lost, run `countersign keys import FILE` with an export, or `countersign keys " +
          "import --drop-unreadable` to begin with new keys.",
      );
    },
    isCurrent: (sealed) => sealedForm.exec(sealed)?.[1] === current.id,
  };
}

// 12 bytes are 16 characters; a tag alone is 22.
const sealedForm = /^v1\.([0-9a-f]{8})\.([A-Za-z0-9_-]{16})\.([A-Za-z0-9_-]{22,})$/;

function sealingKey(master: Buffer): SealingKey {
  if (master.length !== 32) {
    throw new IssuerError("sealing_key_invalid", "SEALING_KEY must be 32 random bytes: `openssl rand -base64 32`.");
  }
  // The id has a derivation of its own, so that what is printed and stored tells nothing about the key or its uses.
  return { id: derive(master, "id", 4).toString("hex"), of: (purpose) => derive(master, `purpose/${purpose}`, 32) };
}

const aad = ({ kid, purpose }: SealedFor): Buffer => Buffer.from(canonicalJson({ kid, purpose, v: 1 }));

function unseal(key: Buffer, what: SealedFor, iv: Buffer, box: Buffer): Buffer | undefined {
  const decipher = createDecipheriv("aes-256-gcm", key, iv, { authTagLength: 16 }).setAAD(aad(what));
  decipher.setAuthTag(box.subarray(-16));
  try {
    return Buffer.concat([decipher.update(box.subarray(0, -16)), decipher.final()]);
  } catch {
    return undefined; // one error for every reason: which of them it was would be an oracle
  }
}
