import { sql } from "kysely";
import { isFrozen } from "../access-repo/index.ts";
import { batched, type Outcome } from "../base/batched.ts";
import { distinct, durableCommit, rowsOf } from "../store/index.ts";
import { together } from "./batches.ts";
import { checkEnrolment, type Begun } from "./begin.ts";
import { publish } from "./channel.ts";
import { Refused } from "./refused.ts";
import type { ExchangeDeps } from "./types.ts";

type Deps = Pick<ExchangeDeps, "db" | "clock" | "config">;
export type Release = (begun: Begun) => Promise<void>;

/**
 * `released`: one statement, that changes an exchange's row only while before its deadline and with the grant, the policy and
 * the enrolment as they were. Only the caller for whom the statement changed the row may answer with the credentials.
 * @throws Refused
 */
export function releasing(deps: Deps): Release {
  const releaseTogether = batched<Begun, boolean>({
    run: (exchanges) => releaseAll(deps, exchanges),
    ...together,
  });
  return async (begun) => {
    const { grant } = begun;
    if (isFrozen(deps.config.frozen, grant)) throw new Refused("frozen", { by: "COUNTERSIGN_FROZEN" });
    if (!(await releaseTogether(begun)) || isLate(deps, begun)) return whyNot(deps, begun);
    publish({ state: "released", exchange: begun.id });
  };
}

/**
 * The rows of grants and enrolments are locked by the statement, and looked at again after a wait: a revocation or freeze that
 * is committed before is seen, one that comes after waits for it (C59). Found by their ids alone and judged after that: with the
 * conditions beside the ids PostgreSQL would rather look through every active grant. Enrolments first, as begin and the recorder lock them,
 * so that none waits for the other in a circle. On the disk before anybody is answered.
 */
async function releaseAll({ db, clock }: Deps, exchanges: readonly Begun[]): Promise<readonly Outcome<boolean>[]> {
  const now = clock.now();
  const values = exchanges.map(({ id, grant, live }) => ({
    id,
    grant_id: grant.id,
    plan_hash: grant.planHash,
    policy_digest: live.policyDigest,
  }));
  const columns = { id: "text", grant_id: "text", plan_hash: "text", policy_digest: "text" } as const;
  const { rows } = await sql<{ id: string }>`
    with item as materialized (
      select r.* from ${rowsOf(values, columns)}
    ), held as materialized (
      select g.id, g.plan_hash, g.state, g.expires_at, e.state as enrolment_state, e.accepted_digest, e.quarantined_digest
      from enrolment e join "grant" g on g.repository_id = e.repository_id
      where g.id = any(${distinct(values.map((value) => value.grant_id))}::text[])
      order by e.repository_id, g.id
      for share of e, g
    )
    update exchange x set state = 'released'
    from item join held on held.id = item.grant_id
      and held.plan_hash = item.plan_hash and held.accepted_digest = item.policy_digest
    where x.id = item.id and x.state = 'recorded' and x.deadline > ${now}
      and held.state = 'active' and held.expires_at > ${now}
      and held.enrolment_state = 'active' and held.quarantined_digest is null
    returning x.id, ${durableCommit}`.execute(db);
  const released = new Set(rows.map((row) => row.id));
  return exchanges.map(({ id }) => ({ ok: true, value: released.has(id) }));
}

/**
 * The statement was given the time at which it was sent, and may have waited for locks since. A row that says `released` and
 * nobody was answered by is what every lost answer leaves; the credentials are given back.
 */
const isLate = ({ clock }: Deps, { deadline, grant }: Begun): boolean => {
  const now = clock.now();
  return now >= deadline || now >= grant.expiresAt;
};

/** For the answer only; nothing is released from here on, whatever it finds. */
async function whyNot(deps: Deps, { grant, live }: Begun): Promise<never> {
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
