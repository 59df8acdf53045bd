import { type Kysely, sql } from "kysely";
import { batched, type Outcome, outcomeOf } from "../base/batched.ts";
import { asyncCommit, type Database, distinct, rowsOf } from "../store/index.ts";
import type { EnrolmentTable, GrantTable } from "../store/schema.ts";
import { together } from "./batches.ts";
import { publish } from "./channel.ts";
import type { Claims } from "./claims.ts";
import type { LoadedGrant } from "./grants.ts";
import { insertUses, usesOf, usesOfGrant } from "./grant-uses.ts";
import type { LiveFacts } from "./live.ts";
import { Refused } from "./refused.ts";
import { giveTokensBack, takeTokens, tokenDigest } from "./seen-tokens.ts";
import type { ExchangeDeps } from "./types.ts";

/** From here to the release, in milliseconds; then the sweep takes it (DESIGN.md section 4, Exchange states). */
const patience = 45_000;

/** An exchange in state `minting`. */
export interface Begun {
  readonly id: string;
  readonly grant: LoadedGrant;
  readonly claims: Claims;
  readonly live: LiveFacts;
  readonly correlationId: string;
  readonly startedAt: Date;
  readonly deadline: Date;
}
export type Begin = (claims: Claims, grant: LoadedGrant, live: LiveFacts, correlationId: string) => Promise<Begun>;

/**
 * `minting`: takes the token, locks the grant and counts the use, all or nothing for each exchange. What the matcher saw
 * without a lock is looked at again under it, so that a revocation or the last use of another job cannot slip in between.
 * Exchanges that come together share one transaction; one that is refused in it leaves nothing behind, its token neither.
 * @throws Refused
 */
export function beginning(deps: Pick<ExchangeDeps, "db" | "clock" | "newId">): Begin {
  const start = batched<Begun, void>({
    run: (exchanges) => beginAll(deps, exchanges),
    ...together,
    // Of two with one token the second waits for what becomes of the first, as it would for the row of another transaction.
    apart: ({ claims }) => `${claims.iss} ${claims.jti}`,
  });
  return async (claims, grant, live, correlationId) => {
    const startedAt = deps.clock.now();
    const deadline = new Date(startedAt.getTime() + patience);
    const begun = { id: deps.newId(), grant, claims, live, correlationId, startedAt, deadline };
    await start(begun);
    publish({ state: "minting", exchange: begun.id });
    return begun;
  };
}

/**
 * Locks in one order, tokens and then grants, each sorted as the release sorts them: two batches never wait for each other in a
 * circle. A grant is locked where a use of it is counted. For the rest what is read here is what was committed when it was read: the release looks at
 * all of it again, under a lock (release.ts), and nothing leaves before that.
 */
async function beginAll(
  { db, clock }: Pick<ExchangeDeps, "db" | "clock">,
  exchanges: readonly Begun[],
): Promise<readonly Outcome<void>[]> {
  return db.transaction().execute(async (trx) => {
    const claims = exchanges.map((exchange) => exchange.claims);
    const taken = await takeTokens(trx, claims);
    await lockForUse(trx, exchanges);
    const grants = await readGrants(trx, exchanges);
    const uses = usesOf(grants);
    const now = clock.now();

    const outcomes = exchanges.map((exchange) =>
      outcomeOf(() => {
        const { grant, live } = exchange;
        if (!taken.has(tokenDigest(exchange.claims))) throw new Refused("token_replayed");
        const row = grants.get(grant.id);
        if (!row) throw new Refused("grant_revoked", { why: "row" });
        // After a long wait nothing could be released any more: no use is lost for it.
        if (now >= exchange.deadline) throw new Refused("issue_timeout", { step: "begin" });
        judgeEnrolment({ ...row, state: row.enrolment_state }, live);
        judgeGrant(row, grant, now);
        // One after the other: the last use goes to one of those that came together (C57).
        uses.count(exchange);
      }),
    );
    const begun = exchanges.filter((_, i) => outcomes[i]?.ok);
    const refused = claims.filter((one, i) => !outcomes[i]?.ok && taken.has(tokenDigest(one)));
    if (refused.length > 0) await giveTokensBack(trx, refused);
    if (uses.fresh.length > 0) await insertUses(trx, uses.fresh);
    if (begun.length > 0) await insertExchanges(trx, begun);
    return outcomes;
  });
}

type EnrolmentRow = Pick<EnrolmentTable, "state" | "accepted_digest" | "quarantined_digest">;

