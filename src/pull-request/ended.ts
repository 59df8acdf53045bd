import type { Snapshot } from "../approval/types.ts";
import type { Db } from "../store/index.ts";
import type { Enrolment } from "./enrolment.ts";

/** As much of a snapshot as matters of a pull request that is no longer open. */
export interface Ended {
  readonly repository: Pick<Snapshot["repository"], "id">;
  readonly pullRequest: Pick<Snapshot["pullRequest"], "number" | "state">;
  readonly tip: Pick<Snapshot["tip"], "sha">;
}

/**
 * A pull request whose files became grants is merged and judged, and a merged one cannot be opened again: GitHub has nothing
 * to tell about it. null: it granted nothing.
 */
export async function endedByGrant(db: Db, { id, head }: Enrolment, number: number): Promise<Ended | null> {
  const granted = await db
    .selectFrom("grant")
    .select("id")
    .where("repository_id", "=", String(id))
    .where("pull_request", "=", number)
    .limit(1)
    .executeTakeFirst();
  if (!granted || head === null) return null;
  return { repository: { id }, pullRequest: { number, state: "merged" }, tip: { sha: head } };
}
