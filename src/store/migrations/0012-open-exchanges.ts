import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

// Times come from the application's clock: no now(). See 0001-initial.ts.

const statements: readonly string[] = [
  // PostgreSQL writes a changed row to all indexes of a table, unless nothing changes that any of them looks at and the page has room. Each
  // exchange is changed three times: its way from minting to recorded now changes no index.
  `drop index exchange_entry`,
  `drop index exchange_open`,
  `alter table exchange add column is_open boolean not null
    generated always as (state in ('minting', 'minted', 'recorded')) stored`,
  `create index exchange_open on exchange (deadline) where is_open`,
  `alter table exchange set (fillfactor = 50)`,
];

/** Exchanges under way are found by a column that changes once. */
export const openExchanges: Migration = {
  async up(db: Kysely<never>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
