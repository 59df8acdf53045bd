import type { CommitSha, ObjectId, OwnerId, PullRequestId, RepositoryId, RunId, UserId } from "../base/ids.ts";
import type { Diagnostic, PolicyFiles, TreeFile } from "../access-repo/types.ts";
import type { Actor, Change, Roster, Snapshot } from "../approval/types.ts";

/** A repository as a caller names it: the id decides, the name builds URLs. */
export interface RepoRef {
  readonly id: RepositoryId;
  readonly fullName: string;
}
export interface RepositoryFacts {
  readonly id: RepositoryId;
  readonly ownerId: OwnerId;
  readonly fullName: string;
  readonly defaultBranch: string;
  readonly installationId: number;
}
/** One commit of the default branch with what reconciling a head needs. */
export interface BranchCommit {
  readonly sha: CommitSha;
  readonly firstParent: CommitSha | null;
  /** GitHub's clock where `pullRequest` is set; else whatever its maker wrote. */
  readonly committedAt: Date;
  /** The pull request whose merge by GitHub made this commit; null for anything that was made by hand and pushed (C32). */
  readonly pullRequest: { readonly number: number; readonly id: PullRequestId; readonly headSha: CommitSha } | null;
  readonly policy: PolicyFiles;
  /** Against the first parent; `blob` is the new one, or the old one of a removed file. */
  readonly changes: readonly (Change & { readonly blob: string })[];
}
export interface WorkflowFile {
  readonly repository: { readonly id: RepositoryId; readonly ownerId: OwnerId; readonly fullName: string };
  readonly file: TreeFile | null;
  /** true: the person that was asked about may write there. Absent: not told, see `canWrite`. */
  readonly canWrite?: true;
}
export interface Run {
  readonly id: RunId;
  readonly attempt: number;
  readonly event: string;
  readonly status: string;
  readonly actor: Actor | null;
  readonly triggeringActor: Actor | null;
  readonly headSha: CommitSha;
  readonly createdAt: Date;
}
export interface IssueComment {
  readonly id: number;
  /** null: a deleted account. */
  readonly author: Actor | null;
  readonly body: string;
  readonly createdAt: Date;
  readonly edited: boolean;
}
/** Whom a commit of a branch names, and who pushed it, as GitHub has them; null: nobody that it knows. */
export interface CommitPeople {
  readonly sha: CommitSha;
  /** As the commit says, which anybody can forge. */
  readonly author: Actor | null;
  readonly committer: Actor | null;
  /** Of the push or merge that it was the last commit of. */
  readonly pusher: Actor | null;
}
export interface OurIssue {
  readonly number: number;
  readonly state: "open" | "closed";
  readonly body: string;
}
export interface CheckContent {
  /** Of a pull request's head, or of the roles that a commit of the default branch changed. Two names: none stands for the other (C31). */
  readonly about?: "pull-request" | "roles";
  readonly status: "completed" | "in_progress";
  readonly conclusion?: "success" | "failure" | "action_required" | "neutral";
  /** State in at most 60 characters. */
  readonly title: string;
  /** Markdown, at most 65 535 bytes. */
  readonly summary: string;
  /** What did not fit into the summary and follows it: Markdown, at most 65 535 bytes. */
  readonly text?: string;
  readonly annotations: readonly Diagnostic[];
}
export type MergeResult =
  | { readonly kind: "merged"; readonly sha: CommitSha }
  /** Head moved, base moved, not mergeable, closed: read again and decide again, never a blind retry (C28). */
  | { readonly kind: "refused"; readonly status: 405 | 409 | 422; readonly message: string };
export interface NewPullRequest {
  /** Of the same repository. */
  readonly branch: string;
  readonly base: string;
  readonly title: string;
  /** Markdown. */
  readonly body: string;
}
export type PutResult =
  | { readonly kind: "created"; readonly commit: CommitSha; readonly parent: CommitSha | null }
  /** The path exists already: somebody, perhaps we, wrote it. */
  | { readonly kind: "exists" };
export type DispatchResult =
  | { readonly kind: "run"; readonly runId: RunId }
  | { readonly kind: "accepted" }
  | { readonly kind: "refused"; readonly status: number; readonly message: string };

/** null: a deleted account. */
export interface ReviewTime {
  readonly author: UserId | null;
  readonly submittedAt: Date;
}
export interface SnapshotOptions {
  /** Files of the tip that will be asked for next: they come in the same answer. At most 100. */
  readonly files?: readonly string[];
  /** `state`: of a pull request that is not open nobody wants to know who pushed: `pushes` is empty. */
  readonly whenOver?: "whole" | "state";
}

