import type { Insertable } from "kysely";
import { type Decision, ownerText } from "../approval/index.ts";
import type { Snapshot } from "../approval/types.ts";
import { canonicalJson } from "../base/canonical-json.ts";
import type { CommitSha, Digest } from "../base/ids.ts";
import type { Db } from "../store/index.ts";
import type { PendingRequestTable } from "../store/schema.ts";
import type { EvaluatedRequest } from "./evaluate-request.ts";

// What waits for approval, for jobs that wait for it (exchange/pending.ts). Nothing here decides: a row that is missing or
// stale tells one job less or more about its own request, and no row ever becomes a grant.

/** Names that a job is told at most; a policy may list hundreds. */
const mostAwaited = 20;

/**
 * Remembers the requests of an open pull request whose plan is posted. Those with `dispatch` wait for no job: theirs is
 * started after the merge. Writes only where something differs, since every sweep comes by.
 */
export async function rememberPending(
  db: Db,
  snapshot: Snapshot,
  policy: Digest,
  requests: readonly EvaluatedRequest[],
  decision: Pick<Decision, "awaited">,
): Promise<void> {
  const { repository, pullRequest } = snapshot;
  const requester = pullRequest.author;
  if (!requester) throw new TypeError("a pending request has a requester");
  const awaited = JSON.stringify(decision.awaited.slice(0, mostAwaited).map(ownerText));
  const wanted = requests
    .filter(({ request }) => request.dispatch === undefined)
    .map(({ request, plan }) => ({
      repository_id: String(repository.id),
      pull_request: pullRequest.number,
      path: request.path.path,
      head_sha: pullRequest.headSha,
      policy_digest: policy,
      requester_id: String(requester.id),
      requester_login: requester.login,
      target: request.target.name,
      role: request.roleName,
      plan: plan.text,
      plan_hash: plan.hash,
      workflow_repository_id: String(plan.data.workflow.repository_id),
      awaited,
    }));
  await db.transaction().execute(async (trx) => {
    const known = await ofPullRequest(trx, repository.id, pullRequest.number).forUpdate().execute();
    if (fingerprint(known) === fingerprint(wanted)) return;
    await forgetPending(trx, repository.id, pullRequest.number);
    if (wanted.length > 0) await trx.insertInto("pending_request").values(wanted).execute();
  });
}

const ofPullRequest = (db: Db, repositoryId: number, number: number) =>
  db
    .selectFrom("pending_request")
    .selectAll()
    .where("repository_id", "=", String(repositoryId))
    .where("pull_request", "=", number);

/** One text for the same rows, in whatever order they come and whether `awaited` was read back or not. */
const fingerprint = (
  rows: readonly (Omit<Insertable<PendingRequestTable>, "awaited"> & { awaited: string | readonly string[] })[],
): string =>
  canonicalJson(
    rows
      .map((row) => {
        const awaited = typeof row.awaited === "string" ? row.awaited : JSON.stringify(row.awaited);
        return canonicalJson({ ...row, awaited });
      })
      .sort(),
  );

/** Forgets what waits in a pull request; with `except`, only what another head than this one brought. */
export async function forgetPending(
  db: Db,
  repositoryId: number,
  number: number,
  { except }: { readonly except?: CommitSha } = {},
): Promise<void> {
  await db
    .deleteFrom("pending_request")
    .where("repository_id", "=", String(repositoryId))
    .where("pull_request", "=", number)
    .$if(except !== undefined, (q) => q.where("head_sha", "<>", except ?? ""))
    .execute();
}

/** Pull requests that we take to be open: those that are not must be looked at as well, though no webhook said so. */
export async function watchedPullRequests(db: Db, repositoryId: number): Promise<readonly number[]> {
  const rows = await db
    .selectFrom("pending_request")
    .select("pull_request")
    .where("repository_id", "=", String(repositoryId))
    .union(
      db
        .selectFrom("asked_request")
        .select((b) => b.ref("pull_request").$notNull().as("pull_request"))
        .where("repository_id", "=", String(repositoryId))
        .where("state", "=", "open"),
    )
    .union(db.selectFrom("shown_request").select("pull_request").where("repository_id", "=", String(repositoryId)))
    .union(
      db
        .selectFrom("page_request")
        .select("pull_request")
        .where("repository_id", "=", String(repositoryId))
        .where("is_open", "=", true),
    )
    .execute();
  return rows.map((row) => row.pull_request);
}
