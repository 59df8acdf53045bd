import type { ColumnType, Generated } from "kysely";

// Times are `timestamptz` written by the application's clock, never by `now()` in SQL: one clock for every decision.
// Ids of GitHub are `bigint` and come back as strings from both drivers; base/ids.ts parses them.
// JSON that was hashed or signed is stored as `text`, byte for byte; `jsonb` is only for what we read ourselves.
type BigInt_ = ColumnType<string, number | string, number | string>;
type Time = ColumnType<Date, Date, Date>;
type JsonColumn<T> = ColumnType<T, string, string>;

/** One row per access repo named in ACCESS_REPOS (DESIGN.md section 4, Enrolment). */
export interface EnrolmentTable {
  repository_id: BigInt_;
  owner_id: BigInt_;
  installation_id: BigInt_;
  full_name: string;
  default_branch: string;
  /** `stopped`: ledger has foreign commits or a broken chain; nothing is issued until `countersign ledger accept`. */
  state: "pending" | "active" | "stopped";
  state_reason: string | null;
  accepted_digest: string | null;
  /** A commit that has the accepted policy: what a policy pull request is compared with. */
  accepted_commit: string | null;
  /** Set while the default branch holds a policy that we did not accept. */
  quarantined_digest: string | null;
  /** Default branch up to which every commit has been judged. */
  head_sha: string | null;
  /** Last confirmed batch. */
  ledger_commit: string | null;
  ledger_sequence: number;
  ledger_sha256: string | null;
  enrolled_at: Time;
}
/** Webhook inbox. The body is a hint only; it is dropped when done. */
export interface DeliveryTable {
  id: string;
  event: string;
  action: string | null;
  repository_id: ColumnType<string | null, number | string | null, number | string | null>;
  pull_request: number | null;
  payload: string;
  received_at: Time;
  status: "received" | "done" | "failed";
  attempts: number;
  run_at: Time;
}
/** Reconcile jobs, coalesced by key: an event during a run raises `wanted` over `seen`, which causes another run. */
export interface JobTable {
  /** `pull-request:<repository id>:<number>`, `comments:<repository id>:<number>`, `comment:<repository id>:<number>`, `issue:<repository id>:<number>`, `access-repo:<repository id>`, `flush:<repository id>`, `notice:<repository id>`, `dispatch:<id>`, `cancel:<dispatch id>`, `check-roles:<repository id>`, `after-review:<repository id>:<pull request>`, `sweep` */
  key: string;
  wanted: number;
  /** The value of `wanted` that the last run began with. */
  seen: number;
  run_at: Time;
  /** After a failure: not before this, whatever else asks for the job meanwhile. */
  held_until: ColumnType<Date | null, Date | null | undefined, Date | null>;
  attempts: ColumnType<number, number | undefined, number>;
  last_error: string | null;
}
export interface LeaseTable {
  name: string;
  token: string;
  until: Time;
}
/** The plan that a reader of a pull request could see, with GitHub's time. */
export interface PostedPlanTable {
  repository_id: BigInt_;
  pull_request: number;
  head_sha: string;
  /** Digest over the plan hashes by path (or of the policy diff), so that a changed plan asks again. */
  plans_sha256: string;
  posted_at: Time;
  /** Reviews that were there before the plan: `<author id>@<time>`, comma separated. GitHub's clock shows whole seconds only. */
  seen_before: string;
  check_run_id: BigInt_;
  /** Digest of what the check run shows now: a write happens only where it differs. */
  shown_sha256: string;
}
/** A request on the default branch that never grants: it came without our decision. */
export interface QuarantinedRequestTable {
  repository_id: BigInt_;
  path: string;
  commit_sha: string;
  blob: string;
  code: string;
  at: Time;
  /** The default branch does not hold it any more. */
  gone: ColumnType<boolean, boolean | undefined, boolean>;
}
export interface DecisionTable {
  /** Digest of the canonical DecisionKey. */
  key_sha256: string;
  repository_id: BigInt_;
  pull_request_id: BigInt_;
  pull_request: number;
  head_sha: string;
  kind: "request" | "policy" | "revocation";
  /** Canonical JSON of the DecisionKey. */
  key_text: string;
  resulting_digest: string | null;
  outcome: "approved";
  rule: "owners" | "auto_approve" | "break_glass" | "freeze" | "own_revocation";
  approvers: JsonColumn<readonly { id: number; login: string }[]>;
  requester_id: BigInt_;
  requester_login: string;
  decided_at: Time;
}
export interface GrantTable {
  id: string;
  repository_id: BigInt_;
  path: string;
  blob: string;
  blob_sha256: string;
  pull_request: number;
  pull_request_id: BigInt_;
  merge_commit: string;
  decision_key: string;
  policy_digest: string;
  requester_id: BigInt_;
  requester_login: string;
  target: string;
  role: string;
  plan_version: number;
  plan: string;
  plan_hash: string;
  /** Repository of the workflow: what an exchange looks up first. */
  workflow_repository_id: BigInt_;
  not_before: Time;
  expires_at: Time;
  runs: number;
  state: "active" | "revoked" | "expired" | "quarantined";
  state_reason: string | null;
  ended_at: ColumnType<Date | null, Date | null, Date | null>;
  dispatch_id: string | null;
  created_at: Time;
  /** By which rule it was decided. */
  rule: Generated<"owners" | "auto_approve" | "break_glass">;
}
export interface DispatchTable {
  id: string;
  repository_id: BigInt_;
  workflow_repository_id: BigInt_;
  workflow_repository: string;
  file: string;
  ref: string;
  inputs: JsonColumn<Readonly<Record<string, string>>>;
  state: "pending" | "sent" | "bound" | "failed";
  sent_at: ColumnType<Date | null, Date | null, Date | null>;
  run_id: ColumnType<string | null, number | string | null, number | string | null>;
  reason: string | null;
  attempts: number;
  created_at: Time;
  /** When GitHub was told to cancel the bound run, since what it was started for is revoked. */
  cancelled_at: ColumnType<Date | null, Date | null | undefined, Date | null>;
}
/** A run attempt that may exchange under a grant; at most `grant.runs` rows. */
export interface GrantUseTable {
  grant_id: string;
  run_id: BigInt_;
  run_attempt: number;
  first_at: Time;
}
export interface ExchangeTable {
  id: string;
  iss: string;
  jti: string;
  grant_id: string;
  run_id: BigInt_;
  run_attempt: number;
  state: "minting" | "minted" | "recorded" | "released" | "dropped";
  /** By `state`: neither released nor dropped. */
  is_open: ColumnType<boolean, never, never>;
  started_at: Time;
  deadline: Time;
  entry_id: string | null;
  ledger_commit: string | null;
  correlation_id: string;
  /** Credentials that can be revoked, sealed (issuer/sealing.ts, purpose `token`), from `minted` until their cloud says that they are gone. */
  sealed_token: ColumnType<string | null, string | null | undefined, string | null>;
  /** When they end by themselves. */
  sealed_until: ColumnType<Date | null, Date | null | undefined, Date | null>;
  /** Last failed try to revoke them. */
  revoke_tried_at: ColumnType<Date | null, Date | null | undefined, Date | null>;
}
/** Subject tokens seen, until they expire: a token is accepted once (C37). */
export interface SeenTokenTable {
  iss: string;
  jti: string;
  until: Time;
}
export interface LedgerEntryTable {
  id: string;
  repository_id: BigInt_;
  /** Order of writing within one database. */
  position: Generated<string>;
  type: string;
  /** Canonical JSON of the Entry. */
  body: string;
  flush_by: Time;
  batch_id: string | null;
}
/** Fixed before the call to GitHub, so that any writer retries the same bytes. */
export interface LedgerBatchTable {
  id: string;
  repository_id: BigInt_;
  sequence: number;
  path: string;
  body: string;
  sha256: string;
  state: "fixed" | "confirmed";
  commit_sha: string | null;
  created_at: Time;
}
export interface SigningKeyTable {
  kid: string;
  purpose: "issuer" | "ledger";
  /** SPKI, base64url DER (ledger) or public JWK as JSON (issuer). */
  public_key: string;
  /** `v1.<sealing kid>.<iv>.<ciphertext and tag>`; see issuer/sealing.ts. null: revoked or imported public key only. */
  sealed_private: string | null;
  created_at: Time;
  /** From when it signs; published from creation. */
  active_from: Time;
  retired_at: ColumnType<Date | null, Date | null, Date | null>;
}
/** Refusals waiting to be aggregated. */
export interface RefusalTable {
  access_repository_id: BigInt_;
  repository_id: BigInt_;
  code: string;
  count: number;
  first_at: Time;
}
/**
 * A valid request of an open pull request that nobody has granted yet, with its plan. Only for telling the job that waits for
 * it so; no decision, grant or credential ever comes from here.
 */
