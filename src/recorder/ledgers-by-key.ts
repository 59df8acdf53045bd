import type { Kysely } from "kysely";
import { nextKid, parseBatch } from "../ledger/index.ts";
import type { Database } from "../store/schema.ts";

/**
 * The access repos whose next batch a key signs, by key id: those that a rotation has not reached yet are under the old one. Of
 * every state, also stopped ones; a ledger whose first batch is fixed and not yet sent counts.
 */
export async function ledgersByKey(db: Kysely<Database>): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await db
    .selectFrom("enrolment as e")
    .innerJoin("ledger_batch as b", "b.repository_id", "e.repository_id")
    .select(["e.repository_id", "e.full_name", "b.body"])
    .distinctOn("e.repository_id")
    // A fixed batch has the next sequence: what it names signs after it.
    .orderBy("e.repository_id")
    .orderBy("b.sequence", "desc")
    .execute();
  const ledgers = new Map<string, string[]>();
  for (const { full_name, body } of rows) {
    const kid = nextKid(parseBatch(body));
    ledgers.set(kid, [...(ledgers.get(kid) ?? []), full_name]);
  }
  return ledgers;
}
