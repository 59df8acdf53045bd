import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

// Times come from the application's clock: no now(). See 0001-initial.ts.

const statements: readonly string[] = [
  // What was granted before this version was approved by owners: no other rule decided.
  `alter table "grant" add column rule text not null default 'owners' check (rule in ('owners', 'auto_approve', 'break_glass'))`,
  // How many of one person, within a day.
  `create index grant_automatic on "grant" (repository_id, requester_id, created_at) where rule = 'auto_approve'`,

  `create table after_review (
    grant_id text primary key,
    repository_id bigint not null,
    pull_request integer not null check (pull_request > 0),
    path text not null,
    target text not null,
    role text not null,
    requester_id bigint not null check (requester_id > 0),
    requester_login text not null,
    why text not null,
    what text not null,
    workflow text not null,
    skipped jsonb not null check (jsonb_typeof(skipped) = 'array'),
    barred jsonb not null check (jsonb_typeof(barred) = 'array'),
    granted_at timestamptz not null,
    due_at timestamptz not null,
    opening boolean not null default false,
    issue integer check (issue > 0),
    looked_at timestamptz,
    reviewed_at timestamptz,
    done boolean not null default false,
    constraint after_review_after check (due_at > granted_at)
  )`,
  // What is owed: looked at by every break-glass request and by the sweep.
  `create index after_review_owed on after_review (repository_id, due_at) where reviewed_at is null`,
  `create index after_review_issue on after_review (repository_id, issue) where issue is not null`,
];

/** By which rule was granted, and the reviews that are owed for break-glass. */
export const rules: Migration = {
  async up(db: Kysely<never>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
