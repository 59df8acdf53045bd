import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

// Times come from the application's clock: no now(). See 0001-initial.ts.

const statements: readonly string[] = [
  `alter table exchange
    add column sealed_token text,
    add column sealed_until timestamptz,
    add column revoke_tried_at timestamptz,
    add constraint exchange_sealed_form check (sealed_token ~ '^v1[.]'),
    add constraint exchange_sealed_whole check ((sealed_token is null) = (sealed_until is null))`,
  // What the sweep looks through: the few that live, not every exchange that ever was.
  `create index exchange_sealed on exchange (revoke_tried_at nulls first) where sealed_token is not null`,
];

/** Credentials that their cloud lets us end: kept sealed with the exchange until they are ended. */
export const sealedTokens: Migration = {
  async up(db: Kysely<never>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
