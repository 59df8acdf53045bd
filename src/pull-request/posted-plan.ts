import type { Snapshot } from "../approval/types.ts";
import { digestOf } from "../base/canonical-json.ts";
import type { Digest } from "../base/ids.ts";
import type { CheckContent, RepoRef, ReviewTime } from "../github/types.ts";
import type { ReconcileDeps } from "./deps.ts";

/** What a check run is posted for. */
export interface Shown {
  readonly repository: RepoRef;
  readonly pullRequest: Pick<Snapshot["pullRequest"], "number" | "headSha">;
  readonly reviews: Snapshot["reviews"];
}

/** What readers of this head were shown, and since when. */
export interface Posted {
  readonly plans: string;
  readonly at: Date;
  readonly seenBefore: ReadonlySet<string>;
  readonly checkRunId: number;
  readonly shown: string;
}

export async function readPosted(
  deps: Pick<ReconcileDeps, "db">,
  { repository, pullRequest }: Shown,
): Promise<Posted | null> {
  const row = await deps.db
    .selectFrom("posted_plan")
    .selectAll()
    .where("repository_id", "=", String(repository.id))
    .where("pull_request", "=", pullRequest.number)
    .where("head_sha", "=", pullRequest.headSha)
    .executeTakeFirst();
  if (!row) return null;
  return {
    plans: row.plans_sha256,
    at: row.posted_at,
    seenBefore: new Set(row.seen_before === "" ? [] : row.seen_before.split(",")),
    checkRunId: Number(row.check_run_id),
    shown: row.shown_sha256,
  };
}

const mark = (review: Snapshot["reviews"][number]): string =>
  `${review.author?.id ?? "ghost"}@${review.submittedAt.getTime()}`;

/**
 * Since when reviews count for these plans (C60, C68); null: not posted for this head, or other plans were.
 *
 * GitHub's times are whole seconds, so a review of the second of the post may be older than it. Which ones are is settled by
 * looking (`seenBefore`): all that were there when the post was answered stay out by name, see `withoutEarlier`. What comes
 * after that in the same second counts, or a quick approval would be ignored for ever.
 */
export const planPostedAt = (posted: Posted | null, plans: Digest): Date | null =>
  posted?.plans === plans ? new Date(Math.floor(posted.at.getTime() / 1000) * 1000 - 1) : null;

/**
 * Before a plan is posted no review counts. A time that no review can reach says that, and in the words that the check run
 * will need once it is posted, which is by this very call: it is not written twice.
 */
export const notYet = new Date(8.64e15);

/** Reviews that were there before the plan, moved before it where whole seconds hide the order. */
export function withoutEarlier(snapshot: Snapshot, posted: Posted | null): Snapshot {
  if (!posted) return snapshot;
  const before = new Date(Math.floor(posted.at.getTime() / 1000) * 1000 - 1000);
  return {
    ...snapshot,
    reviews: snapshot.reviews.map((r) =>
      posted.seenBefore.has(mark(r)) && r.submittedAt > before ? { ...r, submittedAt: before } : r,
    ),
  };
}

/**
 * Posts the check run where it differs from what is shown, and remembers GitHub's time for new plans. `plans`: null where
 * there is none to approve. Posting twice after a crash shows the same thing twice; nothing else happens.
 * `then`: what is to be written next and may tell who has reviewed by then, which spares asking for it.
 */
export async function post(
  deps: ReconcileDeps,
  snapshot: Shown,
  posted: Posted | null,
  content: CheckContent,
  plans: Digest | null,
  then?: () => Promise<readonly ReviewTime[] | null>,
): Promise<void> {
  const shown = digestOf({
    conclusion: content.conclusion ?? null,
    title: content.title,
    summary: content.summary,
    ...(content.text === undefined ? {} : { text: content.text }),
    annotations: content.annotations.map((d) => `${d.file}:${d.line}:${d.column}:${d.code}:${d.message}`),
  });
  const kept = plans === null || posted?.plans === plans;
  if (posted?.shown === shown && kept) return;
  const { repository, pullRequest } = snapshot;
  const externalId = `${repository.id}#${pullRequest.number}`;
  const { id, at } = await deps.github.putCheck(
    repository,
    pullRequest.headSha,
    externalId,
    content,
    posted?.checkRunId ?? null,
  );
  const seen = kept && posted ? [...posted.seenBefore] : await seenAt(deps, snapshot, then);
  const row = {
    plans_sha256: plans ?? posted?.plans ?? digestOf(null),
    posted_at: kept && posted ? posted.at : at,
    seen_before: seen.join(","),
    check_run_id: id,
    shown_sha256: shown,
  };
  await deps.db
    .insertInto("posted_plan")
    .values({ repository_id: repository.id, pull_request: pullRequest.number, head_sha: pullRequest.headSha, ...row })
    .onConflict((c) => c.columns(["repository_id", "pull_request", "head_sha"]).doUpdateSet(row))
    .execute();
}

/** Reviews that are there when the post has been answered: their writers cannot have read it. */
async function seenAt(
  deps: ReconcileDeps,
  { repository, pullRequest, reviews }: Shown,
  then: (() => Promise<readonly ReviewTime[] | null>) | undefined,
): Promise<readonly string[]> {
  // What fails is tried again where it belongs; it tells nothing here.
  const told = await then?.().catch(() => null);
  const now = told ?? (await deps.github.reviewTimes(repository, pullRequest.number));
  return [...new Set([...reviews.map(mark), ...now.map((r) => `${r.author ?? "ghost"}@${r.submittedAt.getTime()}`)])];
}
