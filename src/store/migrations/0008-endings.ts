import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

// Times come from the application's clock: no now(). See 0001-initial.ts.

const statements: readonly string[] = [
  `alter table decision drop constraint decision_rule_check`,
  `alter table decision add constraint decision_rule_check
    check (rule in ('owners', 'auto_approve', 'break_glass', 'freeze') and (rule <> 'freeze' or kind = 'policy'))`,
  `create table shown_request (
    repository_id bigint not null,
    pull_request integer not null check (pull_request > 0),
    paths jsonb not null check (jsonb_array_length(paths) > 0),
    requester_id bigint not null check (requester_id > 0),
    requester_login text not null,
    primary key (repository_id, pull_request)
  )`,
  `create table merge_refusal (
    repository_id bigint not null,
    pull_request integer not null check (pull_request > 0),
    head_sha text not null check (head_sha ~ '^[0-9a-f]{40}$'),
    status integer not null,
    message text not null,
    primary key (repository_id, pull_request)
  )`,
  `create table notice (
    repository_id bigint not null,
    kind text not null check (kind in ('policy', 'requests')),
    state text not null check (state in ('opening', 'open', 'closed')),
    issue integer check (issue > 0),
    opened_at timestamptz not null,
    body_sha256 text not null,
    primary key (repository_id, kind),
    constraint notice_open_has_issue check (state <> 'open' or issue is not null)
  )`,
  `alter table quarantined_request add column gone boolean not null default false`,
  // Few among all entries, and asked for by themselves: which policy is in force, and since when one is in quarantine.
  `create index ledger_entry_policy on ledger_entry (repository_id, position)
    where type in ('genesis', 'policy_accepted', 'policy_quarantined', 'policy_restored')`,
  `create index quarantined_request_there on quarantined_request (repository_id) where not gone`,
];

/** How requests end without a grant, why GitHub refuses a merge, and the issues that tell of quarantine. */
export const endings: Migration = {
  async up(db: Kysely<never>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
