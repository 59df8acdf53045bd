import { channel } from "node:diagnostics_channel";
import { setTimeout } from "node:timers/promises";
import { type Selectable, sql } from "kysely";
import { formatInstant } from "../base/duration.ts";
import { RetryLater } from "../base/errors.ts";
import { repositoryId, type RunId, runId } from "../base/ids.ts";
import type { DispatchedEntry, DispatchFailedEntry } from "../ledger/types.ts";
import type { DispatchTable } from "../store/schema.ts";
import { withLease } from "../store/index.ts";
import { cancelKey } from "./cancel-runs.ts";
import { dispatchKey, flushKey, type GrantDeps, SOON } from "./deps.ts";
import { isFrozen } from "../access-repo/frozen.ts";
import { readEnrolment } from "../pull-request/enrolment.ts";
import { frozenBySettings } from "./frozen.ts";

type Row = Selectable<DispatchTable>;

/** Each state right after it became durable: `{ state, dispatch }`. For tracing; nothing may change what it reports. */
const dispatchChannel = channel("countersign:dispatch");

/**
 * At least once, bound exactly once (DESIGN.md section 4, Dispatch): `pending -> sent(t0) -> bound(run_id)`. `sent` is stored
 * before GitHub is asked. Only a run id in GitHub's answer binds. Where the answer was lost, every unbound run of that
 * workflow by our bot since t0 is cancelled, and it is sent again: a run that nobody is bound to can exchange nothing.
 * @throws RetryLater where it has to be tried again.
 */
export async function dispatchRun(deps: GrantDeps, id: string): Promise<void> {
  const row = await deps.db.selectFrom("dispatch").selectAll().where("id", "=", id).executeTakeFirst();
  if (!row || row.state === "bound" || row.state === "failed") return;
  // One at a time per workflow: else the recovery of one could cancel the run that another was just answered (C71).
  const done = await withLease(deps.db, deps.clock, `dispatch:${row.workflow_repository_id}:${row.file}`, 60, () =>
    attempt(deps, row),
  );
  if (done === undefined)
    throw new RetryLater("dispatch_busy", "Another dispatch of this workflow is under way.", { after: 1 });
}

async function attempt(deps: GrantDeps, before: Row): Promise<true> {
  const row = await deps.db.selectFrom("dispatch").selectAll().where("id", "=", before.id).executeTakeFirstOrThrow();
  if (row.state === "bound" || row.state === "failed") return true;
  const grants = await grantsOf(deps, row);
  const now = deps.clock.now();
  const live = grants.filter((g) => g.state === "active" && g.expires_at > now);
  if (live.length === 0) return end(deps, row);
  const start = Math.max(...live.map((g) => g.not_before.getTime()));
  if (start > now.getTime()) {
    await deps.enqueue(dispatchKey(row.id), new Date(start));
    return true;
  }
  const enrolment = await readEnrolment(deps.db, Number(row.repository_id));
  if (enrolment?.state !== "active" || enrolment.quarantined !== null) {
    throw new RetryLater("dispatch_waits", "The access repo is stopped or in policy quarantine.", { after: 30 });
  }
  const frozen = [...deps.config.frozen, ...(await frozenBySettings(deps, enrolment))];
  if (live.some((g) => isFrozen(frozen, g))) {
    throw new RetryLater("dispatch_frozen", "Frozen by the settings or by COUNTERSIGN_FROZEN.", { after: 30 });
  }
  await waitForEarlier(deps, row);
  // What was there before tells the runs apart where answers name none, and after a lost answer what is left over of it.
  const look = row.state === "sent" || !deps.github.namesRuns;
  const earlier = look ? await unboundRuns(deps, { ...row, sent_at: row.sent_at ?? now }) : undefined;
  if (row.state === "sent") await cancel(deps, row, earlier ?? []);
  const sentAt = await markSent(deps, row);
  dispatchChannel.publish({ state: "sent", dispatch: row.id });
  const result = await deps.github.dispatch(row.workflow_repository, row.file, row.ref, row.inputs);
  if (result.kind === "refused") return fail(deps, row, `github_${result.status}`);
  const bound = result.kind === "run" ? result.runId : await onlyCandidate(deps, { ...row, sent_at: sentAt }, earlier);
  return bind(deps, row, bound);
}

