import type { CommitSha, Digest, ObjectId, OwnerId, PullRequestId, RepositoryId, UserId } from "../base/ids.ts";
import type { Owner, Policy, PolicyFiles, ResolvedRequest } from "../access-repo/types.ts";

/** An account as GitHub reports it. `id` decides, `login` is for people. Bots are apps' accounts and never approve. */
export interface Actor {
  readonly id: UserId;
  readonly login: string;
  readonly kind: "user" | "bot";
}

export interface Change {
  readonly path: string;
  readonly status: string;
  readonly previousPath?: string;
}

export interface CommitInfo {
  readonly sha: CommitSha;
  /** Author and co-authors. null: an identity without a GitHub account, which denies (CHECKLIST C20). */
  readonly authors: readonly (Actor | null)[];
  /** null: no account. `"web-flow"`: GitHub itself, with a signature that GitHub verified; it is no person. */
  readonly committer: Actor | null | "web-flow";
}

/** One row of the repository's activity: who really pushed, which no commit can forge. */
export interface Push {
  readonly before: string;
  readonly after: CommitSha;
  /** null: GitHub names nobody, which denies. */
  readonly actor: Actor | null;
  readonly at: Date;
}

export interface Review {
  /** null: a deleted account; never counts. */
  readonly author: Actor | null;
  readonly state: "APPROVED" | "CHANGES_REQUESTED" | "DISMISSED";
  /** Head of the pull request when the review was submitted. */
  readonly commit: CommitSha | null;
  readonly submittedAt: Date;
  /** GitHub's own word on write permission at read time. */
  readonly canPush: boolean;
}

/** One pull request of one access repo as it stands now, from one GraphQL answer and the activity of its branch. */
export interface Snapshot {
  readonly repository: {
    readonly id: RepositoryId;
    readonly ownerId: OwnerId;
    readonly fullName: string;
    readonly defaultBranch: string;
  };
  /** Live tip of the default branch in the same answer; never `base.sha`, which is stale. */
  readonly tip: { readonly sha: CommitSha; readonly policy: PolicyFiles };
  readonly pullRequest: {
    readonly id: PullRequestId;
    readonly number: number;
    readonly title: string;
    readonly state: "open" | "closed" | "merged";
    readonly draft: boolean;
    readonly author: Actor | null;
    readonly baseRef: string;
    readonly headRef: string;
    readonly headSha: CommitSha;
    /** null: deleted. Other than the repository's id: a fork. */
    readonly headRepositoryId: RepositoryId | null;
    readonly mergeCommit: CommitSha | null;
    /** GitHub's time: when it was opened, or opened again. */
    readonly openedAt: Date;
    /** Who closed it; null: it is open, or an account that is gone. */
    readonly closedBy: Actor | null;
    readonly requestedReviewers: readonly string[];
  };
  /** Complete, or the snapshot could not be made: over-long lists are refused before (C09). */
  readonly changes: readonly Change[];
  readonly commits: readonly CommitInfo[];
  /** Pushes to the head branch, oldest first. Empty or not reaching the head: GitHub has not caught up; try again. */
  readonly pushes: readonly Push[];
  readonly reviews: readonly Review[];
  /** Whole teams that came in the same answer, by `teamKey`: id and login. Of any other team each person is asked about. */
  readonly teams?: ReadonlyMap<string, ReadonlyMap<UserId, string>>;
}

/** Live memberships of exactly the people whose review could matter. A team that cannot be read is absent: nobody fills by it. */
export interface Memberships {
  /** `org/slug` in lower case -> user ids with state `active`. */
  readonly teams: ReadonlyMap<string, ReadonlySet<UserId>>;
}

/** Who is in a team, whole, for saying at once that nobody is left (C64); nobody ever fills a slot by it. */
export type Roster =
  | { readonly kind: "members"; readonly logins: readonly string[] }
  /** No such team, or one that GitHub does not show us: nobody fills a slot by it (C26). */
  | { readonly kind: "not_visible" };

/** By what a pull request is approved; recorded with the decision and the grant. */
export type Rule = RequestRule | "freeze" | "own_revocation";
/** The others: `freeze` is of policy pull requests only, `own_revocation` of what deletes only what its author may end. */
export type RequestRule = "owners" | "auto_approve" | "break_glass";

