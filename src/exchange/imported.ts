import { type RepositoryId, repositoryId } from "../base/ids.ts";
import type { IssuedEntry, RequestedEntry } from "../ledger/types.ts";
import { importReview } from "../grant/index.ts";
import type { ImportHook } from "../recorder/index.ts";
import type { Db } from "../store/index.ts";
import { importIssued } from "./imported-issued.ts";

/**
 * For the recorder's `onImport`: what batches that a restored database lacks say of uses, tokens and revocations. A run
 * attempt that exchanged has used its grant, a token that was exchanged is not accepted again, what was revoked stays so.
 * Grants that the database does not have are rebuilt by the grant room, which reads the same entries.
 */
export const importedEntries =
  (oidcIssuer: string): ImportHook =>
  async (trx, accessRepository, entries) => {
    const issued = entries.filter((entry): entry is IssuedEntry => entry.type === "issued");
    await importIssued(trx, oidcIssuer, accessRepository, issued);
    for (const entry of entries) {
      if (entry.type === "break_glass" || entry.type === "reviewed")
        await importReview(trx, repositoryId(accessRepository), entry);
      if (entry.type === "requested") await importAsked(trx, accessRepository, entry);
      if (entry.type === "revoked") {
        await trx
          .updateTable("grant")
          .set({ state: "revoked", state_reason: entry.how, ended_at: new Date(entry.at) })
          .where("id", "=", entry.grant)
          .where("repository_id", "=", String(repositoryId(accessRepository)))
          .where("state", "=", "active")
          .execute();
      }
    }
  };

/** Who asked for a pull request of ours, and what we made for it; taken to be open until it has been looked at. */
async function importAsked(trx: Db, accessRepository: RepositoryId, entry: RequestedEntry): Promise<void> {
  const { job, requested_by, triggered_by } = entry;
  const values = {
    path: entry.path,
    body: null,
    title: null,
    asked_sha256: entry.asked_sha256,
    workflow_repository_id: job.repository_id,
    workflow_repository: job.repository,
    workflow_file: job.file,
    run_id: String(job.run_id),
    run_attempt: job.run_attempt,
    sha: job.sha,
    jti_sha256: job.jti_sha256,
    requester_id: requested_by.id,
    requester_login: requested_by.login,
    triggered_by_id: triggered_by.id,
    triggered_by_login: triggered_by.login,
    state: "open",
    reason: null,
    commit_sha: entry.commit,
    pull_request: entry.pull_request,
    created_at: new Date(entry.at),
  } as const;
  // A backup may hold the row as it was before GitHub had answered.
  const updated = await trx
    .updateTable("asked_request")
    .set(values)
    .where("id", "=", entry.request)
    .where("state", "in", ["opening", "failed"])
    .executeTakeFirst();
  if (updated.numUpdatedRows > 0n) return;
  await trx
    .insertInto("asked_request")
    .values({ id: entry.request, repository_id: accessRepository, ...values })
    // The same job may have asked again since the restore: then that is what it waits for, and an import never fails for it.
    .onConflict((c) => c.doNothing())
    .execute();
}
