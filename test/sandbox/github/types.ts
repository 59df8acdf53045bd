import type { Git } from "./git.ts";

export type Json = Record<string, unknown>;
export type Permission = "read" | "triage" | "write" | "maintain" | "admin";
export type Level = "read" | "write" | "admin";
export type AppPermissions = Readonly<Record<string, Level>>;

export interface Account {
  readonly id: number;
  readonly login: string;
  readonly type: "User" | "Organization" | "Bot";
}
export interface User extends Account {
  readonly type: "User";
  readonly token: string;
}
export interface Member {
  state: "active" | "pending";
  role: "member" | "maintainer";
}
export interface Team {
  readonly id: number;
  readonly slug: string;
  readonly parent: string | null;
  readonly members: Map<string, Member>;
  secret: boolean;
}
export interface Owner extends Account {
  /** Empty for a personal account. */
  readonly owners: Set<string>;
  readonly members: Set<string>;
  readonly teams: Map<string, Team>;
  readonly basePermission: Permission | "none";
  readonly rulesets: Ruleset[];
}
export interface Ruleset {
  readonly id: number;
  readonly name: string;
  /** Whose it is; null: the repository's own. */
  readonly org: Owner | null;
  readonly enforcement: "active" | "disabled" | "evaluate";
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly rules: readonly Json[];
  readonly bypassActors: readonly Json[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
export interface App {
  readonly id: number;
  readonly slug: string;
  readonly owner: Account;
  readonly permissions: AppPermissions;
  readonly events: readonly string[];
  readonly privateKey: string;
  readonly publicKey: string;
  readonly webhookSecret: string;
  readonly bot: Account;
  readonly createdAt: Date;
}
export interface Installation {
  readonly id: number;
  readonly app: App;
  readonly owner: Owner;
  readonly repositories: Set<number>;
  /** As the owner chose it; `repositories` are those of now either way. */
  selection: "selected" | "all";
  suspendedAt: Date | null;
  readonly createdAt: Date;
}
export interface Protection {
  readonly requiredChecks: readonly { readonly context: string; readonly appId: number | null }[];
  readonly requiredApprovals: number;
  readonly dismissStaleReviews: boolean;
  readonly requireLastPushApproval: boolean;
  /** Also where no approval is asked for. */
  readonly requirePulls: boolean;
  readonly strict: boolean;
  readonly enforceAdmins: boolean;
  readonly allowForcePushes: boolean;
}
export interface Issue {
  readonly id: number;
  readonly number: number;
  readonly user: Account;
  readonly viaApp: App | null;
  title: string;
  body: string | null;
  state: "open" | "closed";
  /** Of closed issues. */
  stateReason?: "completed" | "not_planned";
  readonly createdAt: Date;
  updatedAt: Date;
  closedAt: Date | null;
  readonly comments: Comment[];
}
export interface Comment {
  readonly id: number;
  readonly user: Account;
  readonly viaApp: App | null;
  body: string;
  readonly createdAt: Date;
  updatedAt: Date;
  /** When its body was last changed; null: never. */
  editedAt: Date | null;
}
export interface Review {
  readonly id: number;
  readonly user: Account;
  body: string;
  state: "APPROVED" | "CHANGES_REQUESTED" | "COMMENTED" | "DISMISSED" | "PENDING";
  readonly commitId: string;
  submittedAt: Date | null;
}
export interface Pull extends Issue {
  readonly databaseId: number;
  draft: boolean;
  readonly headRef: string;
  headSha: string;
  readonly headRepo: Repo;
  baseRef: string;
  /** Tip of the base at the last synchronize: stale by design, as on GitHub. */
  baseSha: string;
  merged: boolean;
  mergedAt: Date | null;
  mergedBy: Account | null;
  mergeCommit: string | null;
  lastPusher: Account | null;
  /** Closings and reopenings, oldest first; other items of GitHub's timeline are not kept. */
  readonly timeline: { readonly kind: "closed" | "reopened"; readonly by: Account; readonly at: Date }[];
  readonly reviews: Review[];
  readonly requestedReviewers: Account[];
  readonly requestedTeams: Team[];
}
export interface Annotation {
  readonly path: string;
  readonly start_line: number;
  readonly end_line: number;
  readonly start_column: number | null;
  readonly end_column: number | null;
  readonly annotation_level: string;
  readonly message: string;
  readonly title: string | null;
  readonly raw_details: string | null;
}
export interface CheckRun {
  readonly id: number;
  readonly app: App | null;
  readonly suiteId: number;
  name: string;
  readonly headSha: string;
  status: string;
  conclusion: string | null;
  externalId: string;
  detailsUrl: string | null;
  startedAt: Date | null;
  completedAt: Date | null;
  title: string | null;
  summary: string | null;
  text: string | null;
  readonly annotations: Annotation[];
  actions: readonly Json[];
}
export interface Activity {
  readonly id: number;
  readonly before: string;
  readonly after: string;
  readonly ref: string;
  readonly timestamp: Date;
  readonly type: "push" | "force_push" | "branch_creation" | "branch_deletion" | "pr_merge" | "merge_queue_merge";
  readonly actor: Account | null;
}
export interface Attempt {
  readonly attempt: number;
  readonly triggeringActor: Account;
  status: "queued" | "in_progress" | "completed";
  conclusion: string | null;
  readonly startedAt: Date;
  updatedAt: Date;
  readonly checkRunId: number;
}
export interface Run {
  readonly id: number;
  readonly repo: Repo;
  readonly number: number;
  readonly workflowId: number;
  readonly workflowPath: string;
  readonly workflowName: string;
  readonly event: string;
  readonly actor: Account;
  readonly headSha: string;
  /** `refs/heads/…` or `refs/tags/…`. */
  readonly ref: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly environment: string | null;
  readonly createdAt: Date;
  readonly attempts: Attempt[];
}
export interface Repo {
  readonly id: number;
  owner: Owner;
  name: string;
  isPrivate: boolean;
  allowSquash: boolean;
  readonly actions: { approve: boolean; write: boolean };
  /** Claims that `sub` is made of; null: the default. */
  subject: readonly string[] | null;
  readonly rulesets: Ruleset[];
  readonly defaultBranch: string;
  readonly git: Git;
  readonly collaborators: Map<string, Permission>;
  readonly teams: Map<string, Permission>;
  readonly protections: Map<string, Protection>;
  readonly issues: Map<number, Issue | Pull>;
  readonly checkRuns: CheckRun[];
  readonly suites: Map<string, number>;
  readonly activity: Activity[];
  readonly runs: Run[];
  readonly workflows: Map<string, number>;
  /** Commits that GitHub itself made and signed. */
  readonly signed: Set<string>;
  readonly createdAt: Date;
  pushedAt: Date;
  lock: Promise<unknown>;
}

export type Actor =
  | { readonly kind: "anonymous" }
  | { readonly kind: "user"; readonly user: User }
  | { readonly kind: "app"; readonly app: App }
  | {
      readonly kind: "installation";
      readonly installation: Installation;
      /** Narrowed set, or null: all of the installation. */
      readonly repositories: ReadonlySet<number> | null;
      readonly permissions: AppPermissions;
      readonly token: string;
    };

export interface AppSeed {
  slug: string;
  permissions: Record<string, Level>;
  events?: string[];
}
export interface TeamSeed {
  /** login -> state; a plain list means active. */
  members: readonly string[] | Readonly<Record<string, "active" | "pending">>;
  parent?: string;
}
export interface ProtectionSeed {
  requiredChecks?: readonly { context: string; app?: string }[];
  requiredApprovals?: number;
  requirePulls?: boolean;
  dismissStaleReviews?: boolean;
  requireLastPushApproval?: boolean;
  strict?: boolean;
  enforceAdmins?: boolean;
  allowForcePushes?: boolean;
}
export interface RepositorySeed {
  owner: string;
  name: string;
  private?: boolean;
  files?: Readonly<Record<string, string>>;
  collaborators?: Readonly<Record<string, Permission>>;
  teams?: Readonly<Record<string, Permission>>;
  /** true: our App; or the slugs of the Apps. */
  installed?: boolean | readonly string[];
  protection?: Readonly<Record<string, ProtectionSeed>>;
}
export interface Seed {
  orgs: readonly {
    login: string;
    owners?: readonly string[];
    members?: readonly string[];
    teams?: Readonly<Record<string, TeamSeed | readonly string[]>>;
    basePermission?: Permission | "none";
  }[];
  users: readonly string[];
  repositories: readonly RepositorySeed[];
  /** The first is ours; its slug must be `countersign`. Without it, ours has every permission of app.yml. */
  apps?: readonly AppSeed[];
}

/** A refusal in GitHub's own form. */
export class ApiError extends Error {
  readonly status: number;
  readonly errors: unknown;
  constructor(status: number, message: string, errors?: unknown) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.errors = errors;
  }
}

export function isPull(i: Issue | Pull): i is Pull {
  return "headSha" in i;
}