export interface PendingRequestTable {
  repository_id: BigInt_;
  pull_request: number;
  path: string;
  head_sha: string;
  /** The accepted policy that the plan was rendered under; under another one the row says nothing. */
  policy_digest: string;
  requester_id: BigInt_;
  requester_login: string;
  target: string;
  role: string;
  /** Canonical JSON, as a grant would freeze it. */
  plan: string;
  plan_hash: string;
  workflow_repository_id: BigInt_;
  /** Owners of open slots, as CODEOWNERS spells them. */
  awaited: JsonColumn<readonly string[]>;
}
/** A request that a job asked for (`POST /requests`): who asked, and what exactly we opened for it. */
export interface AskedRequestTable {
  /** UUID; names the branch. */
  id: string;
  repository_id: BigInt_;
  path: string;
  /** The request file and the pull request's title; null once they are in git. */
  body: string | null;
  title: string | null;
  /** Digest of what was asked: the same run attempt that asks for the same again gets the same pull request. */
  asked_sha256: string;
  workflow_repository_id: BigInt_;
  workflow_repository: string;
  workflow_file: string;
  run_id: BigInt_;
  run_attempt: number;
  sha: string;
  jti_sha256: string;
  requester_id: BigInt_;
  requester_login: string;
  triggered_by_id: BigInt_;
  triggered_by_login: string;
  /** `opening`: a job of the queue is at it. `closed`: merged as well. */
  state: "opening" | "open" | "closed" | "failed";
  reason: string | null;
  /** The one commit of the branch; stored before the branch is made. */
  commit_sha: string | null;
  pull_request: number | null;
  created_at: Time;
}
/** Whether a role's cloud lets us in, as it was tried last (src/exchange/roles/). One row per role that there is something to ask about. */
export interface RoleCheckTable {
  repository_id: BigInt_;
  target: string;
  role: string;
  kind: string;
  /** Digest of all of the role that its cloud sees: another one is another role to try. */
  fingerprint: string;
  /** The accepted policy, and a commit that has it, under whose check run it is told. */
  policy_digest: string;
  commit_sha: string;
  state: "due" | "done";
  /** The last try's; null: none was made. */
  outcome: "ok" | "missing" | "unknown" | null;
  code: string | null;
  /** What to do about it: ours, no text of a cloud. */
  message: string | null;
  /** Since it became due. */
  tries: ColumnType<number, number | undefined, number>;
  due_at: Time;
  tried_at: ColumnType<Date | null, Date | null | undefined, Date | null>;
}
/** For which accepted policy the roles of an access repo were gone through, and the check run that tells of it. */
export interface RoleReportTable {
  repository_id: BigInt_;
  policy_digest: string;
  commit_sha: string;
  /** Changed roles beyond the bound, which are not tried. */
  left_out: number;
  check_run_id: ColumnType<string | null, number | string | null | undefined, number | string | null>;
  /** Digest of what the check run shows now. */
  shown_sha256: ColumnType<string | null, string | null | undefined, string | null>;
}
/** The review that a grant by break-glass owes. All of one pull request share one issue. */
export interface AfterReviewTable {
  grant_id: string;
  repository_id: BigInt_;
  pull_request: number;
  path: string;
  target: string;
  role: string;
  requester_id: BigInt_;
  requester_login: string;
  /** The text of the request's `break_glass`. */
  why: string;
  /** What was asked, and which workflow may use it, in one line each. */
  what: string;
  workflow: string;
  /** Owners whose approval it stood in for, as CODEOWNERS and the target spell them. */
  skipped: JsonColumn<readonly string[]>;
  /** Who may not review it: requester, authors, committers, pushers. */
  barred: JsonColumn<readonly { id: number; login: string }[]>;
  granted_at: Time;
  due_at: Time;
  /** True from before GitHub is asked to open the issue: it may be there without our knowing its number. */
  opening: ColumnType<boolean, boolean | undefined, boolean>;
  issue: ColumnType<number | null, number | null | undefined, number | null>;
  /** When its issue was last read. */
  looked_at: ColumnType<Date | null, Date | null | undefined, Date | null>;
  reviewed_at: ColumnType<Date | null, Date | null | undefined, Date | null>;
  /** Nothing is left to do: reviewed, and the issue closed. */
  done: ColumnType<boolean, boolean | undefined, boolean>;
}

