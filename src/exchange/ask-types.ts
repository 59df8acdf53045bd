import type { Pause } from "../base/clock.ts";
import type { ReconcileDeps } from "../pull-request/index.ts";
import type { Recorder } from "../recorder/index.ts";
import type { Db } from "../store/index.ts";
import type { KeySet } from "./key-set.ts";
import type { LiveHead } from "./live-head.ts";
import type { Policies } from "./policies.ts";
import type { Answer } from "./types.ts";

/** What `POST /requests` is given: it judges a request as the reconcile does, so it has what the reconcile has. */
export interface AskDeps extends Omit<ReconcileDeps, "config" | "enqueue"> {
  /** Waits until a refusal may be answered. */
  readonly pause: Pause;
  readonly recorder: Pick<Recorder, "append">;
  readonly keySet: KeySet;
  readonly policies: Policies;
  readonly liveHead: LiveHead;
  readonly config: ReconcileDeps["config"] & { readonly oidcIssuer: string; readonly webUrl: string };
  /** A new UUID. */
  readonly newId: () => string;
  /** With `trx` the job exists when the transaction commits. */
  readonly enqueue: (key: string, runAt?: Date, trx?: Db) => Promise<void>;
}

export interface Asks {
  /** `POST /requests`. Never throws: what goes wrong is an answer without a pull request. */
  request(
    body: string,
    meta: { readonly correlationId: string; readonly remote: string; readonly bearer: string | undefined },
  ): Promise<Answer>;
  /** The job `ask:<id>`: opens the pull request of one, as far as it is not open. @throws RetryLater */
  open(id: string): Promise<void>;
}
