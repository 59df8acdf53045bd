import type { Logger } from "pino";
import type { Clock, Pause } from "../base/clock.ts";
import type { FreezeEntry } from "../access-repo/types.ts";
import type { Broker } from "../cloud/types.ts";
import type { GitHub, ResolveRepositories } from "../github/index.ts";
import type { Keys, Sealer } from "../issuer/index.ts";
import type { Recorder } from "../recorder/index.ts";
import type { Db } from "../store/index.ts";
import type { KeySet } from "./key-set.ts";
import type { LiveHead } from "./live-head.ts";
import type { Policies } from "./policies.ts";

export interface ExchangeDeps {
  readonly db: Db;
  readonly github: Pick<GitHub, "files" | "run" | "blobAt" | "skewSeconds" | "ledgerWait" | "bot" | "identify">;
  /** With the broker for github targets: what the names in a plan are now. */
  readonly repositories?: ResolveRepositories;
  readonly recorder: Pick<Recorder, "append" | "caughtUp" | "flush">;
  readonly keys: Pick<Keys, "signAssertion">;
  /** Keeps what can be revoked. */
  readonly sealer: Pick<Sealer, "seal" | "open">;
  readonly brokers: ReadonlyMap<Broker["kind"], Broker>;
  readonly policies: Policies;
  readonly liveHead: LiveHead;
  readonly clock: Clock;
  /** Waits until a refusal may be answered. */
  readonly pause: Pause;
  readonly log: Pick<Logger, "info" | "warn" | "error">;
  readonly config: {
    readonly publicUrl: string;
    readonly oidcIssuer: string;
    /** GitHub's pages, for the address of a pull request. */
    readonly webUrl: string;
    /** COUNTERSIGN_FROZEN, read at both ends of every exchange. */
    readonly frozen: readonly FreezeEntry[];
  };
  /** A new UUID. */
  readonly newId: () => string;
  /** Asks for a reconcile, when the default branch is ahead of what was judged (queue/). */
  readonly enqueue: (key: string) => Promise<void>;
  /** Of GitHub's issuer. */
  readonly keySet: KeySet;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Exchange {
  /** `POST /token` (RFC 8693). Never throws: what goes wrong is an answer without credentials. */
  token(params: URLSearchParams, meta: { readonly correlationId: string; readonly remote: string }): Promise<Answer>;
  /** Drops what is over its deadline, ends tokens of ended grants, forgets tokens that have expired, turns refusals into entries. */
  sweep(): Promise<void>;
  /** Ends tokens whose grant has ended, was revoked or is frozen, or whose plan the policy no longer yields; part of `sweep`. */
  revokeEnded(): Promise<void>;
  /** Reads again which repositories have live or pending grants, so that a first token need not wait for it. */
  refreshIndex(): Promise<void>;
  /** Turns counted refusals into `refused` entries; part of `sweep`. */
  flushRefusals(): Promise<void>;
}
