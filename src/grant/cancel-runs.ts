import { runId } from "../base/ids.ts";
import type { Db } from "../store/index.ts";
import type { GrantDeps } from "./deps.ts";

/** Job that cancels the run of one dispatch where nothing that it was started for lives any more. */
export const cancelKey = (dispatch: string): string => `cancel:${dispatch}`;

/** So long the sweep comes back to a run; a job that fails tries again by itself, for as long as it takes. */
const comesBack = 86_400_000;

/**
 * Cancels the run that is bound to a dispatch, where its grants are revoked: what nobody stands behind any more shall not go
 * on, also without credentials. Not while another grant that lives shares the run, and not where all of them ended by their
 * time: then the run ends as it would. Twice it changes nothing.
 * @throws RetryLater where GitHub has to be asked again
 */
export async function cancelRevokedRun(
  deps: Pick<GrantDeps, "db" | "github" | "clock" | "log">,
  dispatch: string,
): Promise<void> {
  const row = await revoked(deps.db).where("d.id", "=", dispatch).executeTakeFirst();
  if (!row || row.run_id === null) return;
  await deps.github.cancelRun(row.workflow_repository, runId(row.run_id));
  deps.log.info({ dispatch, run: row.run_id }, "cancelled the run of a revoked grant");
  await deps.db
    .updateTable("dispatch")
    .set({ cancelled_at: deps.clock.now() })
    .where("id", "=", dispatch)
    .where("cancelled_at", "is", null)
    .execute();
}

/** For the sweep: dispatches whose run is to be cancelled, and is not yet. */
export async function runsToCancel({ db, clock }: Pick<GrantDeps, "db" | "clock">): Promise<readonly string[]> {
  // By the time of the end, which has an index: dispatches that ended well are many, and stay.
  const since = new Date(clock.now().getTime() - comesBack);
  const rows = await revoked(db).where("g.ended_at", ">", since).limit(1000).execute();
  return [...new Set(rows.map((row) => row.id))];
}

const revoked = (db: Db) =>
  db
    .selectFrom("grant as g")
    .innerJoin("dispatch as d", "d.id", "g.dispatch_id")
    .select(["d.id", "d.run_id", "d.workflow_repository"])
    .where("g.state", "=", "revoked")
    .where("d.state", "=", "bound")
    .where("d.cancelled_at", "is", null)
    .where((b) =>
      b.not(
        b.exists(
          b
            .selectFrom("grant as other")
            .select("other.id")
            .whereRef("other.dispatch_id", "=", "d.id")
            .where("other.state", "=", "active"),
        ),
      ),
    );
