import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

// Times come from the application's clock: no now(). See 0001-initial.ts.

const statements: readonly string[] = [
  `create table page_request (
    repository_id bigint not null,
    pull_request integer not null check (pull_request > 0),
    path text not null,
    head_sha text not null check (head_sha ~ '^[0-9a-f]{40}$'),
    blob text not null check (blob ~ '^[0-9a-f]{40}$'),
    body text not null,
    requester_login text not null,
    plan text not null,
    plan_hash text not null check (plan_hash ~ '^sha256:[0-9a-f]{64}$'),
    workflow_repository text not null,
    compared jsonb not null check (jsonb_typeof(compared) = 'array'),
    is_open boolean not null,
    primary key (repository_id, pull_request, path)
  )`,
  // What a policy pull request looks through.
  `create index page_request_open on page_request (repository_id, pull_request) where is_open`,
  `create table asked_reviewer (
    repository_id bigint not null,
    pull_request integer not null check (pull_request > 0),
    name text not null,
    primary key (repository_id, pull_request, name)
  )`,
  `create table pull_request_comment (
    repository_id bigint not null,
    pull_request integer not null check (pull_request > 0),
    state text not null check (state in ('creating', 'there', 'gone')),
    comment_id bigint check (comment_id > 0),
    shown_sha256 text not null check (shown_sha256 ~ '^sha256:[0-9a-f]{64}$'),
    written_at timestamptz not null,
    primary key (repository_id, pull_request),
    constraint pull_request_comment_has_id check ((state = 'there') = (comment_id is not null))
  )`,
  `create table grant_refusal (
    grant_id text primary key references "grant" (id),
    code text not null,
    words text not null,
    correlation_id text not null,
    at timestamptz not null
  )`,
  // What a plan is compared with: the newest grants of a role, of a requester, of a workflow.
  `create index grant_of_role on "grant" (repository_id, target, role, created_at)`,
  `create index grant_of_requester on "grant" (repository_id, requester_id, created_at)`,
  `create index grant_of_workflow on "grant" (repository_id, workflow_repository_id, created_at)`,
];

/** What people were shown and told on a pull request, so that it is said once and stays as it was said. */
export const pullRequestPage: Migration = {
  async up(db: Kysely<never>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
