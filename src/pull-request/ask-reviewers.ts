import { type Decision, ownerText } from "../approval/index.ts";
import type { Snapshot } from "../approval/types.ts";
import type { ReconcileDeps } from "./deps.ts";

/** GitHub takes at most 15 review requests; so many names are asked on one pull request, ever. */
const most = 15;

/**
 * Asks whom GitHub did not ask already, each at most once for one pull request, never on drafts. Remembered are those whom we
 * asked and those whom GitHub shows as asked: who has reviewed, or was taken off by somebody, is no longer shown, and is not
 * asked again.
 */
export async function askReviewers(
  { db, github }: Pick<ReconcileDeps, "db" | "github">,
  { repository, pullRequest, reviews }: Snapshot,
  decision: Decision,
): Promise<void> {
  if (pullRequest.draft || decision.outcome !== "pending") return;
  const known = await askedBefore(db, repository.id, pullRequest.number);
  const shown = pullRequest.requestedReviewers.map(lower).filter((name) => !known.has(name));
  await remember(db, repository.id, pullRequest.number, shown);
  const done = new Set([
    ...known,
    ...shown,
    ...reviews.flatMap(({ author }) => (author ? [`@${author.login.toLowerCase()}`] : [])),
    `@${(pullRequest.author?.login ?? "").toLowerCase()}`,
  ]);
  const missing = decision.awaited.filter((owner) => owner.kind !== "email" && !done.has(lower(ownerText(owner))));
  const asked = missing.slice(0, Math.max(0, most - known.size - shown.length));
  if (asked.length === 0) return;
  await github.requestReviewers(repository, pullRequest.number, {
    users: asked.flatMap((owner) => (owner.kind === "user" ? [owner.login] : [])),
    teams: asked.flatMap((owner) => (owner.kind === "team" ? [owner.slug] : [])),
  });
  await remember(
    db,
    repository.id,
    pullRequest.number,
    asked.map((owner) => lower(ownerText(owner))),
  );
}

const lower = (name: string): string => name.toLowerCase();

async function askedBefore(
  db: ReconcileDeps["db"],
  repositoryId: number,
  number: number,
): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom("asked_reviewer")
    .select("name")
    .where("repository_id", "=", String(repositoryId))
    .where("pull_request", "=", number)
    .execute();
  return new Set(rows.map((row) => row.name));
}

async function remember(
  db: ReconcileDeps["db"],
  repositoryId: number,
  number: number,
  names: readonly string[],
): Promise<void> {
  if (names.length === 0) return;
  await db
    .insertInto("asked_reviewer")
    .values(names.map((name) => ({ repository_id: repositoryId, pull_request: number, name })))
    .onConflict((c) => c.doNothing())
    .execute();
}
