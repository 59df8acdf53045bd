import type { CommitSha, RepositoryId } from "../base/ids.ts";
import { RetryLater } from "../base/errors.ts";
import type { RepoRef } from "../github/types.ts";
import { parseBatch } from "../ledger/index.ts";
import { acceptedLater } from "./accepted-later.ts";
import { applyBatch } from "./apply.ts";
import { judgeByHeld, verifiedUpTo, type LedgerCommit, type Verified } from "./judge.ts";
import { ledgerState, stopIssuing, type LedgerState } from "./state.ts";
import { LedgerStopped, type RecorderDeps } from "./types.ts";

/** Rounds before we say that somebody else is faster; each lost round means that another replica got on. */
const rounds = 10;
/** GitHub may show an older tip for a moment after a write; a branch that was cut off stays so. */
const looksAgain = [200, 400, 800] as const;

/**
 * Reads the branch beyond our last confirmed batch until it ends with it. See Recorder.catchUp. Needs no lease: each step
 * is a compare-and-swap on what it was judged by.
 * @returns the sequence of the last batch.
 * @throws LedgerStopped; RetryLater
 */
export async function catchUp(deps: RecorderDeps, repo: RepoRef): Promise<number> {
  let stale = 0;
  for (let round = 0; round < rounds; round++) {
    // The database first: a tip that is read later can only be newer.
    const state = await ledgerState(deps.db, repo.id);
    const tip = await deps.github.ledgerTip(repo);
    if (tip === state.commit) return state.sequence;
    const commits = tip && (await deps.github.ledgerCommits(repo, state.commit, tip));
    if (!commits) {
      const wait = looksAgain[stale++];
      if (wait !== undefined) {
        round--;
        await deps.pause(wait);
        continue;
      }
      const cause = tip ? `the branch at ${tip} does not descend from ${state.commit}` : "the branch is gone";
      if (await stop(deps, repo.id, state, `ledger cut off: ${cause}, the last recorded commit is ${state.commit}`))
        continue;
    } else {
      await readOn(deps, repo.id, state, commits);
    }
  }
  throw new RetryLater("ledger_busy", "The ledger moves faster than it can be read.");
}

/** `catchUp` where batches up to `seen` are known to have been confirmed: a branch that ends before lost them. */
export async function catchUpWith(deps: RecorderDeps, repo: RepoRef, seen: number): Promise<number> {
  for (;;) {
    const sequence = await catchUp(deps, repo);
    if (sequence >= seen) return sequence;
    // Where somebody moved the ledger on since, it is judged again: an older end must not become what was seen.
    await stop(
      deps,
      repo.id,
      { sequence },
      `ledger cut off: it ends with batch ${sequence}, batch ${seen} was confirmed`,
    );
  }
}

/** Judges and applies commit by commit; returns where somebody else was faster, for another round. */
async function readOn(
  deps: RecorderDeps,
  id: RepositoryId,
  state: LedgerState,
  commits: readonly LedgerCommit[],
): Promise<void> {
  let after = await verified(deps, id, state);
  for (const [index, commit] of commits.entries()) {
    const judged = await judgeByHeld(deps.keys, commit, after);
    if (!judged.ok && (await acceptedLater(deps.keys, commits, index, after))) {
      after = { ...after, commit: commit.sha };
      continue;
    }
    let cause = judged.ok ? undefined : judged.cause;
    if (judged.ok) {
      const applied = await applyBatch(deps, id, { ...judged, commit: commit.sha });
      if (applied === "moved") return;
      if (applied === "conflict") cause = "the database has other content under the same ids";
    }
    if (cause !== undefined || !judged.ok) {
      await stop(
        deps,
        id,
        { sequence: after.chain.sequence },
        `foreign commit ${commit.sha} on the ledger branch: ${cause}`,
      );
      return;
    }
    after = judged.next;
  }
}

/** What the database holds as verified, with the key that must sign next. */
export async function verified(deps: RecorderDeps, id: RepositoryId, state: LedgerState): Promise<Verified> {
  const last = await deps.db
    .selectFrom("ledger_batch")
    .select("body")
    .where("repository_id", "=", String(id))
    .where("sequence", "=", state.sequence)
    .where("state", "=", "confirmed")
    .executeTakeFirst();
  return verifiedUpTo(id, state, last && parseBatch(last.body));
}

/**
 * @returns true where the ledger moved on since it was judged, so that the judgement is void.
 * @throws LedgerStopped otherwise.
 */
async function stop(
  deps: RecorderDeps,
  id: RepositoryId,
  judgedAt: Pick<LedgerState, "sequence"> & { readonly commit?: CommitSha | null },
  reason: string,
): Promise<boolean> {
  if (!(await stopIssuing(deps.db, id, judgedAt.sequence, reason))) return true;
  deps.log.error({ repository_id: id, reason }, "issuing is stopped");
  throw new LedgerStopped(reason);
}
