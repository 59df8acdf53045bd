import type { Selectable } from "kysely";
import type { Db } from "../../store/index.ts";
import type { HandledCommentTable } from "../../store/schema.ts";

/** A command that was seen, what it changed, and how far the answer is. */
export type HandledComment = Selectable<HandledCommentTable>;

/** Which of these comments were handled, by any server, at any time. */
export async function handledComments(
  db: Db,
  repositoryId: number,
  ids: readonly number[],
): Promise<ReadonlySet<number>> {
  if (ids.length === 0) return new Set();
  const rows = await db
    .selectFrom("handled_comment")
    .select("comment_id")
    .where("repository_id", "=", String(repositoryId))
    .where("comment_id", "in", ids.map(String))
    .execute();
  return new Set(rows.map((row) => Number(row.comment_id)));
}

/** Comments of one pull request on which something is still to follow, or an answer: those that changed something first. */
export const unfinished = (db: Db, repositoryId: number, number: number): Promise<HandledComment[]> =>
  db
    .selectFrom("handled_comment")
    .selectAll()
    .where("repository_id", "=", String(repositoryId))
    .where("number", "=", number)
    .where("finished_at", "is", null)
    .orderBy((b) => b("effect", "is", null))
    .orderBy("comment_id")
    .execute();
