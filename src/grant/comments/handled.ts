import type { Db } from "../../store/index.ts";

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
