import type { Logger } from "pino";
import { digestOf } from "../base/canonical-json.ts";
import { formatInstant } from "../base/duration.ts";
import { RetryLater } from "../base/errors.ts";
import { readEnrolment } from "./enrolment.ts";
import type { ReconcileDeps } from "./deps.ts";

/** What makes us wait for GitHub: its limit, or our own budget that keeps us within it. */
const limits: ReadonlySet<string> = new Set(["github_rate_limited", "write_budget"]);
/** Seconds that nobody has to be told of. */
const short = 20;

type Deps = Pick<ReconcileDeps, "db" | "github" | "clock"> & { readonly log: Pick<Logger, "info"> };

/**
 * Reconciles, and where GitHub's limits stop that, says so on the check run: "Waiting for GitHub, 4 min". Said with what is kept
 * for it: of the primary limit the last requests, and of our own budget nothing, since a check run that exists is changed and not
 * made. In a limit of another kind nothing can be said until it is over; then the check says what is.
 * @throws what `work` throws: the queue comes again when the wait is over.
 */
export async function orSayWaiting(
  deps: Deps,
  repositoryId: number,
  number: number,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof RetryLater && limits.has(error.code) && (error.after ?? 0) >= short) {
      await sayWaiting(deps, repositoryId, number, error.after ?? 0).catch((failed: unknown) => {
        if (!(failed instanceof RetryLater)) throw failed;
        deps.log.info({ code: failed.code, pullRequest: number }, "the check cannot say that we wait");
      });
    }
    throw error;
  }
}

async function sayWaiting({ db, github, clock }: Deps, id: number, number: number, after: number): Promise<void> {
  const enrolment = await readEnrolment(db, id);
  const posted = await db
    .selectFrom("posted_plan")
    .select(["head_sha", "check_run_id", "shown_sha256"])
    .where("repository_id", "=", String(id))
    .where("pull_request", "=", number)
    .orderBy("check_run_id", "desc") // the newest head's
    .limit(1)
    .executeTakeFirst();
  if (!enrolment || !posted) return;
  const until = new Date(clock.now().getTime() + after * 1000);
  const title = `Waiting for GitHub, ${Math.ceil(after / 60)} min`;
  const line = `GitHub limits how much an app may ask and write. Countersign goes on by itself at ${formatInstant(until)}; nothing is lost, and nobody has to do anything.`;
  // First the note that something else is shown, so that the next run shows what is true again, whatever becomes of this call.
  const noted = await db
    .updateTable("posted_plan")
    .set({ shown_sha256: digestOf({ waiting: formatInstant(until) }) })
    .where("repository_id", "=", String(id))
    .where("pull_request", "=", number)
    .where("head_sha", "=", posted.head_sha)
    .where("shown_sha256", "=", posted.shown_sha256)
    .executeTakeFirst();
  if (noted.numUpdatedRows === 1n) await github.retitleCheck(enrolment, Number(posted.check_run_id), title, line);
}
