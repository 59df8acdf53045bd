import { isFrozen } from "../access-repo/index.ts";
import { checkEnrolment, type Begun } from "./begin.ts";
import { publish } from "./channel.ts";
import { Refused } from "./refused.ts";
import type { ExchangeDeps } from "./types.ts";

/**
 * `released`: one statement, that changes the row only while before the deadline and with the grant, the policy and the
 * enrolment as they were. The rows of all three are locked by it, and looked at again after a wait: a revocation or freeze
 * that is committed before is seen, one that comes after waits for it (C59). Only the caller whose statement changed the
 * row may answer with the credentials.
 * @throws Refused
 */
export async function release(deps: ExchangeDeps, begun: Begun): Promise<void> {
  const { grant, live } = begun;
  const who = { target: grant.target, requester: grant.requester.login, approvers: grant.approvers };
  if (isFrozen(deps.config.frozen, who)) throw new Refused("frozen", { by: "COUNTERSIGN_FROZEN" });
  const now = deps.clock.now();
  const changed = await deps.db
    .with(
      (cte) => cte("held").materialized(),
      (db) =>
        db
          // The enrolment first, as begin and the recorder lock them, so that none waits for the other in a circle.
          .selectFrom("enrolment as e")
          .innerJoin("grant as g", "g.repository_id", "e.repository_id")
          .select("g.id")
          .where("g.id", "=", grant.id)
          .where("g.state", "=", "active")
          .where("g.plan_hash", "=", grant.planHash)
          .where("g.expires_at", ">", now)
          .where("e.state", "=", "active")
          .where("e.quarantined_digest", "is", null)
          .where("e.accepted_digest", "=", live.policyDigest)
          .forShare(),
    )
    .updateTable("exchange")
    .set({ state: "released" })
    .where("id", "=", begun.id)
    .where("state", "=", "recorded")
    .where("deadline", ">", now)
    .where((b) => b.exists(b.selectFrom("held").select("held.id")))
    .executeTakeFirst();
  if (changed.numUpdatedRows !== 1n) return whyNot(deps, begun);
  publish({ state: "released", exchange: begun.id });
}

/** For the answer only; nothing is released from here on, whatever it finds. */
async function whyNot(deps: ExchangeDeps, { grant, live }: Begun): Promise<never> {
  await checkEnrolment(deps.db, live);
  const row = await deps.db
    .selectFrom("grant")
    .select(["state", "expires_at"])
    .where("id", "=", grant.id)
    .executeTakeFirst();
  if (row?.state === "revoked" || row?.state === "quarantined") throw new Refused(`grant_${row.state}`);
  if (row?.state !== "active" || deps.clock.now() >= row.expires_at) throw new Refused("grant_expired");
  throw new Refused("issue_timeout", { step: "release" });
}
