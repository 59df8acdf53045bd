import { isFrozen } from "../access-repo/index.ts";
import { checkEnrolment, type Begun } from "./begin.ts";
import { publish } from "./channel.ts";
import { Refused } from "./refused.ts";
import type { ExchangeDeps } from "./types.ts";

/**
 * `released`: only while before the deadline, and with the grant, the policy and the enrolment as they were, looked at
 * under a lock in the same transaction: a revocation or freeze that is committed before this is seen, one that comes
 * after waits for it (C59). Only the caller that changed the row may answer with the credentials.
 * @throws Refused
 */
export async function release(deps: ExchangeDeps, begun: Begun): Promise<void> {
  const { grant } = begun;
  await deps.db.transaction().execute(async (trx) => {
    // Rows in the order in which begin and the recorder lock them, so that none waits for the other.
    await checkEnrolment(trx, begun.live);
    const row = await trx
      .selectFrom("grant")
      .select(["state", "expires_at"])
      .where("id", "=", grant.id)
      .forShare()
      .executeTakeFirst();
    const now = deps.clock.now();
    if (row?.state !== "active") throw new Refused(row?.state === "expired" ? "grant_expired" : "grant_revoked");
    if (now >= row.expires_at) throw new Refused("grant_expired");
    const who = { target: grant.target, requester: grant.requester.login, approvers: grant.approvers };
    if (isFrozen(deps.config.frozen, who)) throw new Refused("frozen", { by: "COUNTERSIGN_FROZEN" });
    const changed = await trx
      .updateTable("exchange")
      .set({ state: "released" })
      .where("id", "=", begun.id)
      .where("state", "=", "recorded")
      .where("deadline", ">", now)
      .executeTakeFirst();
    if (changed.numUpdatedRows !== 1n) throw new Refused("issue_timeout", { step: "release" });
  });
  publish({ state: "released", exchange: begun.id });
}
