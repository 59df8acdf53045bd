import { formatInstant } from "../base/duration.ts";
import type { RepositoryId } from "../base/ids.ts";
import type { RepoRef } from "../github/types.ts";
import type { LedgerSigner } from "../issuer/index.ts";
import { nextKid } from "../ledger/index.ts";
import { appendEntries } from "./entries.ts";
import { kidAfter, storedFixed } from "./fix.ts";
import { ledgerState } from "./state.ts";
import type { RecorderDeps } from "./types.ts";

/** See Recorder.handOver. */
export async function handOver(deps: RecorderDeps): Promise<readonly RepoRef[]> {
  // A replica that has not read of the newest key would hand a ledger back to an older one.
  await deps.keys.refresh();
  const newest = deps.keys.ledger;
  const rows = await deps.db
    .selectFrom("enrolment")
    .select(["repository_id", "full_name"])
    .where("state", "=", "active")
    .where("ledger_sequence", ">", 0)
    .orderBy("repository_id")
    .execute();
  const handed: RepoRef[] = [];
  for (const row of rows) {
    const repo = { id: Number(row.repository_id) as RepositoryId, fullName: row.full_name };
    // One ledger that cannot be read must not keep the others at a key that is to go.
    const done = await handOverOne(deps, repo, newest).catch((error: unknown) => {
      deps.log.warn({ err: error, repository_id: repo.id }, "a ledger was not handed over");
      return false;
    });
    if (done) handed.push(repo);
  }
  return handed;
}

/** Under the lock on the enrolment that fixes batches too, so that the entry names the key that will sign it. */
async function handOverOne(deps: RecorderDeps, { id, fullName }: RepoRef, newest: LedgerSigner): Promise<boolean> {
  if ((await kidAfter(deps.db, id, await ledgerState(deps.db, id))) === newest.kid) return false;
  return deps.db.transaction().execute(async (trx) => {
    const state = await ledgerState(trx, id, "update");
    const fixed = await storedFixed(trx, id);
    const current = fixed ? nextKid(fixed.batch) : await kidAfter(trx, id, state);
    // A key that is not ours cannot sign its own end; one that this process does not know may be newer than what it knows.
    if (current === newest.kid || !deps.keys.ledgerSigner(current)) return false;
    const waiting = await trx
      .selectFrom("ledger_entry")
      .select("id")
      .where("repository_id", "=", String(id))
      .where("batch_id", "is", null)
      .where("type", "=", "key_rotated")
      .executeTakeFirst();
    if (waiting) return false;
    const now = deps.clock.now();
    await appendEntries(
      trx,
      id,
      [
        {
          v: 1,
          id: deps.newId(),
          at: formatInstant(now),
          type: "key_rotated",
          old_kid: current,
          key: { kid: newest.kid, public_key: newest.publicKey },
        },
      ],
      now,
    );
    deps.log.info({ accessRepo: fullName, old_kid: current, kid: newest.kid }, "a ledger is handed over to a new key");
    return true;
  });
}