/** A command in a comment, once: whatever becomes of the comment later. The comment's text is not kept, but for a reason. */
export interface HandledCommentTable {
  repository_id: BigInt_;
  comment_id: BigInt_;
  /** Of the pull request or issue. */
  number: number;
  author_id: BigInt_;
  author_login: string;
  command: string;
  /** What a revocation took away; stored in the transaction that took it. null: the command changed nothing. */
  effect: ColumnType<CommandEffect | null, string | null, string | null>;
  /** What to answer, or was answered; null: an effect's answer is made when it is said, and what floods gets none. */
  reply: string | null;
  seen_at: Time;
  /** An answer may stand already: to be looked for before it is said again. */
  reply_tried_at: ColumnType<Date | null, Date | null, Date | null>;
  /** Everything is done and said. */
  finished_at: ColumnType<Date | null, Date | null, Date | null>;
}
/** JSON, so times are text. */
export interface CommandEffect {
  readonly at: string;
  readonly reason: string;
  readonly revoked: readonly {
    readonly path: string;
    /** `open`: in an open pull request. `merged`: merged, and not granted yet. `active`: a grant that lived. */
    readonly was: "open" | "merged" | "active";
    readonly grant: string | null;
    /** Of the grant, where a run was to be started for it. */
    readonly dispatch: string | null;
  }[];
}
/** How far comments were read, where that is not all: GitHub's cursor in one conversation; number 0: a time, of the whole repository. */
export interface ReadCommentsTable {
  repository_id: BigInt_;
  number: number;
  up_to: string;
}
/** A request that never grants (again), whatever its pull request becomes: revoked by a person's command. */
export interface RevokedRequestTable {
  repository_id: BigInt_;
  /** A later pull request may use a name that was never granted. */
  pull_request: number;
  path: string;
  /** null: an operator on the server. */
  by_id: ColumnType<string | null, number | string | null, number | string | null>;
  by_login: string | null;
  reason: string;
  at: Time;
}
/** An open request pull request whose plan people were shown. The row goes with the entry that tells of its end. */
export interface ShownRequestTable {
  repository_id: BigInt_;
  pull_request: number;
  paths: JsonColumn<readonly string[]>;
  requester_id: BigInt_;
  requester_login: string;
}
/** Why GitHub refused to merge this head when it was last asked. */
export interface MergeRefusalTable {
  repository_id: BigInt_;
  pull_request: number;
  head_sha: string;
  status: number;
  /** GitHub's own words: for a page only through its sink. */
  message: string;
}
/** The one issue of a kind that tells of quarantine. */
export interface NoticeTable {
  repository_id: BigInt_;
  kind: "policy" | "requests";
  /** `opening` is stored before GitHub is asked: after a crash the issue is looked for by its marker. */
  state: "opening" | "open" | "closed";
  issue: number | null;
  /** Kept after its end, so that a flood of pushes does not become a flood of issues. */
  opened_at: Time;
  /** Of what it says. */
  body_sha256: string;
}
/** A request as the page of its pull request shows it, and what was said of the past when this plan was posted first. */
export interface PageRequestTable {
  repository_id: BigInt_;
  pull_request: number;
  path: string;
  head_sha: string;
  blob: string;
  /** The file's text: for *Ask again*, and for what another policy would make of it. */
  body: string;
  requester_login: string;
  /** Canonical JSON. */
  plan: string;
  plan_hash: string;
  /** Name of the workflow's repository, for links. */
  workflow_repository: string;
  compared: JsonColumn<readonly { readonly words: string; readonly items: readonly string[] }[]>;
  /** false: merged or closed. */
  is_open: boolean;
}
/** Who was asked for a review, by GitHub or by us: nobody is asked twice, so that whoever was taken off stays off. */
export interface AskedReviewerTable {
  repository_id: BigInt_;
  pull_request: number;
  /** `@login` or `@org/team`, lower case. */
  name: string;
}
/** Our one comment on a pull request. */
export interface PullRequestCommentTable {
  repository_id: BigInt_;
  pull_request: number;
  /** `creating`: GitHub was asked, and whether it did is not known. `gone`: somebody deleted it, so it is not made again. */
  state: "creating" | "there" | "gone";
  comment_id: ColumnType<string | null, number | string | null, number | string | null>;
  shown_sha256: string;
  written_at: Time;
}
/** The last refusal of an exchange under a grant that people are told, in constants of ours. */
export interface GrantRefusalTable {
  grant_id: string;
  code: string;
  words: string;
  correlation_id: string;
  at: Time;
}
/** Whom `frozen:` of the accepted policy means (src/grant/frozen-people.ts). */
export interface FrozenPeopleTable {
  repository_id: BigInt_;
  policy_digest: string;
  people: JsonColumn<readonly FrozenPerson[]>;
}
export interface FrozenPerson {
  /** As it is written, in lower case. */
  readonly login: string;
  /** The accounts that have or had it, as far as they are known. */
  readonly ids: readonly number[];
  /** GitHub has told whose login it is, and our records were looked through. */
  readonly complete: boolean;
}

