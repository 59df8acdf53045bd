import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

// Times come from the application's clock: no now(). See 0001-initial.ts.

const statements: readonly string[] = [
  `create table handled_comment (
    repository_id bigint not null,
    comment_id bigint not null check (comment_id > 0),
    number integer not null check (number > 0),
    author_id bigint not null check (author_id > 0),
    author_login text not null,
    command text not null,
    effect jsonb check (jsonb_typeof(effect) = 'object'),
    reply text,
    seen_at timestamptz not null,
    reply_tried_at timestamptz,
    finished_at timestamptz,
    primary key (repository_id, comment_id)
  )`,
  // What is left to be said or done.
  `create index handled_comment_open on handled_comment (repository_id, number) where finished_at is null`,
  // How much was said on one pull request within the hour.
  `create index handled_comment_recent on handled_comment (repository_id, number, seen_at)`,

  `create table read_comments (
    repository_id bigint not null,
    number integer not null check (number >= 0),
    up_to text not null,
    primary key (repository_id, number)
  )`,

  `create table revoked_request (
    repository_id bigint not null,
    pull_request integer not null check (pull_request > 0),
    path text not null,
    by_id bigint check (by_id > 0),
    by_login text,
    reason text not null,
    at timestamptz not null,
    primary key (repository_id, pull_request, path),
    constraint revoked_request_by_whole check ((by_id is null) = (by_login is null))
  )`,

  `alter table dispatch add column cancelled_at timestamptz`,

  `alter table decision drop constraint decision_kind_check`,
  `alter table decision add constraint decision_kind_check check (kind in ('request', 'policy', 'revocation'))`,
];

/** What people said to us in comments and what became of it; requests that are revoked for good; runs that were cancelled. */
export const commands: Migration = {
  async up(db: Kysely<never>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
