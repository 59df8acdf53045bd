import type { Digest } from "../base/ids.ts";
import type { ChainRefusal, LedgerErrorCode } from "../ledger/index.ts";

export type ProblemCode =
  /** No ledger branch, or not all of it. */
  | "no_ledger"
  | "shallow_clone"
  /** Nothing to verify with: give the key, or say that the genesis is to be trusted on first use. */
  | "no_trusted_key"
  /** A commit that does not add exactly one batch file, or a history that is not a line. */
  | "foreign_commit"
  | "unreadable_batch"
  | LedgerErrorCode
  | ChainRefusal
  /** What the entries say against each other and against the default branch. */
  | "default_branch_unknown"
  | "merge_commit_missing"
  | "ledger_head_missing"
  | "plan_hash"
  | "entry_twice"
  | "granted_twice"
  | "issued_without_grant"
  | "issued_other_plan"
  | "break_glass_unrecorded"
  | "reviewed_by_requester"
  | "issued_outside_window"
  | "issued_after_revocation";

/** One finding. Texts of the clone in it are one line without control characters; a sink still escapes for itself. */
export interface Problem {
  readonly code: ProblemCode;
  readonly message: string;
  readonly commit?: string;
  readonly path?: string;
  /** Entry id. */
  readonly entry?: string;
}
/** A finding that an operator accepted by `countersign ledger accept`: it is told, and is no problem. */
export interface AcceptedProblem extends Problem {
  /** The operator's reason, as the signed entry has it. */
  readonly reason: string;
  /** When. */
  readonly at: string;
}
export interface VerifyOptions {
  /** Public ledger keys (base64url SPKI, as `countersign keys list` prints) that the auditor has from elsewhere. */
  readonly keys?: readonly string[];
  /**
   * Without keys: believe the key in the genesis. Proves only that the ledger is whole since then, not who began it, and
   * the result says so (C70).
   */
  readonly trustOnFirstUse?: boolean;
  /** GitHub's id of the access repo. Without it a ledger of another repository by the same server is not noticed. */
  readonly repositoryId?: number;
  /** Full ref or object id; by default origin's default branch, else HEAD. */
  readonly defaultBranch?: string;
}
export interface AuditResult {
  /** No problem at all. With `trust` "first_use" only as good as the genesis. */
  readonly ok: boolean;
  readonly trust: "given" | "first_use" | "none";
  /** Kids of the keys trusted from the start; keys that a rotation handed over to are not among them. */
  readonly trustedKids: readonly string[];
  readonly ref: string | null;
  readonly tip: string | null;
  readonly repositoryId: number | null;
  /** Verified ones only; whatever did not verify is a problem and counts nowhere. */
  readonly batches: number;
  readonly entries: number;
  readonly grants: number;
  readonly issued: number;
  readonly head: { readonly sequence: number; readonly sha256: Digest; readonly kid: string } | null;
  /** At most `maxProblems`; `leftOff` says how many more there were. */
  readonly problems: readonly Problem[];
  readonly leftOff: number;
  /** Foreign commits that signed entries `ledger_accepted` cover; nothing of them was read as fact. */
  readonly accepted: readonly AcceptedProblem[];
}
