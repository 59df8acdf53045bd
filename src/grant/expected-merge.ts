import type { DecisionKey, Snapshot } from "../approval/types.ts";
import type { CommitSha } from "../base/ids.ts";
import type { BranchCommit } from "../github/types.ts";
import type { Enrolment } from "../pull-request/index.ts";
import type { GrantDeps } from "./deps.ts";

/** How long after our decision its merge is looked for first. Later than that the tip is asked for alone, which costs less. */
const soonMs = 60_000;

/**
 * Where we decided a moment ago that a request is merged, the tip, the merge commit and the pull request as it is now come in
 * one answer, which is read after the merge. It is a shortcut for reading only: who decides looks whether what it shows is the
 * merge of the commit that is judged, and else reads for itself. undefined: nothing is expected.
 * @throws RetryLater
 */
export async function expectedMerge(
  deps: Pick<GrantDeps, "db" | "clock" | "github">,
  enrolment: Enrolment,
): Promise<{ readonly tip: CommitSha; readonly snapshot: Snapshot } | undefined> {
  const row = await deps.db
    .selectFrom("decision")
    .select(["pull_request", "key_text"])
    .where("repository_id", "=", String(enrolment.id))
    .where("kind", "=", "request")
    .where("decided_at", ">", new Date(deps.clock.now().getTime() - soonMs))
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom("grant")
            .select("grant.id")
            .whereRef("grant.repository_id", "=", "decision.repository_id")
            .whereRef("grant.pull_request_id", "=", "decision.pull_request_id"),
        ),
      ),
    )
    .orderBy("decided_at", "desc")
    .limit(1)
    .executeTakeFirst();
  if (!row) return undefined;
  const files = (JSON.parse(row.key_text) as DecisionKey).requests.map((request) => request.path);
  const answer = await deps.github.snapshot(enrolment, row.pull_request, { files });
  if (answer?.kind !== "snapshot") return undefined;
  const { snapshot } = answer;
  return snapshot.repository.defaultBranch === enrolment.defaultBranch
    ? { tip: snapshot.tip.sha, snapshot }
    : undefined;
}

/**
 * The pull request as it is after the merge, with live reviews. What was read together with this tip is that where it shows
 * the merge of exactly this commit: it cannot have been read before it. null: GitHub does not show the pull request.
 */
export async function afterMerge(
  deps: Pick<GrantDeps, "github">,
  enrolment: Enrolment,
  commit: BranchCommit,
  merged: NonNullable<BranchCommit["pullRequest"]>,
  read: Snapshot | undefined,
): Promise<Snapshot | null> {
  if (read?.pullRequest.id === merged.id && read.pullRequest.mergeCommit === commit.sha) return read;
  const answer = await deps.github.snapshot(enrolment, merged.number);
  return answer?.kind === "snapshot" ? answer.snapshot : null;
}
