import type { Clock } from "../base/clock.ts";
import type { Seconds } from "../base/duration.ts";
import type { Db } from "../store/index.ts";
import { describeError, planRetry } from "./failure.ts";
import { type Hint, readHint } from "./hint.ts";
import type { Log, Queue } from "./queue.ts";

/** The job that turns stored deliveries into jobs. */
export const inboxKey = "inbox";

/** Tries of one delivery; after that the sweep, which needs no webhook, has long done its work. */
const maxAttempts = 8;
/** GitHub redelivers for three days; older ids need not be remembered. */
const rememberDays = 7;

export interface Delivery {
  /** `X-GitHub-Delivery`; a redelivery has the same. */
  readonly id: string;
  readonly event: string;
  /** The verified body as text. */
  readonly payload: string;
}

/** `stored`: new. `again`: had failed, is tried again. `known`: done, or still waiting; nothing to do. */
export type Received = "stored" | "again" | "known";

export interface Inbox {
  /** Stores a delivery and asks for the inbox to be read, in one transaction. Only after this may GitHub get its 202. */
  readonly receive: (delivery: Delivery) => Promise<Received>;
  /** The handler of `inboxKey`: routes what waits. One bad delivery does not stop the others. */
  readonly drain: () => Promise<void>;
  /** Forgets deliveries that GitHub cannot send again. For the sweep. @returns how many. */
  readonly prune: () => Promise<number>;
}

export interface InboxOptions {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Log;
  readonly enqueue: Queue["enqueue"];
  /** The keys that a hint points to, and nothing more: no network. Reads through the given transaction, if it has to. */
  readonly route: (hint: Hint, trx: Db) => readonly Wanted[] | Promise<readonly Wanted[]>;
}

/** A job that a hint asks for, now or in so many seconds. */
export type Wanted = string | { readonly key: string; readonly in: Seconds };

/** Durable webhook inbox: GitHub never redelivers by itself, so what was answered with 202 must not be lost (GITHUB.md 3.5). */
export function createInbox(options: InboxOptions): Inbox {
  const { db, clock, log, enqueue, route } = options;

  const receive = async (delivery: Delivery): Promise<Received> => {
    const now = clock.now();
    const hint = tryHint(delivery);
    return db.transaction().execute(async (trx) => {
      const inserted = await trx
        .insertInto("delivery")
        .values({
          ...delivery,
          action: hint?.action?.slice(0, 100) ?? null,
          repository_id: hint?.repositoryId ?? null,
          pull_request: hint?.pullRequests[0] ?? null,
          received_at: now,
          run_at: now,
          status: "received",
          attempts: 0,
        })
        .onConflict((c) => c.column("id").doNothing())
        .executeTakeFirst();
      const isNew = inserted.numInsertedOrUpdatedRows === 1n;
      if (!isNew) {
        // C02: an id that is done stays done. One that failed is tried again, with the body that was verified first.
        const revived = await trx
          .updateTable("delivery")
          .set({ status: "received", attempts: 0, run_at: now })
          .where("id", "=", delivery.id)
          .where("status", "=", "failed")
          .executeTakeFirst();
        if (revived.numUpdatedRows !== 1n) return "known";
      }
      await enqueue(inboxKey, undefined, trx);
      return isNew ? "stored" : "again";
    });
  };

  /** Jobs and the end of the delivery are stored together: neither is lost, and none is left behind. */
  const settle = (row: Delivery): Promise<void> =>
    db.transaction().execute(async (trx) => {
      const keys = await route(readHint(row.event, row.payload), trx);
      for (const wanted of new Set(keys)) {
        if (typeof wanted === "string") await enqueue(wanted, undefined, trx);
        else await enqueue(wanted.key, new Date(clock.now().getTime() + wanted.in * 1000), trx);
      }
      await trx
        .updateTable("delivery")
        .set({ status: "done", payload: "" }) // the body was a hint; we keep no personal data that we do not need
        .where("id", "=", row.id)
        .execute();
    });

  const setBack = async (id: string, attempts: number, error: unknown): Promise<void> => {
    const { retryAt } = planRetry(error, attempts, clock.now());
    log.warn({ delivery: id, attempts: attempts + 1, error: describeError(error) }, "webhook could not be routed");
    await db
      .updateTable("delivery")
      .set({ status: "failed", attempts: attempts + 1, run_at: retryAt })
      .where("id", "=", id)
      .execute();
  };

  const drain = async (): Promise<void> => {
    for (;;) {
      const row = await db
        .selectFrom("delivery")
        .select(["id", "event", "payload", "attempts"])
        .where("status", "<>", "done")
        .where("attempts", "<", maxAttempts)
        .where("run_at", "<=", clock.now())
        .orderBy("run_at")
        .orderBy("id")
        .limit(1)
        .executeTakeFirst();
      if (!row) break;
      await settle(row).catch((error: unknown) => setBack(row.id, row.attempts, error));
    }
    await askAgain();
  };

  /** A run answers all who asked, also those for later (jobs.ts): say again when the next failed delivery is due. */
  const askAgain = async (): Promise<void> => {
    const next = await db
      .selectFrom("delivery")
      .select((eb) => eb.fn.min("run_at").as("at"))
      .where("status", "<>", "done")
      .where("attempts", "<", maxAttempts)
      .executeTakeFirst();
    if (next?.at) await enqueue(inboxKey, next.at);
  };

  const prune = async (): Promise<number> => {
    const before = new Date(clock.now().getTime() - rememberDays * 86_400_000);
    const result = await db.deleteFrom("delivery").where("received_at", "<", before).executeTakeFirst();
    return Number(result.numDeletedRows);
  };

  return { receive, drain, prune };
}

/** The columns are for people who look into the table; a body that cannot be read is stored and fails when routed. */
function tryHint(delivery: Delivery): Hint | undefined {
  try {
    return readHint(delivery.event, delivery.payload);
  } catch {
    return undefined;
  }
}
