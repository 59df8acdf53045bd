import type { KeyObject } from "node:crypto";
import type { Digest, RepositoryId } from "../base/ids.ts";
import { LedgerError } from "./errors.ts";
import { ledgerKey } from "./key.ts";
import type { Batch, KeyRotatedEntry } from "./types.ts";
import { verifyBatch, type BatchRefusal } from "./verify.ts";

/** Beyond a single batch: signed by a trusted key that is not this chain's at that point, or a rotation that does not fit. */
export type ChainRefusal = BatchRefusal | "key_not_current" | "bad_rotation";

/** What a verifier carries from batch to batch. */
export interface ChainState {
  readonly repositoryId: RepositoryId;
  /** Sequence of the last verified batch; 0 before the first. */
  readonly sequence: number;
  readonly sha256: Digest | null;
  /** The key that signs the next batch; null before the first, which any trusted key may sign. */
  readonly kid: string | null;
  readonly keys: ReadonlyMap<string, KeyObject>;
}
export type ChainStep =
  | { readonly ok: true; readonly state: ChainState }
  | { readonly ok: false; readonly reason: ChainRefusal; readonly message: string };
export type ChainCheck =
  | { readonly ok: true; readonly state: ChainState }
  | {
      readonly ok: false;
      readonly index: number;
      readonly reason: ChainRefusal;
      readonly message: string;
      readonly state: ChainState;
    };

/** Before the first batch. `trustedKeys` by kid: held or given, never read from the branch. */
export const startChain = (repositoryId: RepositoryId, trustedKeys: ReadonlyMap<string, KeyObject>): ChainState => ({
  repositoryId,
  sequence: 0,
  sha256: null,
  kid: null,
  keys: trustedKeys,
});

/** The state after one more batch, or why it is not the next one; the old state stays valid then. */
export function extendChain(state: ChainState, batch: Batch): ChainStep {
  const check = verifyBatch(batch, {
    repositoryId: state.repositoryId,
    expectedSequence: state.sequence + 1,
    previousSha256: state.sha256,
    keyOf: (kid) => state.keys.get(kid),
  });
  if (!check.ok) return check;
  if (state.kid !== null && batch.header.kid !== state.kid) {
    // A stolen old key must be of no use once it was rotated away.
    return { ok: false, reason: "key_not_current", message: "signed by a key that does not sign this ledger here" };
  }
  const next = { ...state, sequence: batch.header.sequence, sha256: batch.sha256, kid: batch.header.kid };
  const rotations = batch.entries.filter((entry): entry is KeyRotatedEntry => entry.type === "key_rotated");
  if (rotations.length === 0) return { ok: true, state: next };

  const rotation = rotations.length === 1 ? rotations[0] : undefined;
  const key = rotation && rotation.old_kid === batch.header.kid ? newKey(rotation) : undefined;
  if (!key) {
    return { ok: false, reason: "bad_rotation", message: "a batch may hold one rotation, from the key that signs it" };
  }
  return { ok: true, state: { ...next, kid: key.kid, keys: new Map(state.keys).set(key.kid, key.key) } };
}

/** A whole chain from its genesis on. Stops at the first batch that does not fit; `state` is what was verified before it. */
export function verifyChain(
  batches: Iterable<Batch>,
  options: { readonly repositoryId: RepositoryId; readonly trustedKeys: ReadonlyMap<string, KeyObject> },
): ChainCheck {
  let state = startChain(options.repositoryId, options.trustedKeys);
  let index = 0;
  for (const batch of batches) {
    const step = extendChain(state, batch);
    if (!step.ok) return { ...step, index, state };
    state = step.state;
    index++;
  }
  return { ok: true, state };
}

/** The kid that must sign the batch after this one. */
export function nextKid(batch: Batch): string {
  const rotation = batch.entries.find((entry): entry is KeyRotatedEntry => entry.type === "key_rotated");
  return rotation?.key.kid ?? batch.header.kid;
}

/** The new key, if the entry names it by its own thumbprint and it is not the old one. */
function newKey(rotation: KeyRotatedEntry): { kid: string; key: KeyObject } | undefined {
  try {
    const key = ledgerKey(rotation.key.public_key);
    return key.kid === rotation.key.kid && key.kid !== rotation.old_kid ? key : undefined;
  } catch (error) {
    if (error instanceof LedgerError) return undefined;
    throw error;
  }
}