/** Nothing that it was for lives any more. A call that was not answered may have started a run, which nobody stands behind. */
async function end(deps: GrantDeps, row: Row): Promise<true> {
  if (row.state === "sent") {
    await waitForEarlier(deps, row);
    await cancel(deps, row, await unboundRuns(deps, row));
  }
  return fail(deps, row, "grant_ended");
}
/** The grants that a run is started for, with who asked for and who approved each. */
async function grantsOf(deps: GrantDeps, row: Row) {
  const rows = await deps.db
    .selectFrom("grant as g")
    .leftJoin("decision as c", "c.key_sha256", "g.decision_key")
    .select([
      "g.state",
      "g.expires_at",
      "g.not_before",
      "g.target",
      "g.requester_id",
      "g.requester_login",
      "c.approvers",
    ])
    .where("g.dispatch_id", "=", row.id)
    .execute();
  return rows.map((g) => ({
    ...g,
    requester: { id: Number(g.requester_id), login: g.requester_login },
    approvers: g.approvers ?? [],
  }));
}

/**
 * One unanswered call per workflow: the lost run of an earlier one may show up late, and where answers name no run it could
 * be taken for ours (C71). The lease does not do: it ends with the attempt.
 */
async function waitForEarlier(deps: GrantDeps, row: Row): Promise<void> {
  const others = await deps.db
    .selectFrom("dispatch")
    .select(["id", "sent_at"])
    .where("workflow_repository_id", "=", row.workflow_repository_id)
    .where("file", "=", row.file)
    .where("state", "=", "sent")
    .where("id", "<>", row.id)
    .execute();
  const mine = row.sent_at?.getTime() ?? Infinity;
  const isEarlier = (other: { id: string; sent_at: Date | null }): boolean => {
    const theirs = other.sent_at?.getTime() ?? 0;
    return theirs < mine || (theirs === mine && other.id < row.id);
  };
  if (others.some(isEarlier))
    throw new RetryLater("dispatch_busy", "An earlier dispatch of this workflow was not answered yet.", { after: 2 });
}

/**
 * Compare-and-swap on `attempts`: whoever lost the lease meanwhile sends nothing. Nor is anything sent for a grant that was
 * revoked since we looked; one that is revoked after this finds the run bound, and has it cancelled.
 */
async function markSent(deps: GrantDeps, row: Row): Promise<Date> {
  const now = deps.clock.now();
  const { numUpdatedRows } = await deps.db
    .updateTable("dispatch")
    .set({ state: "sent", sent_at: row.sent_at ?? now, attempts: row.attempts + 1 })
    .where("id", "=", row.id)
    .where("attempts", "=", row.attempts)
    .where("state", "in", ["pending", "sent"])
    .where((b) =>
      b.exists(
        b.selectFrom("grant as g").select("g.id").where("g.dispatch_id", "=", row.id).where("g.state", "=", "active"),
      ),
    )
    .executeTakeFirst();
  if (numUpdatedRows !== 1n)
    throw new RetryLater("dispatch_raced", "Another server dispatched meanwhile, or its grant was revoked.", {
      after: 1,
    });
  return row.sent_at ?? now;
}

/** Our bot's runs of this workflow since t0 that no dispatch is bound to. Minus a minute: GitHub's clock, not ours. */
async function unboundRuns(deps: GrantDeps, row: Row): Promise<readonly RunId[]> {
  if (row.sent_at === null) return [];
  const since = new Date(row.sent_at.getTime() - 60_000);
  const runs = await deps.github.workflowRuns(row.workflow_repository, row.file, since);
  const ours = runs
    .filter((r) => r.actor?.id === deps.github.bot.id && r.event === "workflow_dispatch")
    .map((r) => r.id);
  if (ours.length === 0) return [];
  const bound = await deps.db.selectFrom("dispatch").select("run_id").where("run_id", "in", ours.map(String)).execute();
  const taken = new Set(bound.map((b) => Number(b.run_id)));
  return ours.filter((id) => !taken.has(id));
}

async function cancel(deps: GrantDeps, row: Row, runs: readonly RunId[]): Promise<void> {
  for (const id of runs) {
    deps.log.warn({ dispatch: row.id, run: id }, "cancelling a run whose dispatch was not answered");
    await deps.github.cancelRun(row.workflow_repository, id);
  }
}

