import type { Digest, ObjectId } from "../base/ids.ts";
import type { Seconds } from "../base/duration.ts";

/** Kinds of target. All parse; which of them a server can issue for is the business of plan/ and cloud/. */
export type CloudKind = "aws" | "gcp" | "azure" | "github" | "oidc";

/** One finding about a file, placed where a person would put the finger. Lines and columns count from 1. */
export interface Diagnostic {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Characters to underline; at least 1. */
  readonly length: number;
  readonly severity: "error" | "warning";
  /** `CS` and four digits, from the registry in diagnostics.ts. Never reused for another meaning. */
  readonly code: string;
  readonly message: string;
  /** What to write instead. */
  readonly hint: string;
  /** Replaces `length` characters at the position, where a machine can mend it. */
  readonly fix?: string;
}

/** A value that parsed, or the reasons why not. Warnings may stand beside a value; errors never do. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T; readonly diagnostics: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** Where in a file something stands; lines and columns count from 1, in UTF-16 units. */
export interface Span {
  readonly line: number;
  readonly column: number;
  readonly length: number;
}
/** Finds the key or value at a path of a parsed file; where the path is absent, the nearest thing around it. */
export type Locate = (path: readonly (string | number)[], want?: "key" | "value") => Span;

/** A parsed request with the positions of its parts, so that what is found later still points at the right line. */
export type ParsedRequest =
  | { readonly ok: true; readonly value: RequestFile; readonly at: Locate; readonly diagnostics: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** `actions` on `resources`: every action pairs with every resource. Order is the file's. */
export interface Statement {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

/** `@login`, `@org/team`, or an e-mail address as CODEOWNERS and policy spell owners. Names as written; compared without case. */
export type Owner =
  | { readonly kind: "user"; readonly login: string }
  | { readonly kind: "team"; readonly org: string; readonly slug: string }
  | { readonly kind: "email"; readonly address: string };

/** `.github/countersign.yml` */
export interface Settings {
  readonly version: 1;
  readonly approvals: number;
  readonly pending_expiry: Seconds;
  readonly break_glass?: {
    readonly members: readonly Owner[];
    readonly max_duration: Seconds;
    readonly review_within: Seconds;
  };
  readonly frozen: readonly FreezeEntry[];
}
/** One line of `frozen:`; see DESIGN.md section 4, Freeze. */
export type FreezeEntry =
  | { readonly kind: "all" }
  | { readonly kind: "target"; readonly target: string }
  | { readonly kind: "requester"; readonly login: string }
  | { readonly kind: "approver"; readonly login: string };

export type RunnerKind = "github-hosted" | "self-hosted";

/** Limits and approval rules that every kind of role has. */
export interface RoleLimits {
  readonly max_duration: Seconds;
  /** Owner slots; absent: the settings' number. Never below it. */
  readonly approvals?: number;
  readonly also_approved_by: readonly { readonly from: readonly Owner[]; readonly count: number }[];
  readonly auto_approve?: {
    readonly requesters: readonly Owner[];
    readonly max_duration: Seconds;
    readonly actions?: readonly string[];
    readonly per_day: number;
  };
  readonly break_glass: boolean;
  /** Prefixes: OPS admits OPS-123. Absent: a ticket is optional and of any shape. */
  readonly tickets?: readonly string[];
  /** `owner/repo/.github/workflows/<pattern>@<ref pattern>`; absent: any workflow of the same owner, and no dispatch. */
  readonly workflows?: readonly WorkflowPattern[];
  readonly environments?: readonly string[];
  readonly events: readonly string[];
  readonly runners: readonly RunnerKind[];
  readonly defaults?: { readonly duration?: Seconds; readonly workflow?: Partial<WorkflowBinding> };
  readonly last_issue_before_end: Seconds;
}
/** Owner literal; `*` in repository name and file stops at `/`; ref exact or with one trailing `*`. */
export interface WorkflowPattern {
  readonly text: string;
  readonly owner: string;
  readonly repository: string;
  readonly file: string;
  readonly ref: string;
}
export interface AwsRole extends RoleLimits {
  readonly kind: "aws";
  readonly role_arn: string;
  /** What may be asked for at most. `everything` is the spelling `["*"]`. */
  readonly allow: readonly Statement[] | "everything";
  readonly max_session: Seconds;
  readonly allow_persistence: boolean;
}
export interface GcpRole extends RoleLimits {
  readonly kind: "gcp";
  readonly workload_identity_provider: string;
  readonly service_account?: string;
  readonly scopes: readonly string[];
  readonly boundary?: readonly { readonly resource: string; readonly permissions: readonly string[] }[];
  readonly max_session: Seconds;
}
export interface AzureRole extends RoleLimits {
  readonly kind: "azure";
  readonly tenant_id: string;
  readonly client_id: string;
  readonly subscription_id?: string;
  readonly delivery: "token" | "assertion";
  readonly resources: readonly string[];
}
export interface GithubRole extends RoleLimits {
  readonly kind: "github";
  readonly permissions: Readonly<Record<string, "read" | "write">>;
  readonly repositories: readonly string[];
}
export interface OidcRole extends RoleLimits {
  readonly kind: "oidc";
  readonly audience: string;
  readonly claims: Readonly<Record<string, string>>;
}
export type Role = AwsRole | GcpRole | AzureRole | GithubRole | OidcRole;

/** `targets/<name>.yml` */
export interface Target {
  readonly name: string;
  readonly version: 1;
  readonly cloud: CloudKind;
  readonly description: string;
  /** aws only: where STS is asked and what `AWS_REGION` becomes. */
  readonly region?: string;
  readonly roles: ReadonlyMap<string, Role>;
  readonly sets: ReadonlyMap<string, readonly Statement[]>;
}

/** Which workflow may use a grant. */
export interface WorkflowBinding {
  readonly repository: string;
  readonly file: string;
  readonly ref: string;
  readonly environment?: string;
  readonly sha?: string;
  readonly reusable?: string;
  readonly actor: "requester" | "any";
}

/** `requests/<target>/[<YYYY-MM>/]<name>.yml`, as written, before the role's `defaults` and the target's `sets`. */
export interface RequestFile {
  readonly version: 1;
  readonly role: string;
  readonly reason: string;
  readonly ticket?: string;
  readonly allow?: readonly Statement[];
  readonly sets: readonly string[];
  /** github kind only. */
  readonly permissions?: Readonly<Record<string, "read" | "write">>;
  /** github kind only. */
  readonly repositories?: readonly string[];
  /** gcp kind only. */
  readonly boundary?: readonly { readonly resource: string; readonly permissions: readonly string[] }[];
  readonly duration?: Seconds;
  readonly start?: Date;
  readonly runs: number;
  readonly workflow?: Partial<WorkflowBinding>;
  readonly dispatch?: { readonly inputs: Readonly<Record<string, string>> };
  readonly break_glass?: string;
}
export interface RequestPath {
  readonly path: string;
  readonly target: string;
  readonly month?: string;
  readonly name: string;
}

/** A request with everything filled in from role and target. This is what plan/ renders and what the exchange matches. */
export interface ResolvedRequest {
  readonly path: RequestPath;
  readonly target: Target;
  readonly role: Role;
  readonly roleName: string;
  readonly reason: string;
  readonly ticket?: string;
  /** aws: what is asked for, sets expanded; `everything` where the role allows everything and nothing narrows. */
  readonly allow?: readonly Statement[] | "everything";
  /** false: the request asks for the role's whole `allow`. */
  readonly narrowed: boolean;
  readonly permissions?: Readonly<Record<string, "read" | "write">>;
  readonly repositories?: readonly string[];
  readonly boundary?: readonly { readonly resource: string; readonly permissions: readonly string[] }[];
  readonly duration: Seconds;
  readonly start?: Date;
  readonly runs: number;
  readonly workflow: WorkflowBinding;
  readonly dispatch?: { readonly inputs: Readonly<Record<string, string>> };
  readonly break_glass?: string;
}

/** A file as git has it: never by the contents API, which follows symlinks (CHECKLIST C12). */
export interface TreeFile {
  readonly path: string;
  readonly oid: ObjectId;
  /** git mode: 0o100644 is a plain file. */
  readonly mode: number;
  /** Undefined where it is not readable text: binary, truncated, a tree, a submodule. */
  readonly text: string | undefined;
}

/** Everything that decides who may grant what, as one commit has it. */
export interface PolicyFiles {
  readonly settings: TreeFile | undefined;
  /** Tree id of `targets/`; undefined where there is none. */
  readonly targetsTree: ObjectId | undefined;
  readonly targets: readonly TreeFile[];
  /** By GitHub's order of places: `.github/CODEOWNERS`, `CODEOWNERS`, `docs/CODEOWNERS`. */
  readonly codeowners: readonly [TreeFile | undefined, TreeFile | undefined, TreeFile | undefined];
}

/** The policy of one commit, parsed. */
export interface Policy {
  readonly digest: Digest;
  readonly settings: Settings;
  readonly targets: ReadonlyMap<string, Target>;
  readonly codeowners: Codeowners;
}

export interface CodeownersRule {
  readonly line: number;
  readonly pattern: string;
  readonly owners: readonly Owner[];
}
export interface Codeowners {
  /** Which of the three places is in force. */
  readonly path: string;
  readonly rules: readonly CodeownersRule[];
  readonly diagnostics: readonly Diagnostic[];
}
