import { verify, type KeyObject } from "node:crypto";
import type { Digest, RepositoryId } from "../base/ids.ts";
import { entriesDigest } from "./batch.ts";
import { signedBytes } from "./statement.ts";
import type { Batch } from "./types.ts";

/** Why a readable batch is not the next one of ours. Each stops issuing until `countersign ledger accept` (C52). */
export type BatchRefusal =
  | "unknown_key"
  | "bad_signature"
  | "wrong_repository"
  | "entries_digest"
  | "gap"
  | "wrong_previous"
  | "genesis";

export type BatchCheck =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: BatchRefusal; readonly message: string };

export interface Expected {
  readonly repositoryId: RepositoryId;
  readonly expectedSequence: number;
  /** `sha256` of the last confirmed batch; null where none is. */
  readonly previousSha256: Digest | null;
  /** Only keys that the server holds or was given (`keys import`); never one found in a genesis (C70). */
  readonly keyOf: (kid: string) => KeyObject | undefined;
}

/**
 * Whether a batch is ours and the next one (DESIGN.md section 4, The ledger). Pure; does not throw for any parsed batch.
 * The signature comes first: until it holds, no other member is worth a statement. `gap` covers a missing batch, a
 * replay and a change of order alike, since all of them show a sequence that was not expected.
 */
export function verifyBatch(batch: Batch, expected: Expected): BatchCheck {
  const { header } = batch;
  const key = expected.keyOf(header.kid);
  if (!key) return refuse("unknown_key", "signed by a key that this verifier was not given");
  const signature = Buffer.from(header.signature, "base64url");
  // Buffer ignores stray bits in the last character; comparing the text again leaves one spelling per signature.
  const spelled = signature.toString("base64url") === header.signature;
  if (key.asymmetricKeyType !== "ed25519" || !spelled || !verify(null, signedBytes(header), key, signature)) {
    return refuse("bad_signature", "the signature does not fit the header");
  }
  if (header.repository_id !== expected.repositoryId) {
    return refuse("wrong_repository", `signed for repository ${header.repository_id}, not ${expected.repositoryId}`);
  }
  if (entriesDigest(batch) !== header.entries_sha256) {
    return refuse("entries_digest", "the entries are not those that were signed");
  }
  if (header.sequence !== expected.expectedSequence) {
    return refuse("gap", `sequence ${header.sequence} where ${expected.expectedSequence} was expected`);
  }
  if (header.previous_batch_sha256 !== expected.previousSha256) {
    return refuse("wrong_previous", "does not follow the batch before it");
  }
  return genesisFits(batch)
    ? { ok: true }
    : refuse("genesis", "a genesis must open the first batch, and only that one");
}

/** A second genesis would let a reader start anew in the middle; one for another repository would let a chain move. */
function genesisFits(batch: Batch): boolean {
  const { sequence, repository_id } = batch.header;
  return batch.entries.every((entry, i) => {
    const due = sequence === 1 && i === 0;
    return due ? entry.type === "genesis" && entry.repository_id === repository_id : entry.type !== "genesis";
  });
}

const refuse = (reason: BatchRefusal, message: string): BatchCheck => ({ ok: false, reason, message });
