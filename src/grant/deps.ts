import type { ReconcileDeps } from "../pull-request/index.ts";
import type { Recorder } from "../recorder/index.ts";

export interface GrantDeps extends ReconcileDeps {
  readonly recorder: Pick<Recorder, "append" | "flush" | "openLedger" | "flushDue" | "accept">;
  /** The public half of the key that signs the ledger, for the genesis. */
  readonly ledgerKey: () => { readonly kid: string; readonly publicKey: string };
  readonly issuerUrl: string;
  readonly accessRepos: readonly { readonly fullName: string; readonly repositoryId: number }[];
}

/** `granted` and `dispatched` may wait this long for company in a batch (DESIGN.md section 4, The ledger). */
export const SOON = 10_000;
export { LATER } from "../pull-request/deps.ts";

/** Job that writes what waits for the ledger of one access repo. */
export const flushKey = (repositoryId: number): string => `flush:${repositoryId}`;
/** Job that opens and reads the issue of a use of break-glass, by the number of its pull request. */
export const afterReviewKey = (repositoryId: number, pullRequest: number): string =>
  `after-review:${repositoryId}:${pullRequest}`;
/** Job that makes the issues about quarantine of one access repo say what is. */
export const noticeKey = (repositoryId: number): string => `notice:${repositoryId}`;
export const dispatchKey = (id: string): string => `dispatch:${id}`;
/** Job that reads what is said on one pull request. */
export const commentsKey = (repositoryId: number, number: number): string => `comments:${repositoryId}:${number}`;
