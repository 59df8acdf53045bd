// Batches, commits, imports, and the check for foreign commits (DESIGN.md section 4, The ledger).
import type { RepositoryId } from "../base/ids.ts";
import type { RepoRef } from "../github/types.ts";
import { acceptLedger } from "./accept.ts";
import { catchUp } from "./catch-up.ts";
import { coalesce } from "./coalesce.ts";
import { appendEntries } from "./entries.ts";
import { catchUpOnce, dueRepositories, flushOnce, type CaughtUp } from "./flush.ts";
import { handOver } from "./hand-over.ts";
import { openLedger } from "./open.ts";
import type { Recorder, RecorderDeps } from "./types.ts";

export { coalesce } from "./coalesce.ts";
export { ledgersByKey } from "./ledgers-by-key.ts";
export { LedgerStopped } from "./types.ts";
export type { ImportHook, LedgerAcceptance, Recorder, RecorderDeps, RecorderEvent } from "./types.ts";

export function createRecorder(deps: RecorderDeps): Recorder {
  const caughtUp: CaughtUp = new Map();
  // As many as ACCESS_REPOS names; each with the newest name of its repository.
  const named = new Map<RepositoryId, RepoRef>();
  /** One at a time for each access repo, however many ask. */
  const coalesced = (work: (repo: RepoRef) => Promise<void>) => {
    const lines = new Map<RepositoryId, () => Promise<void>>();
    return (repo: RepoRef): Promise<void> => {
      named.set(repo.id, repo);
      const line = lines.get(repo.id) ?? coalesce(() => work(named.get(repo.id) ?? repo));
      lines.set(repo.id, line);
      return line();
    };
  };
  const flush = coalesced((repo) => flushOnce(deps, repo, caughtUp));
  const compare = coalesced((repo) => catchUpOnce(deps, repo, caughtUp));
  return {
    append: appendEntries,
    flush,
    catchUp: async (repo) => void (await catchUp(deps, repo)),
    caughtUp: async (repo) => {
      if (!caughtUp.has(repo.id)) await compare(repo);
    },
    accept: (repo, reason) => acceptLedger(deps, repo, reason),
    openLedger: (repo, genesis) => openLedger(deps, repo, genesis),
    handOver: () => handOver(deps),
    flushDue: async () => {
      await handOver(deps).catch((error: unknown) => deps.log.warn({ err: error }, "ledgers were not handed over"));
      for (const repo of await dueRepositories(deps)) {
        // One access repo that cannot be written must not keep the others' entries waiting.
        await flush(repo).catch((error: unknown) => {
          deps.log.warn({ err: error, repository_id: repo.id }, "a due flush failed");
        });
      }
    },
  };
}
