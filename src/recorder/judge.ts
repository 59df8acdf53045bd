import type { KeyObject } from "node:crypto";
import type { CommitSha, Digest, RepositoryId } from "../base/ids.ts";
import type { GitHub } from "../github/types.ts";
import type { Keys } from "../issuer/index.ts";
import {
  extendChain,
  LedgerError,
  nextKid,
  parseBatch,
  startChain,
  type Batch,
  type ChainState,
} from "../ledger/index.ts";

export type LedgerCommit = NonNullable<Awaited<ReturnType<GitHub["ledgerCommits"]>>>[number];

/** Where the branch was verified up to. */
export interface Verified {
  readonly commit: CommitSha | null;
  readonly chain: ChainState;
}
export type Judgement =
  | { readonly ok: true; readonly batch: Batch; readonly path: string; readonly next: Verified }
  | {
      readonly ok: false;
      readonly cause: string;
      /** The key that signed it, where that is all that is wrong so far. */
      readonly unknownKey?: string;
    };

/** A verified state from what the database holds; `last` is the text of the last confirmed batch. */
export function verifiedUpTo(
  repositoryId: RepositoryId,
  state: { readonly sequence: number; readonly sha256: Digest | null; readonly commit: CommitSha | null },
  last: Batch | undefined,
): Verified {
  const start = startChain(repositoryId, new Map());
  return {
    commit: state.commit,
    chain: { ...start, sequence: state.sequence, sha256: state.sha256, kid: last ? nextKid(last) : null },
  };
}

/**
 * Whether one commit of the ledger branch is ours and the next one (C52). Pure. Everything that we would not have written
 * is foreign: a merge, a second file, a change or removal, a file elsewhere, an executable or a symlink, other bytes, a
 * signature by a key that `held` does not know.
 */
function judgeCommit(commit: LedgerCommit, after: Verified, held: (kid: string) => KeyObject | undefined): Judgement {
  const parent = commit.parents[0] ?? null;
  if (commit.parents.length > 1) return foreign("it is a merge");
  if (parent !== after.commit) return foreign("it does not follow the last verified commit");
  const file = commit.added[0];
  if (!commit.onlyAdds || commit.added.length !== 1 || !file) return foreign("it does not add exactly one file");
  if (file.mode !== 0o100644 || file.text === undefined) return foreign("its file is not plain text");

  let batch: Batch;
  try {
    batch = parseBatch(file.text, file.path);
  } catch (error) {
    if (error instanceof LedgerError) return foreign(`its file is no batch (${error.code})`);
    throw error;
  }
  const { kid } = batch.header;
  const key = held(kid);
  const keys = key ? new Map(after.chain.keys).set(kid, key) : after.chain.keys;
  const step = extendChain({ ...after.chain, keys }, batch);
  if (!step.ok && step.reason === "unknown_key")
    return { ...foreign(`it is signed by key ${kid}, which this server does not hold`), unknownKey: kid };
  if (!step.ok) return foreign(step.message);
  return { ok: true, batch, path: file.path, next: { commit: commit.sha, chain: step.state } };
}

/**
 * `judgeCommit` with the keys that the server holds. A key that it does not know may be one that another replica made a moment
 * ago: nothing is foreign before the table was read again.
 */
export async function judgeByHeld(
  keys: Pick<Keys, "ledgerKeyOf" | "refresh">,
  commit: LedgerCommit,
  after: Verified,
): Promise<Judgement> {
  const held = (kid: string) => keys.ledgerKeyOf(kid);
  const judged = judgeCommit(commit, after, held);
  if (judged.ok || judged.unknownKey === undefined) return judged;
  await keys.refresh();
  return judgeCommit(commit, after, held);
}

const foreign = (cause: string): { readonly ok: false; readonly cause: string } => ({ ok: false, cause });
