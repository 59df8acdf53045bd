import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

// SQL for PostgreSQL 15. Constraints make states impossible that the code should never reach: a check that fails is a 500
// and a log line, which is better than a grant that nobody approved. Times come from the application's clock: no now().

const sha = (column: string): string => `check (${column} ~ '^[0-9a-f]{40}$')`;
const sha256 = (column: string): string => `check (${column} ~ '^sha256:[0-9a-f]{64}$')`;

const statements: readonly string[] = [
  `create table enrolment (
    repository_id bigint primary key check (repository_id > 0),
    owner_id bigint not null check (owner_id > 0),
    installation_id bigint not null check (installation_id > 0),
    full_name text not null,
    default_branch text not null,
    state text not null check (state in ('pending', 'active', 'stopped')),
    state_reason text,
    accepted_digest text ${sha256("accepted_digest")},
    accepted_commit text ${sha("accepted_commit")},
    quarantined_digest text ${sha256("quarantined_digest")},
    head_sha text ${sha("head_sha")},
    ledger_commit text ${sha("ledger_commit")},
    ledger_sequence integer not null check (ledger_sequence >= 0),
    ledger_sha256 text ${sha256("ledger_sha256")},
    enrolled_at timestamptz not null,
    constraint enrolment_active_has_policy check (state <> 'active' or accepted_digest is not null),
    constraint enrolment_accepted_at check ((accepted_digest is null) = (accepted_commit is null)),
    constraint enrolment_quarantine_differs check (quarantined_digest is distinct from accepted_digest or quarantined_digest is null)
  )`,

  `create table delivery (
    id text primary key check (length(id) between 1 and 100),
    event text not null check (length(event) between 1 and 100),
    action text,
    repository_id bigint,
    pull_request integer,
    payload text not null,
    received_at timestamptz not null,
    status text not null check (status in ('received', 'done', 'failed')),
    attempts integer not null default 0 check (attempts >= 0),
    run_at timestamptz not null,
    constraint delivery_done_drops_payload check (status <> 'done' or payload = '')
  )`,
  `create index delivery_waiting on delivery (run_at) where status <> 'done'`,
  `create index delivery_received on delivery (received_at)`,

  // seen = the value of wanted that the last run began with; see queue/jobs.ts.
  `create table job (
    key text primary key check (length(key) between 1 and 200),
    wanted integer not null check (wanted > 0),
    seen integer not null check (seen >= 0 and seen <= wanted),
    run_at timestamptz not null,
    held_until timestamptz,
    attempts integer not null default 0 check (attempts >= 0),
    last_error text
  )`,
  `create index job_due on job (run_at)`,

  `create table lease (
    name text primary key,
    token text not null,
    until timestamptz not null
  )`,

  `create table posted_plan (
    repository_id bigint not null,
    pull_request integer not null check (pull_request > 0),
    head_sha text not null ${sha("head_sha")},
    plans_sha256 text not null ${sha256("plans_sha256")},
    posted_at timestamptz not null,
    seen_before text not null,
    check_run_id bigint not null,
    shown_sha256 text not null ${sha256("shown_sha256")},
    primary key (repository_id, pull_request, head_sha)
  )`,

  `create table quarantined_request (
    repository_id bigint not null,
    path text not null,
    commit_sha text not null ${sha("commit_sha")},
    blob text not null ${sha("blob")},
    code text not null,
    at timestamptz not null,
    primary key (repository_id, path, commit_sha)
  )`,

  `create table decision (
    key_sha256 text primary key ${sha256("key_sha256")},
    repository_id bigint not null,
    pull_request_id bigint not null,
    pull_request integer not null check (pull_request > 0),
    head_sha text not null ${sha("head_sha")},
    kind text not null check (kind in ('request', 'policy')),
    key_text text not null,
    resulting_digest text ${sha256("resulting_digest")},
    outcome text not null check (outcome = 'approved'),
    rule text not null check (rule in ('owners', 'auto_approve', 'break_glass')),
    approvers jsonb not null check (jsonb_typeof(approvers) = 'array'),
    requester_id bigint not null check (requester_id > 0),
    requester_login text not null,
    decided_at timestamptz not null,
    constraint decision_policy_has_result check (kind <> 'policy' or resulting_digest is not null),
    constraint decision_owners_has_approvers check (kind <> 'request' or rule <> 'owners' or jsonb_array_length(approvers) > 0)
  )`,
  `create index decision_pull_request on decision (repository_id, pull_request)`,

  `create table dispatch (
    id text primary key,
    repository_id bigint not null,
    workflow_repository_id bigint not null,
    workflow_repository text not null,
    file text not null,
    ref text not null,
    inputs jsonb not null check (jsonb_typeof(inputs) = 'object'),
    state text not null check (state in ('pending', 'sent', 'bound', 'failed')),
    sent_at timestamptz,
    run_id bigint check (run_id > 0),
    reason text,
    attempts integer not null default 0 check (attempts >= 0),
    created_at timestamptz not null,
    constraint dispatch_bound_has_run check ((state = 'bound') = (run_id is not null)),
    constraint dispatch_sent_has_time check (state not in ('sent', 'bound') or sent_at is not null)
  )`,
  // A run id is unique on the host: one run never serves two dispatches (C71).
  `create unique index dispatch_run on dispatch (run_id) where run_id is not null`,
  `create index dispatch_open on dispatch (workflow_repository_id, file) where state in ('pending', 'sent')`,

  // "grant" is reserved in SQL; kysely quotes every name.
  `create table "grant" (
    id text primary key,
    repository_id bigint not null,
    path text not null,
    blob text not null ${sha("blob")},
    blob_sha256 text not null ${sha256("blob_sha256")},
    pull_request integer not null check (pull_request > 0),
    pull_request_id bigint not null,
    merge_commit text not null ${sha("merge_commit")},
    decision_key text not null ${sha256("decision_key")},
    policy_digest text not null ${sha256("policy_digest")},
    requester_id bigint not null check (requester_id > 0),
    requester_login text not null,
    target text not null,
    role text not null,
    plan_version integer not null check (plan_version > 0),
    plan text not null,
    plan_hash text not null ${sha256("plan_hash")},
    workflow_repository_id bigint not null check (workflow_repository_id > 0),
    not_before timestamptz not null,
    expires_at timestamptz not null,
    runs integer not null check (runs > 0),
    state text not null check (state in ('active', 'revoked', 'expired', 'quarantined')),
    state_reason text,
    ended_at timestamptz,
    dispatch_id text references dispatch (id),
    created_at timestamptz not null,
    constraint grant_window check (expires_at > not_before),
    constraint grant_active_has_not_ended check ((state = 'active') = (ended_at is null)),
    constraint grant_path_once unique (repository_id, path)
  )`,
  // What an exchange looks up first: its cost must not grow with grants that ended.
  `create index grant_active on "grant" (workflow_repository_id) where state = 'active'`,
  // What explains itself for a day: looked at where no active grant fits, which strangers can cause.
  `create index grant_ended on "grant" (ended_at) where state <> 'active'`,
  `create index grant_ending on "grant" (expires_at) where state = 'active'`,
  `create index grant_dispatch on "grant" (dispatch_id) where dispatch_id is not null`,
  `create index grant_pull_request on "grant" (repository_id, pull_request)`,

  `create table grant_use (
    grant_id text not null references "grant" (id),
    run_id bigint not null check (run_id > 0),
    run_attempt integer not null check (run_attempt > 0),
    first_at timestamptz not null,
    primary key (grant_id, run_id, run_attempt)
  )`,

  `create table exchange (
    id text primary key,
    iss text not null,
    jti text not null,
    grant_id text not null references "grant" (id),
    run_id bigint not null check (run_id > 0),
    run_attempt integer not null check (run_attempt > 0),
    state text not null check (state in ('minting', 'minted', 'recorded', 'released', 'dropped')),
    started_at timestamptz not null,
    deadline timestamptz not null,
    entry_id text,
    ledger_commit text ${sha("ledger_commit")},
    correlation_id text not null,
    constraint exchange_token_once unique (iss, jti),
    constraint exchange_deadline check (deadline > started_at),
    constraint exchange_minted_has_entry check (state not in ('minted', 'recorded', 'released') or entry_id is not null),
    constraint exchange_recorded_has_commit check (state not in ('recorded', 'released') or ledger_commit is not null)
  )`,
  `create index exchange_grant on exchange (grant_id)`,
  `create index exchange_open on exchange (deadline) where state in ('minting', 'minted', 'recorded')`,
  `create index exchange_entry on exchange (entry_id) where state = 'minted'`,

  `create table seen_token (
    iss text not null,
    jti text not null,
    until timestamptz not null,
    primary key (iss, jti)
  )`,
  `create index seen_token_until on seen_token (until)`,

  `create table ledger_batch (
    id text primary key,
    repository_id bigint not null,
    sequence integer not null check (sequence >= 0),
    path text not null,
    body text not null,
    sha256 text not null ${sha256("sha256")},
    state text not null check (state in ('fixed', 'confirmed')),
    commit_sha text ${sha("commit_sha")},
    created_at timestamptz not null,
    constraint ledger_batch_sequence_once unique (repository_id, sequence),
    constraint ledger_batch_path_once unique (repository_id, path),
    constraint ledger_batch_confirmed_has_commit check ((state = 'confirmed') = (commit_sha is not null))
  )`,
  // Batch n + 1 is fixed only after n is confirmed: there is at most one whose fate on GitHub is unknown.
  `create unique index ledger_batch_one_fixed on ledger_batch (repository_id) where state = 'fixed'`,

  `create table ledger_entry (
    id text primary key,
    repository_id bigint not null,
    position bigint generated always as identity,
    type text not null,
    body text not null,
    flush_by timestamptz not null,
    batch_id text references ledger_batch (id)
  )`,
  `create index ledger_entry_waiting on ledger_entry (repository_id, position) where batch_id is null`,
  `create index ledger_entry_batch on ledger_entry (batch_id) where batch_id is not null`,

  `create table signing_key (
    kid text primary key,
    purpose text not null check (purpose in ('issuer', 'ledger')),
    public_key text not null,
    sealed_private text,
    created_at timestamptz not null,
    active_from timestamptz not null,
    retired_at timestamptz
  )`,

  `create table refusal (
    access_repository_id bigint not null,
    repository_id bigint not null,
    code text not null,
    count integer not null check (count > 0),
    first_at timestamptz not null,
    primary key (access_repository_id, repository_id, code)
  )`,
];

/** All tables of the first version (store/schema.ts says what each is for). */
export const initial: Migration = {
  async up(db: Kysely<never>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
