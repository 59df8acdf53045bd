import type { Kysely } from "kysely";
import type { CommitSha, Digest, RepositoryId } from "../base/ids.ts";
import { RetryLater } from "../base/errors.ts";
import type { Database } from "../store/schema.ts";
import { LedgerStopped } from "./types.ts";

/** Where the ledger of one access repo stands, as the database knows it. */
export interface LedgerState {
  readonly sequence: number;
  readonly sha256: Digest | null;
  readonly commit: CommitSha | null;
}

/**
 * Reads the last confirmed batch. With a lock nobody moves the ledger on, or stops it, to the end of the caller's transaction:
 * with `update` the caller may itself, with `share` others may read it under the same lock, as exchanges do all the time.
 * @throws LedgerStopped; RetryLater where the repository is not enrolled.
 */
export async function ledgerState(
  db: Kysely<Database>,
  id: RepositoryId,
  lock?: "share" | "update",
): Promise<LedgerState> {
  const query = db
    .selectFrom("enrolment")
    .select(["state", "state_reason", "ledger_commit", "ledger_sequence", "ledger_sha256"])
    .where("repository_id", "=", String(id));
  const locked = lock === "update" ? query.forUpdate() : lock === "share" ? query.forShare() : query;
  const row = await locked.executeTakeFirst();
  if (!row) throw new RetryLater("not_enrolled", `Repository ${id} is not enrolled.`);
  if (row.state === "stopped") throw new LedgerStopped(row.state_reason ?? "no reason was stored");
  return {
    sequence: row.ledger_sequence,
    sha256: row.ledger_sha256 as Digest | null,
    commit: row.ledger_commit as CommitSha | null,
  };
}

/**
 * Stops issuing, if the ledger still stands where the caller judged it.
 * @returns false where it has moved on meanwhile: judge again.
 */
export async function stopIssuing(
  db: Kysely<Database>,
  id: RepositoryId,
  sequence: number,
  reason: string,
): Promise<boolean> {
  const result = await db
    .updateTable("enrolment")
    .set({ state: "stopped", state_reason: reason })
    .where("repository_id", "=", String(id))
    .where("ledger_sequence", "=", sequence)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}
