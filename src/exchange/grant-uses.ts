import { type Kysely, sql } from "kysely";
import { type Database, distinct, rowsOf } from "../store/index.ts";
import type { Claims } from "./claims.ts";
import { Refused } from "./refused.ts";

/** An exchange that uses a grant. */
interface Using {
  readonly grant: { readonly id: string; readonly runs: number };
  readonly claims: Pick<Claims, "runId" | "runAttempt">;
  readonly startedAt: Date;
}
interface Use {
  readonly grant_id: string;
  readonly run_id: string;
  readonly run_attempt: number;
  readonly first_at: Date;
}

/**
 * The uses of the grants of a batch. Read after their rows were locked, by a statement of its own: what another transaction
 * counted while this one waited for the lock is seen, and nobody else counts until this one ends.
 */
export async function usesOf(trx: Kysely<Database>, exchanges: readonly Using[]) {
  const rows = await trx
    .selectFrom("grant_use")
    .select(["grant_id", "run_id", "run_attempt"])
    .where("grant_id", "in", distinct(exchanges.map(({ grant }) => grant.id)))
    .execute();
  const used = new Map<string, Set<string>>();
  const of = (grant: string): Set<string> => {
    const known = used.get(grant) ?? new Set();
    used.set(grant, known);
    return known;
  };
  for (const row of rows) of(row.grant_id).add(`${row.run_id} ${row.run_attempt}`);
  const fresh: Use[] = [];
  return {
    fresh: fresh as readonly Use[],
    /** One use per run attempt; it stays used, whatever becomes of the exchange, and the same attempt may exchange again. */
    count({ grant, claims, startedAt }: Using): void {
      const attempts = of(grant.id);
      const attempt = `${claims.runId} ${claims.runAttempt}`;
      if (attempts.has(attempt)) return;
      if (attempts.size >= grant.runs) throw new Refused("runs_exhausted");
      attempts.add(attempt);
      const { runId, runAttempt } = claims;
      fresh.push({ grant_id: grant.id, run_id: String(runId), run_attempt: runAttempt, first_at: startedAt });
    },
  };
}

/** An import may have written one without the grant's lock: then it is there. */
export async function insertUses(trx: Kysely<Database>, uses: readonly Use[]): Promise<void> {
  const columns = { grant_id: "text", run_id: "bigint", run_attempt: "integer", first_at: "timestamptz" } as const;
  await sql`
    insert into grant_use (grant_id, run_id, run_attempt, first_at)
    select grant_id, run_id, run_attempt, first_at from ${rowsOf(uses, columns)}
    on conflict do nothing`.execute(trx);
}
