import { canonicalJson, type Json } from "../base/canonical-json.ts";
import type { BatchStatement } from "./types.ts";

/** Domain separation: the signature fits no other kind of message, of ours or of another protocol. */
const prefix = "countersign-ledger-v1\n";

/** The bytes that are signed: the prefix and the four members of the statement in canonical JSON, and nothing else. */
export function signedBytes(statement: BatchStatement): Uint8Array {
  const { repository_id, sequence, previous_batch_sha256, entries_sha256 } = statement;
  const signed: Json = { repository_id, sequence, previous_batch_sha256, entries_sha256 };
  return Buffer.from(prefix + canonicalJson(signed), "utf8");
}
