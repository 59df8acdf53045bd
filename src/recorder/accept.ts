import { CountersignError, RetryLater } from "../base/errors.ts";
import { formatInstant } from "../base/duration.ts";
import type { CommitSha, Digest } from "../base/ids.ts";
import { LEDGER_BRANCH, type RepoRef } from "../github/types.ts";
import { applyIn, type CommittedBatch } from "./apply.ts";
import { verified } from "./catch-up.ts";
import { publish } from "./channel.ts";
import { appendEntries } from "./entries.ts";
import { judgeByHeld } from "./judge.ts";
import type { LedgerState } from "./state.ts";
import type { LedgerAcceptance, RecorderDeps } from "./types.ts";

type Stopped = LedgerState & { readonly commit: CommitSha };

/**
 * See Recorder.accept. What is not ours stays foreign for ever: of it only the number and the place are told. Batches of ours
 * that lie above or between are ours all the same, by signature, sequence and digest, and are confirmed here: only their parent
 * is not what we left. One transaction, which also starts issuing again; a crash before it changes nothing.
 */
export async function acceptLedger(deps: RecorderDeps, repo: RepoRef, reason: string): Promise<LedgerAcceptance> {
  const state = await stoppedState(deps, repo);
  const tip = await deps.github.ledgerTip(repo);
  const commits = tip === state.commit ? [] : tip && (await deps.github.ledgerCommits(repo, state.commit, tip));
  if (!tip || !commits) throw cutOff(repo, state.commit);

  let after = await verified(deps, repo.id, state);
  const ours: CommittedBatch[] = [];
  for (const commit of commits) {
    const judged = await judgeByHeld(deps.keys, commit, { ...after, commit: commit.parents[0] ?? null });
    if (!judged.ok) continue;
    ours.push({ ...judged, commit: commit.sha });
    after = judged.next;
  }
  const accepted = { after: state.commit, tip, foreign: commits.length - ours.length };
  await takeIn(deps, repo, state, ours, accepted, reason);
  for (const { batch } of ours) publish({ step: "confirmed", batch: batch.header.batch });
  deps.log.warn({ repository_id: repo.id, ...accepted, reason }, "an operator accepted the ledger branch as it stands");
  return accepted;
}

async function stoppedState({ db }: RecorderDeps, { id, fullName }: RepoRef): Promise<Stopped> {
  const row = await db
    .selectFrom("enrolment")
    .select(["state", "state_reason", "ledger_commit", "ledger_sequence", "ledger_sha256"])
    .where("repository_id", "=", String(id))
    .executeTakeFirst();
  if (row?.state !== "stopped" || row.ledger_commit === null) {
    const why =
      row?.state === "pending"
        ? `it is not enrolled yet (${row.state_reason ?? "being enrolled"}): import the ledger's key, or move a branch ${LEDGER_BRANCH} that is not ours away`
        : "it is not stopped";
    throw new CountersignError("nothing_to_accept", `There is nothing to accept on the ledger of ${fullName}: ${why}.`);
  }
  return {
    sequence: row.ledger_sequence,
    sha256: row.ledger_sha256 as Digest | null,
    commit: row.ledger_commit as CommitSha,
  };
}

/** Batches that are gone cannot be accepted as gone: no reader could follow the chain over the gap. */
const cutOff = ({ fullName }: RepoRef, commit: CommitSha): CountersignError =>
  new CountersignError(
    "ledger_cut_off",
    `Our last recorded commit ${commit} is not on the branch ${LEDGER_BRANCH} of ${fullName}. Put it back from any clone that has it ` +
      `(\`git push --force origin ${commit}:refs/heads/${LEDGER_BRANCH}\`), then accept.`,
  );

async function takeIn(
  deps: RecorderDeps,
  { id, fullName }: RepoRef,
  state: Stopped,
  ours: readonly CommittedBatch[],
  accepted: LedgerAcceptance,
  reason: string,
): Promise<void> {
  const now = deps.clock.now();
  await deps.db.transaction().execute(async (trx) => {
    const { numUpdatedRows } = await trx
      .updateTable("enrolment")
      .set({ state: "active", state_reason: null })
      .where("repository_id", "=", String(id))
      .where("state", "=", "stopped")
      .where("ledger_sequence", "=", state.sequence)
      .where("ledger_commit", "=", state.commit)
      .executeTakeFirst();
    if (numUpdatedRows !== 1n) throw moved(fullName);
    for (const committed of ours) if ((await applyIn(deps, trx, id, committed)) !== "applied") throw moved(fullName);
    // The next batch goes on top of what is there; its answer must name this as its parent.
    await trx
      .updateTable("enrolment")
      .set({ ledger_commit: accepted.tip })
      .where("repository_id", "=", String(id))
      .execute();
    const common = { v: 1, id: deps.newId(), at: formatInstant(now), type: "ledger_accepted" } as const;
    await appendEntries(trx, id, [{ ...common, reason, ...accepted }], now);
  });
}

const moved = (fullName: string): RetryLater =>
  new RetryLater("ledger_moved", `The ledger of ${fullName} changed meanwhile: look at it and accept again.`);