/** Whether the enrolment is still as the live check saw it. @throws Refused */
export async function checkEnrolment(db: Kysely<Database>, live: LiveFacts): Promise<void> {
  const row = await db
    .selectFrom("enrolment")
    .select(["state", "accepted_digest", "quarantined_digest"])
    .where("repository_id", "=", String(live.enrolment.id))
    .executeTakeFirst();
  judgeEnrolment(row, live);
}

function judgeEnrolment(row: EnrolmentRow | undefined, live: LiveFacts): void {
  if (row?.state === "stopped") throw new Refused("issuing_stopped");
  if (row?.state !== "active") throw new Refused("not_ready", { why: "enrolment" });
  if (row.quarantined_digest !== null) throw new Refused("policy_quarantined");
  // Another policy was accepted meanwhile, perhaps a freeze: the next try reads it.
  if (row.accepted_digest !== live.policyDigest) throw new Refused("not_ready", { why: "policy" });
}

/**
 * Whoever counts a use is the only one who counts at that grant until the transaction ends. An attempt whose use was counted
 * when it came needs none: uses are never taken back. `no key update`, since the rows of exchanges and uses refer to grants:
 * they need each grant's key to stay, and would wait for a stronger lock, in no order at all.
 */
async function lockForUse(trx: Kysely<Database>, exchanges: readonly Begun[]): Promise<void> {
  const counted = exchanges.filter(({ grant }) => !grant.uses.thisAttempt).map(({ grant }) => grant.id);
  if (counted.length === 0) return;
  await trx
    .selectFrom("grant")
    .select("id")
    .where("id", "in", distinct(counted))
    .orderBy("repository_id")
    .orderBy("id")
    .forNoKeyUpdate()
    .execute();
}

interface GrantRow extends Pick<GrantTable, "state" | "plan_hash"> {
  readonly id: string;
  readonly not_before: Date;
  readonly expires_at: Date;
  readonly enrolment_state: EnrolmentTable["state"];
  readonly accepted_digest: string | null;
  readonly quarantined_digest: string | null;
  readonly uses: string | null;
}

/**
 * A statement of its own after the lock: it sees what another transaction counted while this one waited. The commit does not wait
 * for the disk: the batch with the entry, and the release, do, and are on it only together with what is written here.
 */
async function readGrants(trx: Kysely<Database>, exchanges: readonly Begun[]): Promise<ReadonlyMap<string, GrantRow>> {
  const ids = distinct(exchanges.map(({ grant }) => grant.id));
  const { rows } = await sql<GrantRow>`
    select g.id, g.state, g.plan_hash, g.not_before, g.expires_at,
      e.state as enrolment_state, e.accepted_digest, e.quarantined_digest, u.uses, ${asyncCommit}
    from "grant" g join enrolment e on e.repository_id = g.repository_id cross join lateral (${usesOfGrant(sql`g.id`)}) u
    where g.id = any(${ids}::text[])`.execute(trx);
  return new Map(rows.map((row) => [row.id, row]));
}

function judgeGrant(row: GrantRow, grant: LoadedGrant, now: Date): void {
  if (row.state !== "active") throw new Refused(`grant_${row.state}`);
  if (row.plan_hash !== grant.planHash) throw new Refused("policy_changed", { why: "row" });
  if (now < row.not_before) throw new Refused("grant_not_started");
  if (now >= row.expires_at) throw new Refused("grant_expired");
  if (now.getTime() >= row.expires_at.getTime() - grant.plan.last_issue_before_end * 1000)
    throw new Refused("grant_ending");
}

async function insertExchanges(trx: Kysely<Database>, exchanges: readonly Begun[]): Promise<void> {
  const rows = exchanges.map(({ id, claims, grant, startedAt, deadline, correlationId }) => ({
    id,
    iss: claims.iss,
    jti: claims.jti,
    grant_id: grant.id,
    run_id: String(claims.runId),
    run_attempt: claims.runAttempt,
    started_at: startedAt,
    deadline,
    correlation_id: correlationId,
  }));
  const columns = {
    id: "text",
    iss: "text",
    jti: "text",
    grant_id: "text",
    run_id: "bigint",
    run_attempt: "integer",
    started_at: "timestamptz",
    deadline: "timestamptz",
    correlation_id: "text",
  } as const;
  await sql`
    insert into exchange (id, iss, jti, grant_id, run_id, run_attempt, state, started_at, deadline, correlation_id)
    select id, iss, jti, grant_id, run_id, run_attempt, 'minting', started_at, deadline, correlation_id
    from ${rowsOf(rows, columns)}`.execute(trx);
}
