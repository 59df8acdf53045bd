import { repositoryId, runId } from "../base/ids.ts";
import type { ImportHook } from "../recorder/index.ts";

/** Longer than any token of the imported time is accepted. */
const remember = 1_200_000;

/**
 * For the recorder's `onImport`: what batches that a restored database lacks say of uses, tokens and revocations. A run
 * attempt that exchanged has used its grant, a token that was exchanged is not accepted again, what was revoked stays so.
 * Grants that the database does not have are rebuilt by the grant room, which reads the same entries.
 */
export const importedEntries =
  (oidcIssuer: string): ImportHook =>
  async (trx, accessRepository, entries) => {
    for (const entry of entries) {
      if (entry.type === "issued") {
        const at = new Date(entry.at);
        await trx
          .insertInto("seen_token")
          .values({ iss: oidcIssuer, jti: entry.job.jti_sha256, until: new Date(at.getTime() + remember) })
          .onConflict((c) => c.doNothing())
          .execute();
        const known = await trx.selectFrom("grant").select("id").where("id", "=", entry.grant).executeTakeFirst();
        if (!known) continue;
        const { run_id, run_attempt } = entry.job;
        await trx
          .insertInto("grant_use")
          .values({ grant_id: entry.grant, run_id: String(runId(run_id)), run_attempt, first_at: at })
          .onConflict((c) => c.doNothing())
          .execute();
      }
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
