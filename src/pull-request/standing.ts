import { roleKey, type Rule, type Standing } from "../approval/index.ts";
import type { Clock } from "../base/clock.ts";
import type { RepositoryId, UserId } from "../base/ids.ts";
import type { Db } from "../store/index.ts";

const day = 86_400_000;

/** What the records say of a requester and of reviews that are owed; see `Standing`. */
export async function readStanding(
  { db, clock }: { readonly db: Db; readonly clock: Clock },
  of: { readonly repository: RepositoryId; readonly requester: UserId },
  how: { readonly askedByJob: boolean; readonly decidedBy: Rule | null },
): Promise<Standing> {
  const [autoApproved, overdue] = await Promise.all([
    countAutoApproved(db, of, clock.now()),
    overdueReviews(db, of.repository, clock.now()),
  ]);
  return { ...how, autoApproved, overdue };
}

/**
 * Grants by `auto_approve` that this account had of each role in the 24 hours before now, revoked and expired ones too. In a
 * transaction that holds the access repo's row nobody else grants meanwhile, so there it is exact.
 */
export async function countAutoApproved(
  db: Db,
  { repository, requester }: { readonly repository: number; readonly requester: number },
  now: Date,
): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom("grant")
    .select((e) => ["target", "role", e.fn.countAll<string>().as("n")])
    .where("repository_id", "=", String(repository))
    .where("requester_id", "=", String(requester))
    .where("rule", "=", "auto_approve")
    .where("created_at", ">", new Date(now.getTime() - day))
    .groupBy(["target", "role"])
    .execute();
  return new Map(rows.map((row) => [roleKey(row.target, row.role), Number(row.n)]));
}

async function overdueReviews(db: Db, repository: RepositoryId, now: Date): Promise<Standing["overdue"]> {
  const rows = await db
    .selectFrom("after_review")
    .select(["target", "role", "pull_request", "issue"])
    .where("repository_id", "=", String(repository))
    .where("reviewed_at", "is", null)
    .where("due_at", "<=", now)
    .orderBy("due_at")
    .execute();
  return rows.map((row) => ({
    role: roleKey(row.target, row.role),
    pullRequest: row.pull_request,
    issue: row.issue,
  }));
}
