import type { Selectable } from "kysely";
import type { AfterReviewTable } from "../../store/schema.ts";
import { afterReviewKey, type GrantDeps } from "../deps.ts";

/** A review that a use of break-glass owes. All of one pull request share one issue. */
export type OwedRow = Selectable<AfterReviewTable>;

/** Every review that one pull request owes or owed, by path. */
export const rowsOf = (
  deps: Pick<GrantDeps, "db">,
  repositoryId: number,
  pullRequest: number,
): Promise<readonly OwedRow[]> =>
  deps.db
    .selectFrom("after_review")
    .selectAll()
    .where("repository_id", "=", String(repositoryId))
    .where("pull_request", "=", pullRequest)
    .orderBy("path")
    .execute();

/** Writes the same down of all of these. */
export async function note(
  { db }: Pick<GrantDeps, "db">,
  rows: readonly OwedRow[],
  change: { done?: boolean; looked_at?: Date; issue?: number | null; opening?: boolean },
): Promise<void> {
  const ids = rows.map((row) => row.grant_id);
  await db.updateTable("after_review").set(change).where("grant_id", "in", ids).execute();
}

/** For the sweep: issues that are not opened yet, and those that no webhook made us look at for ten minutes. */
export async function owedReviews({ db, clock }: GrantDeps): Promise<readonly string[]> {
  const before = new Date(clock.now().getTime() - 600_000);
  const rows = await db
    .selectFrom("after_review")
    .select(["repository_id", "pull_request"])
    .distinct()
    .where("done", "=", false)
    .where((e) => e.or([e("issue", "is", null), e("looked_at", "is", null), e("looked_at", "<", before)]))
    .limit(1000)
    .execute();
  return rows.map((row) => afterReviewKey(Number(row.repository_id), row.pull_request));
}

/** The job of the use of break-glass that an issue is about; null: it is about something else. */
export async function reviewOfIssue({ db }: GrantDeps, repositoryId: number, issue: number): Promise<string | null> {
  const row = await db
    .selectFrom("after_review")
    .select("pull_request")
    .where("repository_id", "=", String(repositoryId))
    .where("issue", "=", issue)
    .executeTakeFirst();
  return row ? afterReviewKey(repositoryId, row.pull_request) : null;
}
