import { formatInstant } from "../../base/duration.ts";
import type { Actor } from "../../approval/types.ts";
import type { Entry } from "../../ledger/types.ts";
import type { Enrolment } from "../../pull-request/index.ts";
import type { Db } from "../../store/index.ts";
import type { CommandEffect } from "../../store/schema.ts";
import type { GrantDeps } from "../deps.ts";

/** What a revocation is to take away. */
export interface Revocation {
  readonly pullRequest: number;
  readonly path: string;
  /** What GitHub showed; the grants are looked at again here. */
  readonly merged: boolean;
  readonly by: Actor | null;
  readonly reason: string;
}

/** What was taken away. */
type Revoked = CommandEffect["revoked"][number];

/**
 * Ends one request for good inside the caller's transaction: an active grant, or the grant that a merged or open one could
 * still become. The enrolment is locked first, as every head that is judged and every exchange lock it, so that none of them
 * goes by unseen: a grant is written before this, and found here, or after it, and refused by `revoked_request` (C59).
 * @returns null where it had ended before
 */
export async function revokeRequest(
  deps: Pick<GrantDeps, "clock" | "newId" | "recorder">,
  trx: Db,
  enrolment: Enrolment,
  { pullRequest, path, merged, by, reason }: Revocation,
): Promise<Revoked | null> {
  const now = deps.clock.now();
  await trx
    .selectFrom("enrolment")
    .select("repository_id")
    .where("repository_id", "=", String(enrolment.id))
    .forShare()
    .executeTakeFirstOrThrow();
  const noted = await trx
    .insertInto("revoked_request")
    .values({
      repository_id: enrolment.id,
      pull_request: pullRequest,
      path,
      by_id: by?.id ?? null,
      by_login: by?.login ?? null,
      reason,
      at: now,
    })
    .onConflict((c) => c.doNothing())
    .executeTakeFirst();
  const ended = await trx
    .updateTable("grant")
    .set({ state: "revoked", state_reason: "command", ended_at: now })
    .where("repository_id", "=", String(enrolment.id))
    .where("pull_request", "=", pullRequest)
    .where("path", "=", path)
    .where("state", "=", "active")
    .returning(["id", "dispatch_id"])
    .executeTakeFirst();
  if (ended) {
    const entry: Entry = {
      v: 1,
      id: deps.newId(),
      at: formatInstant(now),
      type: "revoked",
      grant: ended.id,
      path,
      how: "command",
      commit: null,
      by: by && { id: by.id, login: by.login },
      reason,
    };
    await deps.recorder.append(trx, enrolment.id, [entry], now);
    return { path, was: "active", grant: ended.id, dispatch: ended.dispatch_id };
  }
  if (noted.numInsertedOrUpdatedRows !== 1n) return null;
  const over = await trx
    .selectFrom("grant")
    .select("id")
    .where("repository_id", "=", String(enrolment.id))
    .where("pull_request", "=", pullRequest)
    .where("path", "=", path)
    .executeTakeFirst();
  return over ? null : { path, was: merged ? "merged" : "open", grant: null, dispatch: null };
}