/** A run shows up a moment after the answer; the one of an earlier call as well, and later than we would believe. */
const showsUp = 4000;

/**
 * A server that answers without a run id (older GHES): exactly one candidate, else it fails. Runs that were there before it
 * was asked are none, such as those that we cancelled, which stay listed.
 */
async function onlyCandidate(deps: GrantDeps, row: Row, earlier: readonly RunId[] | undefined): Promise<RunId> {
  // It named runs until now. The next try looks first, and cancels what this call may have started.
  if (!earlier) throw new RetryLater("dispatch_unseen", "GitHub did not say which run it started.", { after: 1 });
  const candidates = async () => (await unboundRuns(deps, row)).filter((id) => !earlier.includes(id));
  let [only, ...more] = await candidates();
  for (let tries = 0; only === undefined && tries < 10; tries++) {
    await setTimeout(1000);
    [only, ...more] = await candidates();
  }
  if (only !== undefined && row.attempts > 0) {
    // An earlier call was not answered: what we see may be its run, and this call's would be left over.
    await setTimeout(showsUp);
    [only, ...more] = await candidates();
  }
  if (only === undefined) throw new RetryLater("dispatch_unseen", "GitHub does not show the run yet.");
  if (more.length > 0)
    throw new RetryLater(
      "dispatch_ambiguous",
      "Several runs could be the one; they are cancelled and it is sent again.",
    );
  return only;
}

async function bind(deps: GrantDeps, row: Row, run: RunId): Promise<true> {
  await deps.db.transaction().execute(async (trx) => {
    const { numUpdatedRows } = await trx
      .updateTable("dispatch")
      .set({ state: "bound", run_id: run })
      .where("id", "=", row.id)
      .where("state", "=", "sent")
      .executeTakeFirst();
    if (numUpdatedRows !== 1n) throw new RetryLater("dispatch_raced", "Another server bound meanwhile.");
    const grants = await trx
      .selectFrom("grant")
      .select("id")
      .where("dispatch_id", "=", row.id)
      .orderBy("path")
      .execute();
    const entry: DispatchedEntry = {
      v: 1,
      id: deps.newId(),
      at: formatInstant(deps.clock.now()),
      type: "dispatched",
      grants: grants.map((g) => g.id),
      repository_id: Number(row.workflow_repository_id),
      file: row.file,
      ref: row.ref,
      inputs: row.inputs,
      run_id: runId(run),
    };
    await deps.recorder.append(
      trx,
      repositoryId(row.repository_id),
      [entry],
      new Date(deps.clock.now().getTime() + SOON),
    );
  });
  dispatchChannel.publish({ state: "bound", dispatch: row.id });
  // Revoked while GitHub was being asked: nobody else looks at a run that was not bound then.
  await deps.enqueue(cancelKey(row.id));
  await deps.enqueue(flushKey(Number(row.repository_id)), new Date(deps.clock.now().getTime() + SOON));
  return true;
}

async function fail(deps: GrantDeps, row: Row, code: string): Promise<true> {
  await deps.db.transaction().execute(async (trx) => {
    const { numUpdatedRows } = await trx
      .updateTable("dispatch")
      .set({ state: "failed", reason: code })
      .where("id", "=", row.id)
      .where("state", "in", ["pending", "sent"])
      .executeTakeFirst();
    if (numUpdatedRows !== 1n) return;
    const grants = await trx
      .selectFrom("grant")
      .select("id")
      .where("dispatch_id", "=", row.id)
      .orderBy("path")
      .execute();
    const entry: DispatchFailedEntry = {
      v: 1,
      id: deps.newId(),
      at: formatInstant(deps.clock.now()),
      type: "dispatch_failed",
      grants: grants.map((g) => g.id),
      code,
    };
    await deps.recorder.append(
      trx,
      repositoryId(row.repository_id),
      [entry],
      new Date(deps.clock.now().getTime() + SOON),
    );
  });
  deps.log.warn({ dispatch: row.id, code }, "dispatch failed");
  return true;
}

/** For the sweep: dispatches that no job is at. */
export async function openDispatches(deps: GrantDeps): Promise<readonly string[]> {
  const rows = await deps.db
    .selectFrom("dispatch")
    .select("id")
    .where("state", "in", ["pending", "sent"])
    .orderBy(sql`created_at`)
    .limit(1000)
    .execute();
  return rows.map((r) => r.id);
}
