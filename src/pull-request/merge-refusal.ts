import type { Snapshot } from "../approval/types.ts";
import { forMarkdown, oneLine } from "../base/text.ts";
import type { CheckContent, MergeResult } from "../github/types.ts";
import type { ReconcileDeps } from "./deps.ts";

type Refused = Extract<MergeResult, { kind: "refused" }>;
/** GitHub's own words about the head that is shown. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
}

/** Octokit puts the address of the documentation behind what GitHub says. */
const said = (message: string): string => oneLine(message.replace(/ - https?:\/\/\S+$/, ""), 300);

/** Keeps why GitHub refused to merge this head: the next reading tells it, if it still holds (C28, C06). */
export async function rememberRefusal(
  { db }: Pick<ReconcileDeps, "db">,
  { repository, pullRequest }: Snapshot,
  { status, message }: Refused,
): Promise<Refusal> {
  const row = { head_sha: pullRequest.headSha, status, message: said(message) };
  await db
    .insertInto("merge_refusal")
    .values({ repository_id: repository.id, pull_request: pullRequest.number, ...row })
    .onConflict((c) => c.columns(["repository_id", "pull_request"]).doUpdateSet(row))
    .execute();
  return row;
}

/** Merged, or over. */
export async function forgetRefusal({ db }: Pick<ReconcileDeps, "db">, repositoryId: number, number: number) {
  await db
    .deleteFrom("merge_refusal")
    .where("repository_id", "=", String(repositoryId))
    .where("pull_request", "=", number)
    .execute();
}

/** What the check shows of an approved pull request: that GitHub does not let it be merged, where it said so of this head. */
export async function withRefusal(
  { db }: Pick<ReconcileDeps, "db">,
  { repository, pullRequest }: Snapshot,
  content: CheckContent,
): Promise<CheckContent> {
  const refusal = await db
    .selectFrom("merge_refusal")
    .select(["status", "message"])
    .where("repository_id", "=", String(repository.id))
    .where("pull_request", "=", pullRequest.number)
    .where("head_sha", "=", pullRequest.headSha)
    .executeTakeFirst();
  return refusal ? refusedCheck(content, refusal, repository.defaultBranch) : content;
}

/**
 * The conclusion stays what it was: where the branch demands our check, another one would keep GitHub refusing for ever. A merge
 * queue is refused by us as well: it merges another commit than the one that was approved (C29).
 */
function refusedCheck(content: CheckContent, { status, message }: Refusal, branch: string): CheckContent {
  const queue = /merge queue/i.test(message);
  const why = queue
    ? [
        `${branch} demands a merge queue. Countersign merges exactly the commit that was approved, and a queue merges another one, so it`,
        `cannot go through a queue. Remove the merge queue from the rules of ${branch}: every merge there is decided by Countersign anyway.`,
      ].join(" ")
    : "It is tried again within a minute, each time after everything is read and decided again. `countersign doctor` explains which rule stands in the way.";
  return {
    ...content,
    title: oneLine(queue ? "GitHub refuses the merge: merge queue" : `GitHub refuses the merge: ${message}`, 60),
    summary: [`**GitHub refuses the merge** (${status}): ${forMarkdown(message)}`, "", why, "", content.summary].join(
      "\n",
    ),
  };
}
