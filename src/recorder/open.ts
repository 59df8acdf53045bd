import type { RepositoryId } from "../base/ids.ts";
import type { RepoRef } from "../github/types.ts";
import { entryText, type GenesisEntry } from "../ledger/index.ts";
import { acceptedLater } from "./accepted-later.ts";
import { catchUp, verified } from "./catch-up.ts";
import { publish } from "./channel.ts";
import { appendEntries } from "./entries.ts";
import { storeBatch, storedFixed, type FixedBatch } from "./fix.ts";
import { judgeByHeld } from "./judge.ts";
import { sendBatch } from "./send.ts";
import { ledgerState } from "./state.ts";
import { LedgerRefused, type RecorderDeps } from "./types.ts";

/**
 * See Recorder.openLedger. A branch that is there is verified as a whole before anything of it is stored: a forged genesis
 * by a key that we were not given is not believed, whatever key it names itself (C70). Refused is a state of waiting
 * (`keys import`), so the enrolment keeps its state and gets the reason.
 */
export async function openLedger(deps: RecorderDeps, repo: RepoRef, genesis: GenesisEntry): Promise<void> {
  const state = await ledgerState(deps.db, repo.id);
  if (state.sequence === 0) {
    const tip = await deps.github.ledgerTip(repo);
    if (tip === null) {
      await sendBatch(deps, repo, await fixGenesis(deps, repo.id, genesis));
      return;
    }
    const commits = (await deps.github.ledgerCommits(repo, null, tip)) ?? [];
    let after = await verified(deps, repo.id, state);
    if (commits.length === 0) return refuse(deps, repo.id, `the ledger branch at ${tip} cannot be read`);
    for (const [index, commit] of commits.entries()) {
      const judged = await judgeByHeld(deps.keys, commit, after);
      if (!judged.ok && index > 0 && (await acceptedLater(deps.keys, commits, index, after))) {
        after = { ...after, commit: commit.sha };
        continue;
      }
      if (!judged.ok) return refuse(deps, repo.id, `commit ${commit.sha} is not ours: ${judged.cause}`);
      after = judged.next;
    }
  }
  await catchUp(deps, repo);
}

/** Fixed before the call, so that a crash after it finds its own branch instead of a stranger's. */
async function fixGenesis(deps: RecorderDeps, id: RepositoryId, genesis: GenesisEntry): Promise<FixedBatch> {
  const fixed = await deps.db.transaction().execute(async (trx) => {
    const after = await ledgerState(trx, id, "update");
    const earlier = await storedFixed(trx, id);
    if (earlier) return { ...earlier, after };
    await appendEntries(trx, id, [genesis], deps.clock.now());
    return { ...(await storeBatch(deps, trx, id, after, [{ id: genesis.id, body: entryText(genesis) }])), after };
  });
  publish({ step: "fixed", batch: fixed.batch.header.batch });
  return fixed;
}

async function refuse(deps: RecorderDeps, id: RepositoryId, reason: string): Promise<never> {
  await deps.db
    .updateTable("enrolment")
    .set({ state_reason: reason })
    .where("repository_id", "=", String(id))
    .where("ledger_sequence", "=", 0)
    .execute();
  deps.log.error({ repository_id: id, reason }, "the ledger branch is not believed");
  throw new LedgerRefused(reason);
}
