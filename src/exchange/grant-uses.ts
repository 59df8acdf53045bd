import { type Kysely, type RawBuilder, sql } from "kysely";
import { type Database, rowsOf } from "../store/index.ts";
import type { Claims } from "./claims.ts";
import { Refused } from "./refused.ts";

/** An exchange that uses a grant. */
interface Using {
  /** `thisAttempt`: its use was counted when the exchange came, so nobody locked the grant for it. */
  readonly grant: { readonly id: string; readonly runs: number; readonly uses: { readonly thisAttempt: boolean } };
  readonly claims: Attempt;
  readonly startedAt: Date;
}
interface Use {
  readonly grant_id: string;
  readonly run_id: string;
  readonly run_attempt: number;
  readonly first_at: Date;
}

/** `count` and `uses` of one grant: `<run id> <run attempt>`, each followed by a comma; null where there are none. */
export const usesOfGrant = (id: RawBuilder<unknown>): RawBuilder<unknown> =>
  sql`select count(*), string_agg(run_id || ' ' || run_attempt || ',', '') as uses from grant_use where grant_id = ${id}`;

type Attempt = Pick<Claims, "runId" | "runAttempt">;
const attemptName = ({ runId, runAttempt }: Attempt): string => `${runId} ${runAttempt}`;

/** Whether `uses`, as read, has this attempt. */
export const hasAttempt = (uses: string | null, attempt: Attempt): boolean =>
  `,${uses ?? ""}`.includes(`,${attemptName(attempt)},`);

/** Counts the uses of a batch, from what was read of each grant while it was locked. */
export function usesOf(grants: ReadonlyMap<string, { readonly uses: string | null }>) {
  const used = new Map<string, Set<string>>();
  const of = (grant: string): Set<string> => {
    const known = used.get(grant) ?? new Set((grants.get(grant)?.uses ?? "").split(",").filter((name) => name !== ""));
    used.set(grant, known);
    return known;
  };
  const fresh: Use[] = [];
  return {
    fresh: fresh as readonly Use[],
    /** One use per run attempt; it stays used, whatever becomes of the exchange, and the same attempt may exchange again. */
    count({ grant, claims, startedAt }: Using): void {
      const attempts = of(grant.id);
      const attempt = attemptName(claims);
      if (attempts.has(attempt)) return;
      // Uses are never taken back; if one is gone all the same, nothing is counted without the lock.
      if (grant.uses.thisAttempt) throw new Refused("temporarily_unavailable", { why: "use" });
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
