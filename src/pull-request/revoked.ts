import type { CheckContent } from "../github/types.ts";
import type { Db } from "../store/index.ts";
import { plainCheck } from "./check-text.ts";

/** A request that was revoked by a command: it never grants, or never again, whatever becomes of its pull request. */
export interface RevokedRequest {
  readonly path: string;
  /** null: an operator on the server. */
  readonly by: { readonly id: number; readonly login: string } | null;
  readonly reason: string;
  readonly at: Date;
}

/** What was revoked of one pull request; a merge of it, and a grant from it, is out of the question for these paths. */
export async function revokedRequests(
  db: Db,
  repositoryId: number,
  pullRequest: number,
): Promise<readonly RevokedRequest[]> {
  const rows = await db
    .selectFrom("revoked_request")
    .selectAll()
    .where("repository_id", "=", String(repositoryId))
    .where("pull_request", "=", pullRequest)
    .orderBy("path")
    .execute();
  return rows.map(({ path, by_id, by_login, reason, at }) => ({
    path,
    by: by_id === null || by_login === null ? null : { id: Number(by_id), login: by_login },
    reason,
    at,
  }));
}

/** For a pull request that somebody opened again after its request was withdrawn. */
export const revokedCheck = (revoked: readonly RevokedRequest[]): CheckContent =>
  plainCheck("failure", "Withdrawn", [
    "This request was revoked, which is final. To ask again, open a new pull request.",
    ...revoked.map(({ path, by, reason }) => `${path}: by ${by?.login ?? "an operator"}, who wrote: ${reason}`),
  ]);