/** A part of what is said in one place. */
export interface CommentPage {
  /** What has that number; null: nothing has, or not any more. */
  readonly on: "pull_request" | "issue" | null;
  readonly comments: readonly IssueComment[];
  readonly next: string | null;
}

/** The only way to GitHub. Methods throw RetryLater where GitHub is unreachable, rate limited or not readable. */
export interface GitHub {
  /** null: no such repository, or the App is not installed there. */
  repository(fullName: string): Promise<RepositoryFacts | null>;
  /** One GraphQL answer plus the activity of the head branch. null: no such pull request. Over-long lists: `kind: "too_long"`. */
  snapshot(
    repo: RepoRef,
    number: number,
    options?: SnapshotOptions,
  ): Promise<{ kind: "snapshot"; snapshot: Snapshot } | { kind: "too_long"; what: string; headSha: CommitSha } | null>;
  /** Who reviewed when, as it is now; at most the first 100. */
  reviewTimes(repo: RepoRef, number: number): Promise<readonly ReviewTime[]>;
  /** Files at a commit with their mode, never through symlinks. */
  files(repo: RepoRef, commit: CommitSha, paths: readonly string[]): Promise<readonly (TreeFile | null)[]>;
  policyAt(repo: RepoRef, commit: CommitSha): Promise<PolicyFiles>;
  mergeBase(repo: RepoRef, base: CommitSha, head: CommitSha): Promise<CommitSha>;
  /** Live tip by a conditional GET (304 where unchanged). */
  tip(repo: RepoRef, branch: string): Promise<CommitSha | null>;
  /**
   * First-parent commits after `from` up to `to`, oldest first; null where they cannot be told: `from` is no first-parent ancestor
   * (forced push), or one of them has more files than GitHub shows (C09).
   */
  commitsBetween(repo: RepoRef, from: CommitSha, to: CommitSha): Promise<readonly BranchCommit[] | null>;
  commit(repo: RepoRef, sha: CommitSha): Promise<Omit<BranchCommit, "changes">>;
  /** For telling people only; nothing is decided by it. At most 50 commits. */
  commitPeople(repo: RepoRef, branch: string, commits: readonly CommitSha[]): Promise<readonly CommitPeople[]>;
  /** Paths and blobs under `requests/` at a commit. */
  requestBlobs(repo: RepoRef, commit: CommitSha): Promise<ReadonlyMap<string, ObjectId>>;
  openPullRequests(repo: RepoRef): Promise<readonly number[]>;
  /** `repo`: with whose installation to ask. */
  teamMember(repo: RepoRef, org: string, slug: string, login: string): Promise<boolean>;
  /**
   * Who is in a team, child teams' people included, for what people read and never for a decision: at most a minute old.
   * null: more people than one page holds.
   */
  teamRoster(repo: RepoRef, org: string, slug: string): Promise<Roster | null>;
  /** Whose login that is now, by id; null: nobody's. `repo`: with whose installation to ask. */
  accountId(repo: RepoRef, login: string): Promise<UserId | null>;
  /** Live permission of a person on a repository: true for write, maintain, admin. */
  canWrite(fullName: string, person: Actor): Promise<boolean>;
  /** null: repository does not exist or the App is not installed there. */
  workflowFile(fullName: string, ref: string, file: string, person?: Actor): Promise<WorkflowFile | null>;
  blobAt(fullName: string, commit: CommitSha, file: string): Promise<ObjectId | null>;
  run(fullName: string, runId: RunId, attempt?: number): Promise<Run | null>;
  workflowRuns(fullName: string, file: string, since: Date): Promise<readonly Run[]>;

