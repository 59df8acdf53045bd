import type { Snapshot } from "../approval/types.ts";
import { type Compared, compareWithPast } from "../plan/index.ts";
import type { Db } from "../store/index.ts";
import type { ReconcileDeps } from "./deps.ts";
import type { EvaluatedRequest } from "./evaluate-request.ts";
import { pastGrants } from "./past-grants.ts";

/** What was said of the past, by path. */
export type ComparedByPath = ReadonlyMap<string, readonly Compared[]>;

/**
 * What the page says of the past: as it was when this plan was first posted. It stays so as long as the plan does, since the
 * same state has to read the same: what is granted meanwhile is no reason to write the check again, and none to ask again.
 * Remembers each request as it is shown, with its text, and that it is open. No call to GitHub; writes only what differs.
 */
export async function compareOnce(
  deps: Pick<ReconcileDeps, "db" | "clock">,
  snapshot: Snapshot,
  requests: readonly EvaluatedRequest[],
): Promise<ComparedByPath> {
  const { db } = deps;
  const { repository, pullRequest } = snapshot;
  const known = await ofPullRequest(db, repository.id, pullRequest.number).selectAll().execute();
  const found = new Map<string, readonly Compared[]>();
  for (const request of requests) {
    const path = request.request.path.path;
    const row = known.find((one) => one.path === path);
    const same = row?.plan_hash === request.plan.hash;
    const compared = same ? row.compared : await compare(deps, snapshot, request);
    found.set(path, compared);
    if (same && row.is_open && row.head_sha === pullRequest.headSha && row.blob === request.subject.blob) continue;
    const values = {
      head_sha: pullRequest.headSha,
      blob: request.subject.blob,
      body: request.text,
      requester_login: pullRequest.author?.login ?? "",
      plan: request.plan.text,
      plan_hash: request.plan.hash,
      workflow_repository: request.request.workflow.repository,
      compared: JSON.stringify(compared),
      is_open: true,
    };
    await db
      .insertInto("page_request")
      .values({ repository_id: repository.id, pull_request: pullRequest.number, path, ...values })
      .onConflict((c) => c.columns(["repository_id", "pull_request", "path"]).doUpdateSet(values))
      .execute();
  }
  for (const row of known) if (!found.has(row.path)) await forget(db, repository.id, pullRequest.number, row.path);
  return found;
}

async function compare(
  { db, clock }: Pick<ReconcileDeps, "db" | "clock">,
  { repository, pullRequest }: Snapshot,
  { plan, request }: EvaluatedRequest,
): Promise<readonly Compared[]> {
  const { author } = pullRequest;
  if (!author) throw new TypeError("a request with a plan has a requester");
  const past = await pastGrants(db, repository.id, author.id, plan.data);
  const names = { workflow: request.workflow.repository, repositories: plan.repositories };
  return compareWithPast({ data: plan.data, names, requester: author, at: clock.now() }, past);
}

const ofPullRequest = (db: Db, repositoryId: number, number: number) =>
  db.selectFrom("page_request").where("repository_id", "=", String(repositoryId)).where("pull_request", "=", number);

const forget = (db: Db, repositoryId: number, number: number, path: string) =>
  db
    .deleteFrom("page_request")
    .where("repository_id", "=", String(repositoryId))
    .where("pull_request", "=", number)
    .where("path", "=", path)
    .execute();

/** It is merged or closed, or asks for nothing valid now. What was shown stays. */
export async function noLongerOpen(db: Db, repositoryId: number, number: number): Promise<void> {
  await db
    .updateTable("page_request")
    .set({ is_open: false })
    .where("repository_id", "=", String(repositoryId))
    .where("pull_request", "=", number)
    .where("is_open", "=", true)
    .execute();
}
