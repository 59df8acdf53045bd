import type { Clock } from "../../base/clock.ts";
import type { GitHub } from "../../github/index.ts";
import type { ExchangeDeps } from "../types.ts";

export interface RoleCheckDeps
  extends Pick<ExchangeDeps, "db" | "keys" | "brokers" | "policies" | "log" | "newId" | "recorder"> {
  readonly clock: Clock;
  readonly github: Pick<GitHub, "putCheck">;
  readonly config: {
    /** COUNTERSIGN_FROZEN: nothing is tried of what it covers. */
    readonly frozen: ExchangeDeps["config"]["frozen"];
    /** `iss`, which the clouds must trust. */
    readonly issuerUrl: string;
  };
  readonly enqueue: (key: string, runAt?: Date) => Promise<void>;
}

/**
 * After a policy was accepted, tries each role that it changes at its cloud, once and without a grant; records `checked`; and says
 * on that commit what is missing (issue 4). Beside everything else: no acceptance, grant or exchange waits for it or asks it.
 */
export interface RoleChecks {
  /** Asks for the job where there is something to try or to tell. The database only, so that it may follow every reconcile. */
  notice(accessRepo: number): Promise<void>;
  /** The job `check-roles:<access repo>`. @throws RetryLater where GitHub cannot be read or written */
  run(accessRepo: number): Promise<void>;
  /** Somebody pressed "Check again": what was not found right is due once more, at most once a minute. */
  again(accessRepo: number): Promise<void>;
}

/** One job for an access repo: it reads which policy is accepted, so that a newer one supersedes an older by itself. */
export const checkRolesKey = (accessRepo: number): string => `check-roles:${accessRepo}`;
export const checkRolesAgainKey = (accessRepo: number): string => `check-roles-again:${accessRepo}`;
