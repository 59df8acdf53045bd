import type { Kysely, Transaction } from "kysely";
import { sha256 } from "../base/canonical-json.ts";
import type { Database } from "../store/schema.ts";
import { publish } from "./channel.ts";
import type { Claims } from "./claims.ts";
import type { LoadedGrant } from "./grants.ts";
import type { LiveFacts } from "./live.ts";
import { Refused } from "./refused.ts";
import type { ExchangeDeps } from "./types.ts";

/** From here to the release, in milliseconds; then the sweep takes it (DESIGN.md section 4, Exchange states). */
const patience = 45_000;
/** A token is remembered for longer than anybody accepts it. */
const remember = 300_000;

/** An exchange in state `minting`. */
export interface Begun {
  readonly id: string;
  readonly grant: LoadedGrant;
  readonly claims: Claims;
  readonly live: LiveFacts;
  readonly startedAt: Date;
  readonly deadline: Date;
}

/**
 * `minting`: takes the token, locks the grant and counts the use, all or nothing. What the matcher saw without a lock is
 * looked at again under it, so that a revocation or the last use of another job cannot slip in between.
 * @throws Refused
 */
export async function begin(
  deps: ExchangeDeps,
  claims: Claims,
  grant: LoadedGrant,
  live: LiveFacts,
  correlationId: string,
): Promise<Begun> {
  const id = deps.newId();
  const startedAt = deps.clock.now();
  const deadline = new Date(startedAt.getTime() + patience);
  await deps.db.transaction().execute(async (trx) => {
    await takeToken(trx, claims);
    await checkEnrolment(trx, live, true);
    await lockGrant(trx, grant, startedAt);
    await countUse(trx, grant, claims, startedAt);
    await trx
      .insertInto("exchange")
      .values({
        id,
        iss: claims.iss,
        jti: claims.jti,
        grant_id: grant.id,
        run_id: String(claims.runId),
        run_attempt: claims.runAttempt,
        state: "minting",
        started_at: startedAt,
        deadline,
        entry_id: null,
        ledger_commit: null,
        correlation_id: correlationId,
      })
      .execute();
  });
  publish({ state: "minting", exchange: id });
  return { id, grant, claims, live, startedAt, deadline };
}

/** Accepted once (C37). By digest, so that imported entries, which tell no more, can fill the table as well. */
export async function takeToken(trx: Kysely<Database>, claims: Claims): Promise<void> {
  const taken = await trx
    .insertInto("seen_token")
    .values({ iss: claims.iss, jti: sha256(claims.jti), until: new Date(claims.exp * 1000 + remember) })
    .onConflict((c) => c.doNothing())
    .executeTakeFirst();
  if (taken.numInsertedOrUpdatedRows !== 1n) throw new Refused("token_replayed");
}

/** With a shared lock nothing changes under an exchange that is being decided, and exchanges do not wait for each other. */
export async function checkEnrolment(db: Kysely<Database>, live: LiveFacts, lock = false): Promise<void> {
  const query = db
    .selectFrom("enrolment")
    .select(["state", "accepted_digest", "quarantined_digest"])
    .where("repository_id", "=", String(live.enrolment.id));
  const row = await (lock ? query.forShare() : query).executeTakeFirst();
  if (row?.state === "stopped") throw new Refused("issuing_stopped");
  if (row?.state !== "active") throw new Refused("not_ready", { why: "enrolment" });
  if (row.quarantined_digest !== null) throw new Refused("policy_quarantined");
  // Another policy was accepted meanwhile, perhaps a freeze: the next try reads it.
  if (row.accepted_digest !== live.policyDigest) throw new Refused("not_ready", { why: "policy" });
}

async function lockGrant(trx: Transaction<Database>, grant: LoadedGrant, now: Date): Promise<void> {
  const row = await trx
    .selectFrom("grant")
    .select(["state", "plan_hash", "not_before", "expires_at"])
    .where("id", "=", grant.id)
    .forUpdate()
    .executeTakeFirst();
  if (row?.state !== "active") throw new Refused(row ? `grant_${row.state}` : "grant_revoked");
  if (row.plan_hash !== grant.planHash) throw new Refused("policy_changed", { why: "row" });
  if (now < row.not_before) throw new Refused("grant_not_started");
  if (now >= row.expires_at) throw new Refused("grant_expired");
  if (now.getTime() >= row.expires_at.getTime() - grant.plan.last_issue_before_end * 1000)
    throw new Refused("grant_ending");
}

/** One use per run attempt; it stays used, whatever becomes of the exchange, and the same attempt may exchange again. */
async function countUse(trx: Transaction<Database>, grant: LoadedGrant, claims: Claims, now: Date): Promise<void> {
  const use = { grant_id: grant.id, run_id: String(claims.runId), run_attempt: claims.runAttempt, first_at: now };
  const added = await trx
    .insertInto("grant_use")
    .values(use)
    .onConflict((c) => c.doNothing())
    .executeTakeFirst();
  if (added.numInsertedOrUpdatedRows !== 1n) return;
  const { n } = await trx
    .selectFrom("grant_use")
    .select((b) => b.fn.countAll<string>().as("n"))
    .where("grant_id", "=", grant.id)
    .executeTakeFirstOrThrow();
  // Rolled back with the rest: the grant row is locked, so nobody else counts at the same time.
  if (Number(n) > grant.runs) throw new Refused("runs_exhausted");
}
