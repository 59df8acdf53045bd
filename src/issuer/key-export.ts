import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { z } from "zod";
import { ledgerKeyText } from "../ledger/index.ts";
import { IssuerError } from "./errors.ts";
import { keyRow, type KeyRow, type SigningKey } from "./signing-key.ts";
import type { Sealer } from "./sealing.ts";
import type { ExportedKeys } from "./types.ts";

// Signing keys are what cannot be rebuilt from git (DESIGN.md section 4, Two stores): they have an export.

const time = z.iso.datetime();
const shape = z.strictObject({
  v: z.literal(1),
  keys: z
    .array(
      z.strictObject({
        purpose: z.enum(["issuer", "ledger"]),
        private_key: z.string().nullable(),
        public_key: z.string(),
        active_from: time,
        retired_at: time.nullable(),
      }),
    )
    .max(1000),
});
type Entry = z.output<typeof shape>["keys"][number];

/** Every key with its private half in the clear; of a revoked one the public half, so that an import keeps it revoked. */
export const exportKeys = (keys: readonly SigningKey[]): ExportedKeys => ({
  v: 1,
  keys: keys.map((key) => ({
    purpose: key.purpose,
    private_key: key.privateKey?.export({ format: "pem", type: "pkcs8" }).toString() ?? null,
    public_key: ledgerKeyText(key.publicKey),
    // With milliseconds: which of two ledger keys is the newer one is decided by them.
    active_from: key.activeFrom.toISOString(),
    retired_at: key.retiredAt && key.retiredAt.toISOString(),
  })),
});

/**
 * The rows that an export would be here, sealed, in the order of the table. The key id is computed, never taken from the file.
 * @throws IssuerError `bad_key_export`, without a word of what the file holds
 */
export async function readExport(exported: unknown, sealer: Sealer, now: Date): Promise<readonly KeyRow[]> {
  const parsed = shape.safeParse(exported);
  if (!parsed.success)
    throw new IssuerError("bad_key_export", "Not a key export: expected what `countersign keys export` prints.");
  const rows = new Map<string, KeyRow>();
  for (const entry of parsed.data.keys) {
    const times = {
      created: now,
      activeFrom: new Date(entry.active_from),
      retiredAt: entry.retired_at === null ? null : new Date(entry.retired_at),
    };
    const row = await keyRow(entry.purpose, readKey(entry), times, sealer);
    if (rows.has(row.kid)) throw new IssuerError("bad_key_export", "The export holds one key twice.");
    rows.set(row.kid, row);
  }
  return [...rows.values()].sort(
    (a, b) => a.active_from.getTime() - b.active_from.getTime() || (a.kid < b.kid ? -1 : 1),
  );
}

function readKey(entry: Entry): KeyObject {
  let key: KeyObject;
  let publicText: string;
  try {
    const spki = { key: Buffer.from(entry.public_key, "base64url"), format: "der", type: "spki" } as const;
    key = entry.private_key === null ? createPublicKey(spki) : createPrivateKey(entry.private_key);
    publicText = ledgerKeyText(key.type === "private" ? createPublicKey(key) : key);
  } catch {
    throw new IssuerError("bad_key_export", "The export holds something that is not a key."); // no cause: OpenSSL may quote
  }
  // An issuer key without its private half is one that was revoked: published, it would be one that nobody can sign with.
  const fits =
    entry.purpose === "ledger"
      ? key.asymmetricKeyType === "ed25519"
      : key.asymmetricKeyType === "rsa" &&
        key.asymmetricKeyDetails?.modulusLength === 2048 &&
        (key.type === "private" || entry.retired_at !== null);
  if (!fits || publicText !== entry.public_key) {
    throw new IssuerError(
      "bad_key_export",
      "The export holds a key of another kind than it says, or halves that do not belong together.",
    );
  }
  return key;
}
