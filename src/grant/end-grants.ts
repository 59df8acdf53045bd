import type { SelectQueryBuilder } from "kysely";
import { formatInstant } from "../base/duration.ts";
import { repositoryId } from "../base/ids.ts";
import type { Entry, RevokedEntry } from "../ledger/types.ts";
import type { Database, Db } from "../store/index.ts";
import { type GrantDeps, LATER } from "./deps.ts";

/**
 * Revokes the active grants of paths inside the caller's transaction. Effective at once: every exchange reads the state from
 * the database at both of its ends. Deleting or changing the file ends a grant however it happened, since ending is always safe.
 */
export async function revokePaths(
  deps: Pick<GrantDeps, "clock" | "newId">,
  trx: Db,
  accessRepo: number,
  paths: readonly string[],
  how: RevokedEntry["how"],
  commit: string,
  by: RevokedEntry["by"] = null,
): Promise<readonly Entry[]> {
  if (paths.length === 0) return [];
  const now = deps.clock.now();
  await lockInOrder(
    trx
      .selectFrom("grant")
      .where("repository_id", "=", String(accessRepo))
      .where("path", "in", [...paths])
      .where("state", "=", "active"),
  );
  const rows = await trx
    .updateTable("grant")
    .set({ state: "revoked", state_reason: how, ended_at: now })
    .where("repository_id", "=", String(accessRepo))
    .where("path", "in", [...paths])
    .where("state", "=", "active")
    .returning(["id", "path"])
    .execute();
  return rows.map((row) => ({
    v: 1,
    id: deps.newId(),
    at: formatInstant(now),
    type: "revoked",
    grant: row.id,
    path: row.path,
    how,
    commit,
    by,
    reason: null,
  }));
}

/** In the order in which exchanges lock grants (exchange/begin.ts): else each could wait for the other, and PostgreSQL end this. */
const lockInOrder = (grants: SelectQueryBuilder<Database, "grant", object>): Promise<unknown> =>
  grants.select("id").orderBy("repository_id").orderBy("id").forNoKeyUpdate().execute();

/** Marks grants whose window is over; the exchange does not wait for this, it looks at the window itself. */
export async function expireGrants(deps: GrantDeps): Promise<void> {
  const now = deps.clock.now();
  await deps.db.transaction().execute(async (trx) => {
    await lockInOrder(trx.selectFrom("grant").where("state", "=", "active").where("expires_at", "<=", now));
    const rows = await trx
      .updateTable("grant")
      .set({ state: "expired", ended_at: now })
      .where("state", "=", "active")
      .where("expires_at", "<=", now)
      .returning(["id", "path", "repository_id", "expires_at"])
      .execute();
    for (const row of rows) {
      const { n } = await trx
        .selectFrom("grant_use")
        .select((e) => e.fn.countAll<string>().as("n"))
        .where("grant_id", "=", row.id)
        .executeTakeFirstOrThrow();
      const entry: Entry = {
        v: 1,
        id: deps.newId(),
        at: formatInstant(row.expires_at),
        type: "expired",
        grant: row.id,
        path: row.path,
        uses: Number(n),
      };
      await deps.recorder.append(trx, repositoryId(row.repository_id), [entry], new Date(now.getTime() + LATER));
    }
  });
}
