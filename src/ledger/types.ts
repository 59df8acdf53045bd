import type { Digest } from "../base/ids.ts";

/** `{ id, login }` as GitHub had it at that time; the id decides. */
export interface LedgerActor {
  readonly id: number;
  readonly login: string;
}
interface Common {
  /** Format of the entry. */
  readonly v: 1;
  /** UUID; unique over all entries of one server. */
  readonly id: string;
  /** RFC 3339, UTC, whole seconds: when it took effect. */
  readonly at: string;
}
interface OfGrant extends Common {
  /** Grant id: UUID. */
  readonly grant: string;
  readonly path: string;
}

/** First entry of the first batch of every ledger; the public key in it is for readers, never a reason to trust it (C70). */
export interface GenesisEntry extends Common {
  readonly type: "genesis";
  readonly repository_id: number;
  readonly owner_id: number;
  readonly repository: string;
  readonly commit: string;
  readonly policy_digest: string;
  readonly issuer: string;
  readonly key: { readonly kid: string; readonly public_key: string };
}
export interface PolicyAcceptedEntry extends Common {
  readonly type: "policy_accepted";
  readonly policy_digest: string;
  readonly previous_digest: string | null;
  readonly commit: string;
  /** null for `countersign policy accept`. */
  readonly pull_request: number | null;
  readonly decision_key: string | null;
  readonly approved_by: readonly LedgerActor[];
  readonly reason: string | null;
}
/** A policy that reached the default branch without our decision, or its end. */
export interface PolicyQuarantineEntry extends Common {
  readonly type: "policy_quarantined" | "policy_restored";
  readonly policy_digest: string;
  readonly accepted_digest: string;
  readonly commit: string;
}
export interface GrantedEntry extends OfGrant {
  readonly type: "granted";
  readonly repository_id: number;
  readonly pull_request: number;
  readonly pull_request_id: number;
  readonly merge_commit: string;
  readonly blob: string;
  readonly blob_sha256: string;
  readonly decision_key: string;
  readonly policy_digest: string;
  readonly plan_version: number;
  readonly plan_hash: string;
  /** Canonical JSON text of the plan; its digest is `plan_hash`. */
  readonly plan: string;
  readonly requested_by: LedgerActor;
  readonly approved_by: readonly LedgerActor[];
  readonly rule: "owners" | "auto_approve" | "break_glass";
  readonly reason: string;
  readonly ticket: string | null;
  readonly not_before: string;
  readonly expires_at: string;
}
/** A request on the default branch that never grants. */
export interface RequestQuarantinedEntry extends Common {
  readonly type: "request_quarantined";
  readonly path: string;
  readonly blob: string;
  readonly commit: string;
  readonly code: string;
}
export interface DispatchedEntry extends Common {
  readonly type: "dispatched";
  readonly grants: readonly string[];
  readonly repository_id: number;
  readonly file: string;
  readonly ref: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly run_id: number;
}
export interface DispatchFailedEntry extends Common {
  readonly type: "dispatch_failed";
  readonly grants: readonly string[];
  readonly code: string;
}
/** May have been released; nothing released is missing from the ledger. */
export interface IssuedEntry extends OfGrant {
  readonly type: "issued";
  readonly exchange: string;
  readonly kind: "aws" | "gcp" | "azure" | "github" | "oidc";
  readonly target: string;
  readonly role: string;
  readonly subject: string;
  /** Identifiers that the cloud's own log shows; never a secret. */
  readonly identifiers: Readonly<Record<string, string>>;
  readonly expires_at: string;
  readonly job: {
    readonly repository_id: number;
    readonly run_id: number;
    readonly run_attempt: number;
    readonly actor_id: number;
    readonly sha: string;
    readonly jti_sha256: string;
  };
  readonly plan_hash: string;
}
/** An exchange that was minted or recorded and then not released. */
export interface DroppedEntry extends OfGrant {
  readonly type: "dropped";
  readonly exchange: string;
  /** `minted`: nothing was released for certain; `recorded`: may not have been released. */
  readonly state: "minting" | "minted" | "recorded";
}
export interface RevokedEntry extends OfGrant {
  readonly type: "revoked";
  readonly how: "deletion" | "command" | "policy" | "replaced";
  readonly commit: string | null;
  readonly by: LedgerActor | null;
  readonly reason: string | null;
}
export interface ExpiredEntry extends OfGrant {
  readonly type: "expired";
  readonly uses: number;
}
/** Aggregated: refusals of one code for one repository within one flush. */
export interface RefusedEntry extends Common {
  readonly type: "refused";
  readonly code: string;
  readonly repository_id: number;
  readonly count: number;
  readonly first_at: string;
}
/** Signed with the old key: from the next batch on, `key` signs. */
export interface KeyRotatedEntry extends Common {
  readonly type: "key_rotated";
  readonly old_kid: string;
  readonly key: { readonly kid: string; readonly public_key: string };
}
/** A job asked, and we opened this pull request for it; `requested_by` is the requester. */
export interface RequestedEntry extends Common {
  readonly type: "requested";
  /** UUID; the branch is `countersign/request/<it>`. */
  readonly request: string;
  readonly path: string;
  readonly pull_request: number;
  /** The one commit of that branch. */
  readonly commit: string;
  readonly requested_by: LedgerActor;
  /** Who started that run attempt; may not approve either. */
  readonly triggered_by: LedgerActor;
  readonly asked_sha256: string;
  readonly job: IssuedEntry["job"] & { readonly repository: string; readonly file: string };
}
/**
 * One try of a role's trust, made after a policy was accepted and under no grant: whether its cloud let this server in. Nothing
 * that it yielded was kept. `id` is what the cloud's own log shows of it, where it has a place for it.
 */
