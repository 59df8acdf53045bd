import type { LoadedPolicy } from "../access-repo/index.ts";

// What the checks look at, as GitHub told it. `src/github/doctor-facts.ts` reads it, for a person or for the App.

/** What was read, or why it could not be: what is unreadable is reported as unknown, never taken for fine (DESIGN.md section 4, Fail closed). */
export type Reading<T> =
  | { readonly kind: "read"; readonly value: T }
  | {
      readonly kind: "unreadable";
      /** What GitHub or our own knowledge says; one sentence. */
      readonly why: string;
      /** What a reader needs to see it. */
      readonly needs: string;
    };

export type Json = Readonly<Record<string, unknown>>;

/** One rule that is in force on a branch, with the ruleset that it is part of. */
export interface Rule {
  readonly type: string;
  readonly parameters: Json;
  readonly ruleset: number;
  readonly sourceType: "Repository" | "Organization" | "Enterprise";
  /** Name of the repository, organization or enterprise whose ruleset it is. */
  readonly source: string;
}
export interface BypassActor {
  /** Integration, OrganizationAdmin, RepositoryRole, Team, DeployKey, User, or what GitHub adds. */
  readonly type: string;
  readonly id: number | null;
  /** always, pull_request, exempt */
  readonly mode: string;
}
export interface Ruleset {
  readonly id: number;
  readonly name: string;
  /** Every rule as GitHub has it, known to us or not: a change sends all of them back. */
  readonly rules: readonly Json[];
  /** Patterns of the branches that it is for. */
  readonly branches: readonly string[];
  /** GitHub shows it only to those who may change the ruleset. */
  readonly bypass: Reading<readonly BypassActor[]>;
  /** Whether the reader itself may bypass it; null where GitHub does not say. */
  readonly readerBypasses: string | null;
}

/** Classic branch protection, which is beside rulesets and adds up with them. */
export interface Protection {
  readonly reviews: { readonly approvals: number; readonly codeOwners: boolean; readonly lastPush: boolean } | null;
  readonly checks: {
    readonly strict: boolean;
    readonly required: readonly { readonly context: string; readonly appId: number | null }[];
  } | null;
  /** Slugs of the Apps that may push, where pushing is restricted. */
  readonly pushers: readonly string[] | null;
  readonly admins: boolean;
  readonly forcePushes: boolean;
  readonly deletions: boolean;
  readonly locked: boolean;
  readonly signatures: boolean;
}

export interface TeamFacts {
  /** Whether GitHub shows it to members of the organization; a secret team owns nothing. */
  readonly visible: boolean;
  readonly canWrite: boolean;
}
export interface InstallationFacts {
  readonly id: number;
  readonly slug: string;
  readonly suspended: boolean;
  readonly permissions: Readonly<Record<string, string>>;
  readonly events: readonly string[];
  readonly allRepositories: boolean;
}
export interface TargetRepoFacts {
  readonly fullName: string;
  readonly owner: Reading<number>;
  /** Whether the App is installed there. */
  readonly installed: Reading<boolean>;
  /** Claims that `sub` is made of, where the repository or its organization customises it. */
  readonly subject: Reading<readonly string[] | "default">;
}
export interface CodeownersError {
  readonly path: string;
  readonly line: number;
  readonly kind: string;
}

export interface Facts {
  /** Who looked: GitHub shows different things to a person and to an App. */
  readonly reader: "person" | "app";
  /** Host name as `gh --hostname` takes it. */
  readonly host: string;
  readonly webUrl: string;
  readonly owner: string;
  readonly name: string;
  readonly ownerId: number;
  readonly organization: boolean;
  readonly defaultBranch: string;
  readonly visibility: string;
  readonly archived: boolean;
  readonly squash: Reading<boolean>;
  /** Which App is ours, where that is known. */
  readonly app: { readonly id: number; readonly slug: string | null } | null;
  readonly rules: Reading<readonly Rule[]>;
  readonly ledgerRules: Reading<readonly Rule[]>;
  readonly rulesets: ReadonlyMap<number, Reading<Ruleset>>;
  /** Names of all rulesets of the repository, in force or not: a new one needs another. */
  readonly rulesetNames: readonly string[];
  /** Of the default branch; null: it has none. */
  readonly protection: Reading<Protection | null>;
  readonly actions: Reading<{ readonly approve: boolean; readonly write: boolean }>;
  readonly policy: Reading<LoadedPolicy>;
  readonly codeowners: Reading<readonly CodeownersError[]>;
  /** By `org/slug`, lower case. */
  readonly teams: ReadonlyMap<string, Reading<TeamFacts>>;
  /** null: there is none. */
  readonly installation: Reading<InstallationFacts | null>;
  readonly targets: readonly TargetRepoFacts[];
  /** Teams and repositories that the policy names and that were not looked at, since they are too many. */
  readonly notLookedAt: number;
}
