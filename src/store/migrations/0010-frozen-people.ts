import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

/**
 * Which accounts the logins of `frozen:` meant when they were frozen: a person may give up a login, and so the freeze. One row per
 * access repo, written in the transaction that accepts its policy.
 */
export const frozenPeople: Migration = {
  async up(db: Kysely<never>): Promise<void> {
    await sql`create table frozen_people (
      repository_id bigint primary key,
      policy_digest text not null check (policy_digest ~ '^sha256:[0-9a-f]{64}$'),
      people jsonb not null check (jsonb_typeof(people) = 'array')
    )`.execute(db);
  },
};
