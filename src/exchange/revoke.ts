import type { FreezeEntry } from "../access-repo/types.ts";
import { isFrozen } from "../access-repo/index.ts";
import { CountersignError } from "../base/errors.ts";
import type { Broker, Minted } from "../cloud/index.ts";
import { knowingAccounts, readEnrolment } from "../pull-request/index.ts";
import { parsedPlan } from "./grants.ts";
import type { PlanEnded } from "./plan-ended.ts";
import { sealedFor } from "./seal.ts";
import type { ExchangeDeps } from "./types.ts";

/** Milliseconds after its end by which a token is over on GitHub's clock as well, and is erased without a call. */
const surelyOver = 300_000;
const atOnce = 8;
/**
 * So many failures in one pass mean that the cloud is away: the rest would only wait for it, and the sweep with them. Those that
 * failed come last in the next.
 */
const giveUp = 16;

/**
 * Ends credentials whose grant has ended, was revoked or is frozen, whose plan the accepted policy no longer yields, or whose
 * exchange released nothing, and erases each once its cloud says that it is gone (DESIGN.md sections 2 and 4). What fails stays
 * sealed for the next pass. Twice or by two replicas at once changes nothing: the second finds them gone.
 */
export async function revokeEnded(deps: ExchangeDeps, planEnded: Pick<PlanEnded, "has">): Promise<void> {
  const now = deps.clock.now();
  const frozen = await frozenBy(deps);
  const rows = await sealedRows(deps, now, [...frozen.keys()]);
  const due = rows.filter(whetherDue(now, frozen));
  await endAll(deps, due, now);
  // Last, since it asks GitHub: what is known to be over does not wait for that.
  const known = new Set(due);
  const others = rows.filter((row) => !known.has(row));
  const changed: Row[] = [];
  await eachOf(others, async (row) => {
    if (await planEnded.has(row)) changed.push(row);
  });
  await endAll(deps, changed, now);
}

async function endAll(deps: ExchangeDeps, due: readonly Row[], now: Date): Promise<void> {
  let failures = 0;
  await eachOf(due, async (row) => {
    if (failures < giveUp && !(await endOne(deps, row, now))) failures++;
  });
}

