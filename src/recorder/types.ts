import type { Kysely, Transaction } from "kysely";
import type { Logger } from "pino";
import type { Clock, Pause } from "../base/clock.ts";
import type { CommitSha, RepositoryId } from "../base/ids.ts";
import { CountersignError, RetryLater } from "../base/errors.ts";
import type { GitHub, RepoRef } from "../github/types.ts";
import type { Keys } from "../issuer/index.ts";
import type { Entry, GenesisEntry } from "../ledger/types.ts";
import type { Database } from "../store/schema.ts";

export interface RecorderDeps {
  readonly db: Kysely<Database>;
  readonly github: Pick<GitHub, "ledgerTip" | "createLedgerBranch" | "putLedgerFile" | "ledgerCommits">;
  readonly keys: Pick<Keys, "ledger" | "ledgerSigner" | "ledgerKeyOf" | "refresh">;
  readonly clock: Clock;
  /** Waits before the branch is looked at again. */
  readonly pause: Pause;
  readonly log: Pick<Logger, "info" | "warn" | "error">;
  readonly newId: () => string;
  /**
   * Called inside the transaction that imports a signed batch which the database lacked (restored backup), so that the
   * rooms above apply what it says (a use, a revocation) in the same step.
   */
  readonly onImport?: ImportHook;
}
export type ImportHook = (
  trx: Transaction<Database>,
  repositoryId: RepositoryId,
  entries: readonly Entry[],
) => Promise<void>;

/** Writes the ledger of the access repos (DESIGN.md section 4, The ledger is write-ahead and signed). */
export interface Recorder {
  /** Adds entries in the caller's transaction: they exist exactly if what they tell of does. */
  append(trx: Kysely<Database>, repositoryId: RepositoryId, entries: readonly Entry[], flushBy: Date): Promise<void>;
  /**
   * Resolves when every entry that was committed before the call is in a confirmed batch.
   * @throws LedgerStopped where issuing is stopped; RetryLater where GitHub or another replica does not answer in time.
   */
  flush(repo: RepoRef): Promise<void>;
  /** Reads what is on the branch beyond our last confirmed batch: confirms, imports, or stops issuing. @throws LedgerStopped */
  catchUp(repo: RepoRef): Promise<void>;
  /**
   * Resolves once this process has compared the branch with the database: at once but for the first time after a start, or after
   * a write that went wrong. What is on the branch of a restored backup's future is known from then on. @throws as `catchUp`
   */
  caughtUp(repo: RepoRef): Promise<void>;
  /**
   * By an operator's word: issuing that stopped begins again, with the branch as it stands. Nothing foreign is read as fact.
   * @throws CountersignError `nothing_to_accept`; `ledger_cut_off` where batches of ours are gone; RetryLater
   */
  accept(repo: RepoRef, reason: string): Promise<LedgerAcceptance>;
  /**
   * At enrolment: writes batch 1 with the genesis, or verifies the whole branch that is there and imports it.
   * @throws LedgerRefused where the branch that is there is not ours; nothing of it was read as fact then.
   */
  openLedger(repo: RepoRef, genesis: GenesisEntry): Promise<void>;
  /**
   * For the sweep: hands ledgers over to the newest key, and flushes each access repo that has entries past their `flush_by`, or a
   * batch that was left unconfirmed.
   */
  flushDue(): Promise<void>;
  /**
   * Writes, for each ledger that goes on with an older key, the entry that hands it over to the newest one; the old key signs
   * the batch that holds it. Level-triggered: what a rotation did not finish, the next call does. @returns who got an entry
   */
  handOver(): Promise<readonly RepoRef[]>;
}

/** What an operator accepted: everything after `after`, up to `tip`, that is not ours. */
export interface LedgerAcceptance {
  readonly after: CommitSha;
  readonly tip: CommitSha;
  /** Commits that are not ours. */
  readonly foreign: number;
}

/** What is published on the diagnostics channel `countersign:recorder`, synchronously, right after the step is committed. */
export interface RecorderEvent {
  readonly step: "fixed" | "sent" | "confirmed";
  /** Batch id. */
  readonly batch: string;
}

/** The ledger branch holds what is not ours, or lost what is: nothing is issued until `countersign ledger accept`. */
export class LedgerStopped extends CountersignError {
  constructor(reason: string) {
    super(
      "issuing_stopped",
      `Issuing is stopped: ${reason}. An operator must look at the ledger branch, then \`countersign ledger accept\`.`,
    );
  }
}

/** Perhaps another replica made the key a moment ago; or it was lost, and an import brings it back. */
export class LedgerKeyMissing extends RetryLater {
  constructor(kid: string) {
    super(
      "ledger_key_missing",
      `This server does not hold the ledger's key ${kid}: \`countersign keys import\` adds it.`,
    );
  }
}

/** At enrolment a branch was there that no key we hold has signed: waits for `keys import` (C70). */
export class LedgerRefused extends CountersignError {
  constructor(reason: string) {
    super("ledger_refused", `The ledger branch is not believed: ${reason}. Import its key, or move the branch away.`);
  }
}