export interface Database {
  enrolment: EnrolmentTable;
  delivery: DeliveryTable;
  job: JobTable;
  lease: LeaseTable;
  posted_plan: PostedPlanTable;
  quarantined_request: QuarantinedRequestTable;
  decision: DecisionTable;
  grant: GrantTable;
  dispatch: DispatchTable;
  grant_use: GrantUseTable;
  exchange: ExchangeTable;
  seen_token: SeenTokenTable;
  ledger_entry: LedgerEntryTable;
  ledger_batch: LedgerBatchTable;
  signing_key: SigningKeyTable;
  refusal: RefusalTable;
  pending_request: PendingRequestTable;
  asked_request: AskedRequestTable;
  role_check: RoleCheckTable;
  role_report: RoleReportTable;
  after_review: AfterReviewTable;
  handled_comment: HandledCommentTable;
  read_comments: ReadCommentsTable;
  revoked_request: RevokedRequestTable;
  shown_request: ShownRequestTable;
  merge_refusal: MergeRefusalTable;
  notice: NoticeTable;
  page_request: PageRequestTable;
  asked_reviewer: AskedReviewerTable;
  pull_request_comment: PullRequestCommentTable;
  grant_refusal: GrantRefusalTable;
  frozen_people: FrozenPeopleTable;
}
