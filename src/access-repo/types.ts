import type { Digest, ObjectId } from "../base/ids.ts";
import type { Seconds } from "../base/duration.ts";
import type * as z from "zod";
import type { Diagnostic, Locate } from "./finding-types.ts";
import type { Boundary, Permissions } from "./kind-schema.ts";
import type { Owner } from "./owner.ts";
import type { CheckedRequest } from "./request-schema.ts";
import type { awsRole, azureRole, gcpRole, githubRole, oidcRole } from "./role-schema.ts";
import type { Frozen } from "./schema.ts";
import type { Settings } from "./settings-schema.ts";
import type { Statement } from "./statement-schema.ts";

/** Kinds of target. All parse; which of them a server can issue for is the business of plan/ and cloud/. */
export type CloudKind = "aws" | "gcp" | "azure" | "github" | "oidc";

export type { Diagnostic, Locate, Parsed, Span } from "./finding-types.ts";

/** A parsed request with the positions of its parts, so that what is found later still points at the right line. */
export type ParsedRequest =
  | { readonly ok: true; readonly value: RequestFile; readonly at: Locate; readonly diagnostics: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

export type { Owner } from "./owner.ts";
export type { WorkflowPattern } from "./workflow-pattern.ts";
export type { FreezeEntry, Settings } from "./settings-schema.ts";
export type { RoleLimits } from "./limits-schema.ts";
/** `actions` on `resources`: every action pairs with every resource. Order is the file's. */
export type { Statement } from "./statement-schema.ts";

// What the files hold follows from the schemas that check them: one definition. Every default is filled in.
export type AwsRole = Frozen<z.output<typeof awsRole>>;
export type GcpRole = Frozen<z.output<typeof gcpRole>>;
export type AzureRole = Frozen<z.output<typeof azureRole>>;
export type GithubRole = Frozen<z.output<typeof githubRole>>;
export type OidcRole = Frozen<z.output<typeof oidcRole>>;
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

/**
 * `requests/<target>/[<YYYY-MM>/]<name>.yml`, as written, before the role's `defaults` and the target's `sets`; `actions` and
 * `resources` at the top level have become one statement of `allow`.
 */
export type RequestFile = Omit<CheckedRequest, "actions" | "resources" | "sets"> & {
  readonly sets: readonly string[];
};
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
  readonly permissions?: Permissions;
  readonly repositories?: readonly string[];
  readonly boundary?: Boundary;
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
