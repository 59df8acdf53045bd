import type { Logger } from "pino";
import type { CatalogueSource } from "../action-catalogue/index.ts";
import type { CloudKind, FreezeEntry } from "../access-repo/types.ts";
import type { Clock } from "../base/clock.ts";
import type { GitHub, ResolveRepositories } from "../github/index.ts";
import type { Recorder } from "../recorder/index.ts";
import type { Db } from "../store/index.ts";

/** What the rooms that reconcile are given. */
export interface ReconcileDeps {
  readonly db: Db;
  readonly github: GitHub;
  readonly clock: Clock;
  readonly log: Logger;
  /** The kinds of target that this server has a broker for: no other is decided on, granted or issued. */
  readonly kinds: ReadonlySet<CloudKind>;
  /** With the broker for github targets: names of repositories to ids, by its own App. */
  readonly repositories?: ResolveRepositories;
  /** AWS's list of actions: explains and checks what is asked for, before the merge only. */
  readonly actions: CatalogueSource;
  readonly config: {
    readonly publicUrl: string;
    /** GitHub's pages, without a slash at the end. */
    readonly webUrl: string;
    /** This server's and its GitHub's addresses: no oidc target may have one as its audience (C61). */
    readonly ours?: readonly string[];
    /** COUNTERSIGN_FROZEN: stops merges, grants, dispatches and exchanges whatever the policy says. */
    readonly frozen: readonly FreezeEntry[];
  };
  readonly recorder: Pick<Recorder, "append">;
  /** A new UUID. */
  readonly newId: () => string;
  /** Asks for a reconcile; coalesced by key (queue/). `runAt` in the future delays it. */
  readonly enqueue: (key: string, runAt?: Date) => Promise<void>;
}

/** How long housekeeping may wait for company in a batch of the ledger (DESIGN.md section 4, The ledger). */
export const LATER = 600_000;

export const pullRequestKey = (repositoryId: number, number: number): string =>
  `pull-request:${repositoryId}:${number}`;
/** An issue that is no pull request. */
export const issueKey = (repositoryId: number, number: number): string => `issue:${repositoryId}:${number}`;
/** Our one comment on a merged pull request: from the database alone. */
export const commentKey = (repositoryId: number, number: number): string => `comment:${repositoryId}:${number}`;
export const accessRepoKey = (repositoryId: number): string => `access-repo:${repositoryId}`;