/** Some at once. */
async function eachOf(rows: readonly Row[], act: (row: Row) => Promise<void>): Promise<void> {
  const queue = rows.values();
  const work = async (): Promise<void> => {
    for (const row of queue) await act(row);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

type Row = Awaited<ReturnType<typeof sealedRows>>[number];

/** Those that are due, and all of access repos in which something is frozen, or of grants of another policy than the accepted one. */
const sealedRows = (deps: ExchangeDeps, now: Date, frozen: readonly string[]) =>
  deps.db
    .selectFrom("exchange as x")
    .innerJoin("grant as g", "g.id", "x.grant_id")
    .leftJoin("enrolment as e", "e.repository_id", "g.repository_id")
    .leftJoin("decision as c", "c.key_sha256", "g.decision_key")
    .select(["x.id", "x.state", "x.sealed_token", "x.sealed_until", "c.approvers"])
    .select(["g.id as grant", "g.state as grant_state", "g.expires_at", "g.plan", "g.plan_hash", "g.plan_version"])
    .select([
      "g.target",
      "g.requester_id",
      "g.requester_login",
      "g.repository_id",
      "g.path",
      "g.blob",
      "g.policy_digest",
    ])
    .select(["e.owner_id", "e.full_name", "e.accepted_digest", "e.accepted_commit", "e.head_sha"])
    .where("x.sealed_token", "is not", null)
    .where((b) =>
      b.or([
        b("x.state", "=", "dropped"),
        b("g.state", "<>", "active"),
        b("g.expires_at", "<=", now),
        b("x.sealed_until", "<=", now),
        b("e.accepted_digest", "<>", b.ref("g.policy_digest")),
        ...(frozen.length > 0 ? [b("g.repository_id", "in", frozen)] : []),
      ]),
    )
    .orderBy("x.revoke_tried_at", (order) => order.asc().nullsFirst())
    .orderBy("x.started_at")
    .execute();

const whetherDue =
  (now: Date, frozen: ReadonlyMap<string, readonly FreezeEntry[]>) =>
  (row: Row): boolean =>
    row.state === "dropped" ||
    row.grant_state !== "active" ||
    row.expires_at <= now ||
    (row.sealed_until !== null && row.sealed_until <= now) ||
    isFrozen(frozen.get(row.repository_id) ?? [], {
      target: row.target,
      requester: { id: Number(row.requester_id), login: row.requester_login },
      approvers: row.approvers ?? [],
    });

/** One token. @returns false where it lives on, as far as we know. */
async function endOne(deps: ExchangeDeps, row: Row, now: Date): Promise<boolean> {
  const { id, sealed_token: sealed, sealed_until: until } = row;
  if (sealed === null || until === null) return true;
  if (until.getTime() + surelyOver > now.getTime()) {
    try {
      await revokeWith(deps, row, sealed);
    } catch (error) {
      const code = error instanceof CountersignError ? error.code : "unknown";
      deps.log.warn({ exchange: id, grant: row.grant, code }, "a token that shall end could not be revoked yet");
      await deps.db.updateTable("exchange").set({ revoke_tried_at: now }).where("id", "=", id).execute();
      return false;
    }
    deps.log.info({ exchange: id, grant: row.grant }, "token revoked");
  }
  await erase(deps, id);
  return true;
}

async function revokeWith(deps: ExchangeDeps, { id, plan, plan_hash }: Row, sealed: string): Promise<void> {
  const broker = deps.brokers.get(parsedPlan(plan_hash, plan).kind);
  if (!broker?.revoke) throw new CountersignError("broker_missing", "The broker that this was minted with is gone.");
  const opened = deps.sealer.open(sealedFor(id), sealed);
  try {
    await broker.revoke(opened.toString("utf8"));
  } finally {
    opened.fill(0);
  }
}

const erase = (deps: ExchangeDeps, id: string): Promise<unknown> =>
  deps.db
    .updateTable("exchange")
    .set({ sealed_token: null, sealed_until: null, revoke_tried_at: null })
    .where("id", "=", id)
    .execute();

/** By access repo, where there are any: freezes of the server's environment, and of the policy that is accepted. */
async function frozenBy(deps: ExchangeDeps): Promise<ReadonlyMap<string, readonly FreezeEntry[]>> {
  const repositories = await deps.db
    .selectFrom("exchange as x")
    .innerJoin("grant as g", "g.id", "x.grant_id")
    .select("g.repository_id")
    .distinct()
    .where("x.sealed_token", "is not", null)
    .execute();
  const found = new Map<string, readonly FreezeEntry[]>();
  for (const { repository_id } of repositories) {
    const entries = [...deps.config.frozen, ...(await settingsFreezes(deps, repository_id))];
    if (entries.length > 0) found.set(repository_id, entries);
  }
  return found;
}

/** None where it cannot be read now: what else ends tokens does not wait for it. */
async function settingsFreezes(deps: ExchangeDeps, repositoryId: string): Promise<readonly FreezeEntry[]> {
  try {
    const enrolment = await readEnrolment(deps.db, Number(repositoryId));
    if (!enrolment?.accepted) return [];
    const loaded = await deps.policies.at(enrolment, enrolment.accepted.commit);
    return loaded.ok ? await knowingAccounts(deps.db, enrolment.id, loaded.policy.settings.frozen) : [];
  } catch (error) {
    const code = error instanceof CountersignError ? error.code : "unknown";
    deps.log.warn({ access: repositoryId, code }, "freezes could not be read");
    return [];
  }
}

/**
 * Ends credentials that were minted and will not be released, at once and with what is in memory: also where they were never
 * stored. Where that fails, the sweep finds them in the row of the dropped exchange; what never came so far ends by itself.
 */
export async function giveBack(deps: ExchangeDeps, broker: Broker, id: string, minted: Minted): Promise<void> {
  if (!minted.revocable || !broker.revoke) return;
  try {
    await broker.revoke(minted.revocable.secret);
    await erase(deps, id);
  } catch (error) {
    const code = error instanceof CountersignError ? error.code : "unknown";
    deps.log.warn({ exchange: id, code }, "a token that was not released could not be revoked yet");
  }
}
