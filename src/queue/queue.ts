import type { Logger } from "pino";
import type { Clock } from "../base/clock.ts";
import type { Seconds } from "../base/duration.ts";
import { type Db, keepLease } from "../store/index.ts";
import { describeError, planRetry } from "./failure.ts";
import { type Claim, claimJob, dueJobs, enqueueJob, failJob, finishJob } from "./jobs.ts";

/** What rooms need of pino. */
export type Log = Pick<Logger, "debug" | "info" | "warn" | "error">;

/** The periodic job; the key's own lease makes one replica its leader. */
export const sweepKey = "sweep";

export interface QueueOptions {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Log;
  /** Runs one job. `signal` is aborted when the lease is lost, that is, when another replica may be running the same key. */
  readonly handlers: (key: string, signal: AbortSignal) => Promise<void>;
  /** How often the key `sweep` runs; absent: never. */
  readonly sweepEverySeconds?: Seconds;
  /** How long a crashed run keeps its key from others. Renewed while a run lasts. */
  readonly leaseSeconds?: Seconds;
  /** Keys that run at the same time. */
  readonly concurrency?: number;
  /** How soon work of other replicas, and of the future, is seen; our own is seen at once. */
  readonly pollMilliseconds?: number;
}

export interface Queue {
  /** See `enqueueJob`. With `trx` the job exists when the transaction commits, and is looked for soon after. */
  readonly enqueue: (key: string, runAt?: Date, trx?: Db) => Promise<void>;
  /** Looks for due jobs now. To call after a commit, or after a test moved its clock. */
  readonly wake: () => void;
  readonly start: () => Promise<void>;
  /** Takes no more jobs and waits for those that run. */
  readonly stop: () => Promise<void>;
  /** Runs what is due, also when not started, until nothing is due and nothing runs. @throws when the database fails */
  readonly idle: () => Promise<void>;
}

/** Commits take a moment: after an enqueue in a transaction we look several times, until the next poll would find it. */
const afterCommit = [5, 20, 60, 150, 300];

/** The worker over the job table; see jobs.ts for what a row means and why it is not a library. */
export function createQueue(options: QueueOptions): Queue {
  const { db, clock, log, handlers, sweepEverySeconds } = options;
  const { leaseSeconds = 60, concurrency = 8, pollMilliseconds = 500 } = options;
  const running = new Map<string, Promise<void>>();
  const timers = new Set<NodeJS.Timeout>();
  let started = false;
  const halt = new AbortController();
  let pumping: Promise<void> | undefined;
  let again = false;

  /** One look at a time; who asks during one gets another. Rejects when the database fails. */
  const pump = (): Promise<void> => {
    again = true;
    return (pumping ??= (async () => {
      try {
        while (again && !halt.signal.aborted) {
          again = false;
          await claimDue();
        }
      } finally {
        // In the same step as the last look at `again`: between them nobody can ask in vain.
        pumping = undefined;
      }
    })());
  };

  const claimDue = async (): Promise<void> => {
    const free = concurrency - running.size;
    if (free <= 0) return; // the end of a run wakes us
    for (const job of await dueJobs(db, clock, [...running.keys()], free)) {
      if (halt.signal.aborted) return;
      const claim = await claimJob(db, clock, job, leaseSeconds);
      if (!claim) continue;
      const run = runJob(claim).finally(() => {
        running.delete(claim.key);
        wake();
      });
      running.set(claim.key, run);
    }
  };

  const runJob = async (claim: Claim): Promise<void> => {
    const keeper = keepLease(db, clock, `job:${claim.key}`, claim.token, leaseSeconds);
    const from = performance.now();
    try {
      const error = await handlers(claim.key, keeper.signal).then(
        () => undefined,
        (error: unknown) => error ?? new Error("rejected without a reason"),
      );
      await keeper.stop();
      const kept = error === undefined ? await finish(claim) : await fail(claim, error);
      if (!kept) log.warn({ job: claim.key }, "job outlived its lease; another run took over");
      log.debug({ job: claim.key, ms: Math.round(performance.now() - from) }, "job ran");
    } catch (error) {
      // The end could not be stored: the lease runs out and the job runs again, which handlers have to bear anyway.
      log.error({ job: claim.key, error: describeError(error) }, "end of a job could not be stored");
    } finally {
      await keeper.stop();
    }
  };

  const finish = (claim: Claim): Promise<boolean> => {
    const periodic = claim.key === sweepKey && sweepEverySeconds !== undefined;
    const next = periodic ? new Date(clock.now().getTime() + sweepEverySeconds * 1000) : undefined;
    return finishJob(db, clock, claim, next);
  };

  const fail = (claim: Claim, error: unknown): Promise<boolean> => {
    const failure = planRetry(error, claim.attempts, clock.now());
    const stack = error instanceof Error ? error.stack?.split("\n").slice(1, 6).join("\n") : undefined;
    log.warn(
      { job: claim.key, attempts: claim.attempts + 1, error: failure.error, retryAt: failure.retryAt, stack },
      "job failed",
    );
    return failJob(db, claim, failure);
  };

  const wake = (): void => {
    if (!started || halt.signal.aborted) return;
    pump().catch((error: unknown) => {
      log.error({ error: describeError(error) }, "the queue could not read the database");
    });
  };

  const later = (milliseconds: number): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      wake();
    }, milliseconds);
    timers.add(timer.unref());
  };

  return {
    enqueue: async (key, runAt, trx) => {
      await enqueueJob(trx ?? db, clock, key, runAt);
      if (trx?.isTransaction) for (const milliseconds of afterCommit) later(milliseconds);
      else wake();
    },
    wake,
    start: async () => {
      if (started || halt.signal.aborted) throw new TypeError("a queue starts once");
      started = true;
      if (sweepEverySeconds !== undefined) await enqueueJob(db, clock, sweepKey);
      timers.add(setInterval(wake, pollMilliseconds));
      wake();
    },
    stop: async () => {
      halt.abort();
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      await pumping?.catch(() => undefined); // its failure is logged where it began
      await Promise.all(running.values());
    },
    idle: async () => {
      while (!halt.signal.aborted) {
        await pump();
        if (running.size > 0) await Promise.race(running.values());
        else if ((await dueJobs(db, clock, [], 1)).length === 0 && running.size === 0) return;
      }
      await Promise.all(running.values());
    },
  };
}
