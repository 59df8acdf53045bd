import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

// Times come from the application's clock: no now(). See 0001-initial.ts.

const statements: readonly string[] = [
  `create table role_check (
    repository_id bigint not null check (repository_id > 0),
    target text not null,
    role text not null,
    kind text not null check (kind in ('aws', 'gcp', 'azure', 'github')),
    fingerprint text not null check (fingerprint ~ '^sha256:[0-9a-f]{64}$'),
    policy_digest text not null check (policy_digest ~ '^sha256:[0-9a-f]{64}$'),
    commit_sha text not null check (commit_sha ~ '^[0-9a-f]{40}$'),
    state text not null check (state in ('due', 'done')),
    outcome text check (outcome in ('ok', 'missing', 'unknown')),
    code text,
    message text,
    tries integer not null default 0 check (tries >= 0),
    due_at timestamptz not null,
    tried_at timestamptz,
    primary key (repository_id, target, role),
    constraint role_check_done_is_known check (state <> 'done' or outcome is not null)
  )`,
  `create index role_check_due on role_check (repository_id, due_at) where state = 'due'`,
  `create table role_report (
    repository_id bigint primary key check (repository_id > 0),
    policy_digest text not null check (policy_digest ~ '^sha256:[0-9a-f]{64}$'),
    commit_sha text not null check (commit_sha ~ '^[0-9a-f]{40}$'),
    left_out integer not null check (left_out >= 0),
    check_run_id bigint check (check_run_id > 0),
    shown_sha256 text check (shown_sha256 ~ '^sha256:[0-9a-f]{64}$')
  )`,
];

/** What was tried of the roles' trust, and what was said about it. */
export const roleChecks: Migration = {
  async up(db: Kysely<never>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
