import { formatInstant } from "../base/duration.ts";
import { repositoryId } from "../base/ids.ts";
import type { DroppedEntry } from "../ledger/types.ts";
import { publish } from "./channel.ts";
import type { ExchangeDeps } from "./types.ts";

/** `dropped` entries may wait this long for company in a batch. */
const flushWithin = 600_000;
const open = ["minting", "minted", "recorded"] as const;

/**
 * Ends an exchange without a release. Where credentials were minted the ledger says so; nothing is written where they were
 * not. Does nothing where it has ended already: released stays released.
 * @param overdue only where the deadline has passed (the sweep, which may not take what another process works on).
 */
export async function drop(deps: ExchangeDeps, id: string, overdue = false): Promise<void> {
  const now = deps.clock.now();
  const dropped = await deps.db.transaction().execute(async (trx) => {
    const row = await trx
      .selectFrom("exchange as x")
      .innerJoin("grant as g", "g.id", "x.grant_id")
      .select(["x.state", "x.deadline", "g.id as grant", "g.path", "g.repository_id"])
      .where("x.id", "=", id)
      .forUpdate("x")
      .executeTakeFirst();
    const state = open.find((name) => name === row?.state);
    if (!row || !state || (overdue && row.deadline > now)) return false;
    await trx.updateTable("exchange").set({ state: "dropped" }).where("id", "=", id).execute();
    if (state !== "minting") {
      const entry: DroppedEntry = {
        v: 1,
        id: deps.newId(),
        at: formatInstant(now),
        type: "dropped",
        grant: row.grant,
        path: row.path,
        exchange: id,
        state,
      };
      const by = new Date(now.getTime() + flushWithin);
      await deps.recorder.append(trx, repositoryId(row.repository_id), [entry], by);
    }
    return true;
  });
  if (dropped) publish({ state: "dropped", exchange: id });
}

/** Overdue exchanges of this or another process that ended in the middle. The entry of a fixed batch is recorded still. */
export async function dropOverdue(deps: ExchangeDeps): Promise<void> {
  const rows = await deps.db
    .selectFrom("exchange")
    .select("id")
    .where("is_open", "=", true)
    .where("deadline", "<=", deps.clock.now())
    .orderBy("deadline")
    .limit(1000)
    .execute();
  for (const row of rows) await drop(deps, row.id, true);
}

/** Tokens that nobody accepts any more. */
export async function forgetTokens(deps: ExchangeDeps): Promise<void> {
  await deps.db.deleteFrom("seen_token").where("until", "<", deps.clock.now()).execute();
}
