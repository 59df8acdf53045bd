import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

// Times come from the application's clock: no now(). See 0001-initial.ts.

const statements: readonly string[] = [
  `create table pending_request (
    repository_id bigint not null,
    pull_request integer not null check (pull_request > 0),
    path text not null,
    head_sha text not null check (head_sha ~ '^[0-9a-f]{40}$'),
    policy_digest text not null check (policy_digest ~ '^sha256:[0-9a-f]{64}$'),
    requester_id bigint not null check (requester_id > 0),
    requester_login text not null,
    target text not null,
    role text not null,
    plan text not null,
    plan_hash text not null check (plan_hash ~ '^sha256:[0-9a-f]{64}$'),
    workflow_repository_id bigint not null check (workflow_repository_id > 0),
    awaited jsonb not null check (jsonb_typeof(awaited) = 'array'),
    primary key (repository_id, pull_request, path)
  )`,
  // What an exchange without a grant looks up.
  `create index pending_request_workflow on pending_request (workflow_repository_id)`,
];

/** Requests that wait for approval, so that the job that waits for one can be told so. They decide nothing. */
export const pendingRequests: Migration = {
  async up(db: Kysely<never>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
