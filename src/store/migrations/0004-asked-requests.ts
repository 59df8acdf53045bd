import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

// Times come from the application's clock: no now(). See 0001-initial.ts.

const statements: readonly string[] = [
  `create table asked_request (
    id text primary key,
    repository_id bigint not null,
    path text not null,
    body text,
    title text,
    asked_sha256 text not null check (asked_sha256 ~ '^sha256:[0-9a-f]{64}$'),
    workflow_repository_id bigint not null check (workflow_repository_id > 0),
    workflow_repository text not null,
    workflow_file text not null,
    run_id bigint not null check (run_id > 0),
    run_attempt integer not null check (run_attempt > 0),
    sha text not null check (sha ~ '^[0-9a-f]{40}$'),
    jti_sha256 text not null check (jti_sha256 ~ '^sha256:[0-9a-f]{64}$'),
    requester_id bigint not null check (requester_id > 0),
    requester_login text not null,
    triggered_by_id bigint not null check (triggered_by_id > 0),
    triggered_by_login text not null,
    state text not null check (state in ('opening', 'open', 'closed', 'failed')),
    reason text,
    commit_sha text check (commit_sha ~ '^[0-9a-f]{40}$'),
    pull_request integer check (pull_request > 0),
    created_at timestamptz not null,
    constraint asked_request_path_once unique (repository_id, path),
    constraint asked_request_opening_has_text check (state <> 'opening' or (body is not null and title is not null)),
    constraint asked_request_opened check (state not in ('open', 'closed') or (commit_sha is not null and pull_request is not null))
  )`,
  // The same run attempt that asks for the same again gets the same pull request.
  `create unique index asked_request_once
    on asked_request (repository_id, workflow_repository_id, run_id, run_attempt, asked_sha256)`,
  `create unique index asked_request_pull_request
    on asked_request (repository_id, pull_request) where pull_request is not null`,
  // How many a workflow has open.
  `create index asked_request_open
    on asked_request (repository_id, workflow_repository_id, workflow_file) where state in ('opening', 'open')`,
];

/** Requests that jobs asked for and that we open as pull requests: who asked, and what exactly we made. */
export const askedRequests: Migration = {
  async up(db: Kysely<never>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
