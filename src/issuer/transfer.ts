import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { z } from "zod";
import { formatInstant } from "../base/duration.ts";
import { ledgerKeyText } from "../ledger/index.ts";
import { IssuerError } from "./errors.ts";
import { changeKeys, type KeyTable } from "./key-table.ts";
import { keyRow, type KeyRow, type SigningKey } from "./signing-key.ts";
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

/** Every key with its private half in the clear. */
export const exportKeys = (keys: readonly SigningKey[]): ExportedKeys => ({
  v: 1,
  keys: keys.map((key) => ({
    purpose: key.purpose,
    private_key: key.privateKey?.export({ format: "pem", type: "pkcs8" }).toString() ?? null,
    public_key: ledgerKeyText(key.publicKey),
    active_from: formatInstant(key.activeFrom),
    retired_at: key.retiredAt && formatInstant(key.retiredAt),
  })),
});

/**
 * Adds what the table lacks; a ledger key of which only the public half was known gains its private one. The key id is
 * computed, never taken from the file. @throws IssuerError `bad_key_export`, without a word of what the file holds
 */
export async function importKeys(table: KeyTable, exported: unknown, now: Date): Promise<{ added: number }> {
  const parsed = shape.safeParse(exported);
  if (!parsed.success)
    throw new IssuerError("bad_key_export", "Not a key export: expected what `countersign keys export` prints.");
  const rows: KeyRow[] = [];
  for (const entry of parsed.data.keys) {
    const times = {
      created: now,
      activeFrom: new Date(entry.active_from),
      retiredAt: entry.retired_at === null ? null : new Date(entry.retired_at),
    };
    rows.push(await keyRow(entry.purpose, readKey(entry), times, table.sealer));
  }
  return changeKeys(table, async (trx, present) => {
    let added = 0;
    for (const row of rows) {
      const known = present.find(({ kid }) => kid === row.kid);
      if (!known) await trx.insertInto("signing_key").values(row).execute();
      // A revoked issuer key stays revoked: an old export must not bring a leaked key back.
      else if (known.purpose === "ledger" && known.sealed_private === null && row.sealed_private !== null) {
        await trx
          .updateTable("signing_key")
          .set({ sealed_private: row.sealed_private })
          .where("kid", "=", row.kid)
          .execute();
      } else continue;
      added++;
    }
    return { added };
  });
}

function readKey(entry: { purpose: string; private_key: string | null; public_key: string }): KeyObject {
  let key: KeyObject;
  let publicText: string;
  try {
    const spki = { key: Buffer.from(entry.public_key, "base64url"), format: "der", type: "spki" } as const;
    key = entry.private_key === null ? createPublicKey(spki) : createPrivateKey(entry.private_key);
    publicText = ledgerKeyText(key.type === "private" ? createPublicKey(key) : key);
  } catch {
    throw new IssuerError("bad_key_export", "The export holds something that is not a key."); // no cause: OpenSSL may quote
  }
  const fits =
    entry.purpose === "ledger"
      ? key.asymmetricKeyType === "ed25519"
      : key.type === "private" && key.asymmetricKeyType === "rsa" && key.asymmetricKeyDetails?.modulusLength === 2048;
  if (!fits || publicText !== entry.public_key) {
    throw new IssuerError(
      "bad_key_export",
      "The export holds a key of another kind than it says, or halves that do not belong together.",
    );
  }
  return key;
}