export interface CheckedEntry extends Common {
  readonly type: "checked";
  /** The accepted policy that has the role so, and a commit that has it. */
  readonly policy_digest: string;
  readonly commit: string;
  readonly kind: IssuedEntry["kind"];
  readonly target: string;
  readonly role: string;
  readonly subject: string;
  /** `unknown`: given up, since the cloud did not answer. It says nothing about the role. */
  readonly outcome: "ok" | "missing" | "unknown";
  /** Why not; null for `ok`. */
  readonly code: string | null;
}
/** Beside the `granted` of a request that nobody approved: whom it skipped, and by when one of them reviews it. */
export interface BreakGlassEntry extends OfGrant {
  readonly type: "break_glass";
  readonly target: string;
  readonly role: string;
  readonly pull_request: number;
  readonly requested_by: LedgerActor;
  /** The request's `break_glass`. */
  readonly why: string;
  /** What was asked, in one line. */
  readonly what: string;
  /** Which workflow may use it, in one line. */
  readonly workflow: string;
  /** Owners as CODEOWNERS and the target spell them. */
  readonly skipped: readonly string[];
  /** Who asked, wrote or pushed. */
  readonly may_not_review: readonly LedgerActor[];
  readonly review_by: string;
}
/** An owner looked at a use of break-glass afterwards, and said so in this comment on its issue. */
export interface ReviewedEntry extends OfGrant {
  readonly type: "reviewed";
  readonly pull_request: number;
  readonly issue: number;
  readonly comment: number;
  readonly by: LedgerActor;
}
/** A request pull request whose plan people were shown was closed without a merge. */
export interface ClosedEntry extends Common {
  readonly type: "closed";
  /** `expired`: by us; `withdrawn`: by its requester; `declined`: by an owner of a path; `closed`: by anyone else. */
  readonly outcome: "expired" | "withdrawn" | "declined" | "closed";
  readonly pull_request: number;
  readonly paths: readonly string[];
  readonly requested_by: LedgerActor;
  /** null: an account that is gone, or an operator on the server. */
  readonly by: LedgerActor | null;
  /** Our sentence, with the reason at its end where somebody gave one by a command. */
  readonly why: string;
}
/**
 * An operator accepted the ledger branch as it stood at `tip`: what came after `after`, our last batch before, and is not ours
 * stays foreign and is no reason to stop any more.
 */
export interface LedgerAcceptedEntry extends Common {
  readonly type: "ledger_accepted";
  readonly reason: string;
  readonly after: string;
  readonly tip: string;
  /** How many commits between the two are not ours. */
  readonly foreign: number;
}

export type Entry =
  | GenesisEntry
  | PolicyAcceptedEntry
  | PolicyQuarantineEntry
  | GrantedEntry
  | RequestQuarantinedEntry
  | DispatchedEntry
  | DispatchFailedEntry
  | IssuedEntry
  | DroppedEntry
  | RevokedEntry
  | ExpiredEntry
  | RefusedEntry
  | KeyRotatedEntry
  | RequestedEntry
  | CheckedEntry
  | BreakGlassEntry
  | ReviewedEntry
  | ClosedEntry
  | LedgerAcceptedEntry;

/** What is signed, in canonical JSON, prefixed by `countersign-ledger-v1\n` so that the signature fits nothing else. */
export interface BatchStatement {
  readonly repository_id: number;
  /** 1 for the batch with the genesis; no gaps. */
  readonly sequence: number;
  /** Digest of the whole previous file; null for sequence 1. */
  readonly previous_batch_sha256: Digest | null;
  /** Digest of the entry lines, each with its newline. */
  readonly entries_sha256: Digest;
}
/** First line of a batch file. */
export interface BatchHeader extends BatchStatement {
  readonly v: 1;
  readonly type: "batch";
  /** UUID, and the file's name. */
  readonly batch: string;
  readonly kid: string;
  /** Ed25519, base64url without padding. */
  readonly signature: string;
}
export interface Batch {
  readonly header: BatchHeader;
  readonly entries: readonly Entry[];
  /** The file, byte for byte. */
  readonly text: string;
  readonly sha256: Digest;
}
