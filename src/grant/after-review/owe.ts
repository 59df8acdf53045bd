import type { Insertable } from "kysely";
import { formatInstant } from "../../base/duration.ts";
import type { RepositoryId } from "../../base/ids.ts";
import type { BreakGlassEntry, GrantedEntry, ReviewedEntry } from "../../ledger/types.ts";
import { describePlan } from "../../plan/index.ts";
import type { Db } from "../../store/index.ts";
import type { AfterReviewTable } from "../../store/schema.ts";
import type { GrantDeps } from "../deps.ts";
import type { NewGrant } from "../write-grants.ts";

/** Notes, in the transaction that grants, the review that a use of break-glass owes. @returns its entry for the ledger */
export async function oweReview(
  deps: Pick<GrantDeps, "clock" | "newId">,
  trx: Db,
  repository: RepositoryId,
  grant: NewGrant,
  granted: GrantedEntry,
): Promise<BreakGlassEntry> {
  const { request, plan } = grant.request;
  const { workflow } = request;
  const now = deps.clock.now();
  // The rule held, so the settings have it; were it not so, the review is due at once.
  const within = grant.policy.settings.break_glass?.review_within ?? 1;
  const entry: BreakGlassEntry = {
    v: 1,
    id: deps.newId(),
    at: formatInstant(now),
    type: "break_glass",
    grant: granted.grant,
    path: granted.path,
    target: request.target.name,
    role: request.roleName,
    pull_request: granted.pull_request,
    requested_by: granted.requested_by,
    why: request.break_glass ?? "",
    what: describePlan(plan, request).title,
    workflow: `${workflow.repository} ${workflow.file} at ${workflow.ref}`,
    skipped: grant.skipped,
    may_not_review: grant.barred,
    review_by: formatInstant(new Date(now.getTime() + within * 1000)),
  };
  await trx.insertInto("after_review").values(rowOf(repository, entry)).execute();
  return entry;
}

function rowOf(repository: RepositoryId, entry: BreakGlassEntry): Insertable<AfterReviewTable> {
  return {
    grant_id: entry.grant,
    repository_id: repository,
    pull_request: entry.pull_request,
    path: entry.path,
    target: entry.target,
    role: entry.role,
    requester_id: entry.requested_by.id,
    requester_login: entry.requested_by.login,
    why: entry.why,
    what: entry.what,
    workflow: entry.workflow,
    skipped: JSON.stringify(entry.skipped),
    barred: JSON.stringify(entry.may_not_review),
    granted_at: new Date(entry.at),
    due_at: new Date(entry.review_by),
  };
}

/**
 * What signed entries that a restored database lacks say of reviews: a use of break-glass is not forgotten by a backup that
 * is older, nor is its review. Its issue is found again by its marker.
 */
export async function importReview(
  trx: Db,
  repository: RepositoryId,
  entry: BreakGlassEntry | ReviewedEntry,
): Promise<void> {
  if (entry.type === "break_glass") {
    await trx
      .insertInto("after_review")
      .values({ ...rowOf(repository, entry), opening: true })
      .onConflict((c) => c.doNothing())
      .execute();
    return;
  }
  await trx
    .updateTable("after_review")
    .set({ reviewed_at: new Date(entry.at), issue: entry.issue })
    .where("grant_id", "=", entry.grant)
    .where("repository_id", "=", String(repository))
    .where("reviewed_at", "is", null)
    .execute();
}