  /**
   * What is said on a pull request or an issue, all of it, oldest first. Anyone with write may edit another's comment: one that
   * is `edited` is nobody's word.
   * @throws CountersignError `too_many_comments`
   */
  issueComments(repo: RepoRef, number: number): Promise<readonly IssueComment[]>;
  /** The next hundred comments behind a cursor of an earlier page, oldest first; `next`: null where there are no more. */
  commentPage(repo: RepoRef, number: number, after: string | null): Promise<CommentPage>;
  /**
   * Comments of a whole repository that were written or changed since a time, the longest unchanged first, at most a hundred.
   * For the sweep, which finds by it what no webhook told; to be read again with `commentPage` before anything is believed.
   */
  commentsSince(
    repo: RepoRef,
    since: Date,
  ): Promise<
    readonly { readonly id: number; readonly number: number; readonly body: string; readonly updatedAt: Date }[]
  >;
  /** @returns its id */
  createComment(repo: RepoRef, number: number, body: string): Promise<number>;
  /** false: it is gone. */
  updateComment(repo: RepoRef, comment: number, body: string): Promise<boolean>;
  /** @returns its number */
  createIssue(repo: RepoRef, issue: { readonly title: string; readonly body: string }): Promise<number>;
  updateIssue(
    repo: RepoRef,
    number: number,
    change: { readonly title?: string; readonly body?: string; readonly state?: "open" },
  ): Promise<void>;
  closeIssue(repo: RepoRef, number: number, reason: "completed" | "not_planned"): Promise<void>;
  closePullRequest(repo: RepoRef, number: number): Promise<void>;
  /** null: there is none, or it is a pull request. */
  issue(repo: RepoRef, number: number): Promise<{ state: "open" | "closed"; author: Actor | null } | null>;
  /** The newest issues that our bot opened: to find one by its marker after a crash. */
  ourIssues(repo: RepoRef): Promise<readonly OurIssue[]>;

  /** Creates or replaces our check run on a head; returns its id and GitHub's time. */
  putCheck(
    repo: RepoRef,
    head: CommitSha,
    externalId: string,
    content: CheckContent,
    existing: number | null,
  ): Promise<{ id: number; at: Date }>;
  /**
   * Another title, and a first line, for a check run that exists; what it said otherwise stays below where we still know it.
   * May take the last requests of a rate limit, and counts in no budget: it changes what exists.
   */
  retitleCheck(repo: RepoRef, checkRun: number, title: string, line: string): Promise<void>;
  /** @returns who has reviewed until then, at most the newest 100, where GitHub tells it in the same answer; else null. */
  setTitle(repo: RepoRef, number: number, title: string): Promise<readonly ReviewTime[] | null>;
  requestReviewers(
    repo: RepoRef,
    number: number,
    reviewers: { users: readonly string[]; teams: readonly string[] },
  ): Promise<void>;
  merge(repo: RepoRef, number: number, head: CommitSha, title: string, message: string): Promise<MergeResult>;
  /** A commit that adds one plain file to its parent; no branch has it yet. */
  commitFile(repo: RepoRef, parent: CommitSha, path: string, content: string, message: string): Promise<CommitSha>;
  /** A new branch at a commit. false: there is one of that name, which is left alone, or there can be none. */
  createBranch(repo: RepoRef, branch: string, commit: CommitSha): Promise<boolean>;
  /** Opens the pull request of a branch, or finds the one that we opened for it. @returns its number */
  openPullRequest(repo: RepoRef, pullRequest: NewPullRequest): Promise<number>;
  dispatch(
    fullName: string,
    file: string,
    ref: string,
    inputs: Readonly<Record<string, string>>,
  ): Promise<DispatchResult>;
  /** Whether the last answer to a dispatch named its run: false before the first one. */
  readonly namesRuns: boolean;
  cancelRun(fullName: string, runId: RunId): Promise<void>;

  /** Seconds until the ledger may be written within GitHub's limits; 0: now. */
  ledgerWait(repo: RepoRef): Promise<number>;
  /** Ledger branch: null where it does not exist. */
  ledgerTip(repo: RepoRef): Promise<CommitSha | null>;
  /** Orphan branch with one file, made through the git data API. */
  createLedgerBranch(repo: RepoRef, path: string, content: string, message: string): Promise<CommitSha>;
  putLedgerFile(repo: RepoRef, path: string, content: string, message: string): Promise<PutResult>;
  /** Commits after `from` (null: all) up to `to`, oldest first, each with the files it added and whether anything else happened. */
  ledgerCommits(
    repo: RepoRef,
    from: CommitSha | null,
    to: CommitSha,
  ): Promise<
    readonly { sha: CommitSha; parents: readonly CommitSha[]; added: readonly TreeFile[]; onlyAdds: boolean }[] | null
  >;

  /** GitHub's clock minus ours, seconds, from the newest answer's `Date`; null: no answer yet. */
  skewSeconds(): number | null;
  /** Asks GitHub once who we are, with the installation on `repo`. */
  identify(repo: RepoRef): Promise<void>;
  /** Our bot account: the actor of runs that we dispatch. @throws RetryLater before `identify`. */
  readonly bot: { readonly id: UserId; readonly login: string; readonly appId: number };
}
export const LEDGER_BRANCH = "countersign-ledger";
