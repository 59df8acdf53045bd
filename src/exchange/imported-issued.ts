import { sql } from "kysely";
import type { RepositoryId } from "../base/ids.ts";
import type { IssuedEntry } from "../ledger/types.ts";
import { type Db, distinct, rowsOf } from "../store/index.ts";
import { insertUses } from "./grant-uses.ts";

/** Longer than any token of the imported time is accepted. */
const remember = 1_200_000;

const hourBefore = (column: "started_at" | "deadline") => sql<Date>`${sql.ref(column)} - interval '1 hour'`;

/**
 * A token that was exchanged is not accepted again, and a run attempt that exchanged has used its grant. Where servers went on while the
 * database went back, exchanges may be under way that began before it knew so: their deadline has passed, and their
 * jobs may come again. Tokens first, then grants, locked in the order in which exchanges begin: one that is beginning is waited for,
 * and found.
 */
export async function importIssued(
  trx: Db,
  oidcIssuer: string,
  accessRepository: RepositoryId,
  entries: readonly IssuedEntry[],
): Promise<void> {
  if (entries.length === 0) return;
  const tokens = entries.map(({ at, job }) => ({
    iss: oidcIssuer,
    jti: job.jti_sha256,
    until: new Date(Date.parse(at) + remember),
  }));
  await sql`
    insert into seen_token (iss, jti, until)
    select iss, jti, until from ${rowsOf(tokens, { iss: "text", jti: "text", until: "timestamptz" })} order by iss, jti
    on conflict do nothing`.execute(trx);
  const grants = await trx
    .selectFrom("grant")
    .select("id")
    .where("repository_id", "=", String(accessRepository))
    .where("id", "in", distinct(entries.map(({ grant }) => grant)))
    .orderBy("id")
    .forNoKeyUpdate()
    .execute();
  const known = new Set(grants.map(({ id }) => id));
  const uses = entries
    .filter(({ grant }) => known.has(grant))
    .map(({ grant, job, at }) => ({
      grant_id: grant,
      run_id: String(job.run_id),
      run_attempt: job.run_attempt,
      first_at: new Date(at),
    }));
  if (uses.length > 0) await insertUses(trx, uses);
  await trx
    .updateTable("exchange")
    .set({ started_at: hourBefore("started_at"), deadline: hourBefore("deadline") })
    .where("is_open", "=", true)
    .where("grant_id", "in", (b) =>
      b.selectFrom("grant").select("id").where("repository_id", "=", String(accessRepository)),
    )
    .execute();
}
