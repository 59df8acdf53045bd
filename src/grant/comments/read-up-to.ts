import type { Db } from "../../store/index.ts";

/** Pages of a hundred comments in one run; the rest follows in the next, and a flood of comments hides no command. */
export const mostPages = 10;

/** The cursor behind which nothing of one conversation has been read; null: nothing has. */
export async function readUpTo(db: Db, repositoryId: number, number: number): Promise<string | null> {
  const row = await db
    .selectFrom("read_comments")
    .select("up_to")
    .where("repository_id", "=", String(repositoryId))
    .where("number", "=", number)
    .executeTakeFirst();
  return row?.up_to ?? null;
}

/** Everything up to the end of that page is handled and answered: it need not be read again. */
export async function noteUpTo(db: Db, repositoryId: number, number: number, cursor: string): Promise<void> {
  await db
    .insertInto("read_comments")
    .values({ repository_id: repositoryId, number, up_to: cursor })
    .onConflict((c) => c.columns(["repository_id", "number"]).doUpdateSet({ up_to: cursor }))
    .execute();
}