/** What is known of earlier decisions and grants, from our own records. */
export interface Standing {
  /** A job asked for it (POST /requests): its owners decide, whatever else the role admits. */
  readonly askedByJob: boolean;
  /** How many grants this requester had by `auto_approve` within 24 hours, by `roleKey`; absent: none. */
  readonly autoApproved: ReadonlyMap<string, number>;
  /** Uses of break-glass that no owner reviewed in time. `issue`: null while it is not opened yet. */
  readonly overdue: readonly { readonly role: string; readonly pullRequest: number; readonly issue: number | null }[];
  /** After the merge: the rule that decided before it, which alone can confirm it. null: whichever holds. */
  readonly decidedBy: Rule | null;
}

/** What is asked to be decided: the files that this pull request adds, resolved under one policy, and the plan of each. */
export interface Subject {
  readonly request: ResolvedRequest;
  readonly blob: ObjectId;
  readonly planHash: Digest;
}

export interface DecisionInput {
  readonly snapshot: Snapshot;
  /** The accepted policy that decides. */
  readonly policy: Policy;
  readonly memberships: Memberships;
  /**
   * Request pull requests: one per added file. Policy pull requests: the paths that differ from the accepted policy. Revocations:
   * the paths that their author may not end without an owner.
   */
  readonly subject:
    | { readonly kind: "request"; readonly requests: readonly Subject[] }
    | { readonly kind: "policy" | "revocation"; readonly paths: readonly string[] };
  /** GitHub's time at which the plan with these hashes was posted for this head; null: not yet (C60, C68). */
  readonly planPostedAt: Date | null;
  /** Accounts that may not approve beside those that the snapshot shows (a job's triggering actor, C63). */
  readonly excluded: readonly Actor[];
  readonly standing: Standing;
  /** By team, as `Memberships` names it; absent: not asked, and taken to hold somebody who can. */
  readonly rosters?: ReadonlyMap<string, Roster>;
}

/** Why a review does not fill any slot. Each has one sentence in explain.ts. */
export type IgnoredReason =
  | "requester"
  | "author"
  | "committer"
  | "last_pusher"
  | "excluded"
  | "bot"
  | "ghost"
  | "dismissed"
  | "stale_commit"
  | "before_plan"
  | "not_owner"
  | "no_write"
  | "frozen_approver";

/** A place to be filled by one person; one person fills one slot of a path. */
export interface Slot {
  readonly rule: "codeowners" | "also_approved_by";
  readonly path: string;
  readonly from: readonly Owner[];
  /** CODEOWNERS line, or undefined for `also_approved_by`. */
  readonly line?: number;
  readonly filledBy: Actor | null;
}

/** A node of the explaining tree: the verdict and its reason are the same thing. */
export interface Explanation {
  readonly ok: boolean;
  /** Stable name of the rule: `pushed_by_known`, `authors_known`, `slots`, `changes_requested`, ... */
  readonly rule: string;
  readonly text: string;
  readonly children: readonly Explanation[];
}

/**
 * - `approved`: every slot filled, nothing blocks.
 * - `pending`: valid, waiting for people.
 * - `blocked`: somebody who may asked for changes.
 * - `denied`: no review can make this right; a new push or another author can.
 * - `retry`: GitHub does not show the whole state yet.
 */
export type Outcome = "approved" | "pending" | "blocked" | "denied" | "retry";

export interface Decision {
  readonly outcome: Outcome;
  /** What approved it; null unless approved. */
  readonly rule: Rule | null;
  readonly tree: Explanation;
  readonly slots: readonly Slot[];
  /** Empty where the rule needs nobody. */
  readonly approvers: readonly Actor[];
  readonly ignored: readonly { readonly review: Review; readonly reason: IgnoredReason }[];
  /** Owners of open slots, as CODEOWNERS names them, requester and other excluded people left out where they are users. */
  readonly awaited: readonly Owner[];
  /** Approved without them: owners whose approval `auto_approve` or `break_glass` stood in for. */
  readonly skipped: readonly Owner[];
}

/** What a decision is about; two decisions with one key are about the same thing (DESIGN.md section 4, One authority). */
export interface DecisionKey {
  readonly v: 1;
  readonly repository_id: RepositoryId;
  readonly pull_request_id: PullRequestId;
  readonly head_sha: CommitSha;
  readonly kind: "request" | "policy" | "revocation";
  /** The policy that decided. */
  readonly policy_digest: Digest;
  /** Sorted by path. Empty for policy, and for revocations, whose paths the head says. */
  readonly requests: readonly {
    readonly path: string;
    readonly blob: ObjectId;
    readonly sha256: Digest;
    readonly plan_hash: Digest;
  }[];
  /** Policy pull requests: the digest that the merge yields; else null. */
  readonly resulting_digest: Digest | null;
}
