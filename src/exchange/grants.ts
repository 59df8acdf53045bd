import { sql } from "kysely";
import { ownerId, repositoryId, runId, userId, type RepositoryId, type UserId } from "../base/ids.ts";
import type { PlanData } from "../plan/types.ts";
import type { Db } from "../store/index.ts";
import type { Claims } from "./claims.ts";
import type { Candidate } from "./match.ts";

/** A grant with what the steps after matching need. */
export interface LoadedGrant extends Candidate {
  readonly blob: string;
  readonly pullRequest: number;
  readonly requester: { readonly id: UserId; readonly login: string };
  readonly approvers: readonly string[];
  readonly planVersion: number;
  readonly planHash: string;
}

/** How long a grant that ended still explains itself to the job that it was for. */
export const explainEnded = 86_400_000;

/**
 * Grants for the workflow's repository: `active` alone for the way that ends well, whose cost may not grow with grants that
 * ended; `ended` for the reason to give.
 */
export async function loadGrants(
  db: Db,
  claims: Claims,
  which: "active" | "ended",
  since: Date,
  bot: UserId | undefined,
): Promise<readonly LoadedGrant[]> {
  const rows = await db
    .selectFrom("grant as g")
    .innerJoin("enrolment as e", "e.repository_id", "g.repository_id")
    .leftJoin("dispatch as d", "d.id", "g.dispatch_id")
    .leftJoin("decision as c", "c.key_sha256", "g.decision_key")
    .selectAll("g")
    .select(["e.full_name", "e.owner_id", "d.state as dispatch_state", "d.run_id as dispatch_run_id", "c.approvers"])
    .select((b) => [
      b
        .selectFrom("grant_use as u")
        .whereRef("u.grant_id", "=", "g.id")
        .select((u) => u.fn.countAll<string>().as("n"))
        .as("uses"),
      b
        .selectFrom("grant_use as u")
        .whereRef("u.grant_id", "=", "g.id")
        .where("u.run_id", "=", String(claims.runId))
        .where("u.run_attempt", "=", claims.runAttempt)
        .select(sql<number>`1`.as("one"))
        .as("this_attempt"),
    ])
    .where("g.workflow_repository_id", "=", String(claims.repositoryId))
    .$if(which === "active", (q) => q.where("g.state", "=", "active"))
    .$if(which === "ended", (q) => q.where("g.state", "<>", "active").where("g.ended_at", ">", since))
    .limit(10_000)
    .execute();
  return rows.map((row): LoadedGrant => {
    const plan = parsedPlan(row.plan_hash, row.plan);
    const requester = { id: userId(row.requester_id), login: row.requester_login };
    const dispatched = plan.dispatch !== null || row.dispatch_id !== null;
    return {
      id: row.id,
      access: { id: repositoryId(row.repository_id), ownerId: ownerId(row.owner_id), fullName: row.full_name },
      path: row.path,
      target: row.target,
      role: row.role,
      plan,
      notBefore: row.not_before,
      expiresAt: row.expires_at,
      state: row.state,
      // Before we know our own bot nobody is it: 0 is no account's id.
      actorId: plan.workflow.actor === "any" ? null : dispatched ? (bot ?? (0 as UserId)) : requester.id,
      dispatch: dispatched
        ? {
            state: row.dispatch_state ?? "pending",
            runId: row.dispatch_run_id === null ? null : runId(row.dispatch_run_id),
          }
        : null,
      runs: row.runs,
      uses: { count: Number(row.uses ?? 0), thisAttempt: row.this_attempt !== null },
      blob: row.blob,
      pullRequest: row.pull_request,
      requester,
      approvers: (row.approvers ?? []).map((approver) => approver.login),
      planVersion: row.plan_version,
      planHash: row.plan_hash,
    };
  });
}

/** Repositories with live, just ended or pending grants: their tokens are worth a signature check (known-ids.ts). */
export async function workflowRepositories(db: Db, since: Date): Promise<ReadonlySet<RepositoryId>> {
  // A union, not an "or": each half has its own index, and strangers may cause this once a second.
  const named = db.selectFrom("grant").select("workflow_repository_id");
  const rows = await named
    .where("state", "=", "active")
    .union(named.where("state", "<>", "active").where("ended_at", ">", since))
    .union(db.selectFrom("pending_request").select("workflow_repository_id"))
    .execute();
  return new Set(rows.map((row) => repositoryId(row.workflow_repository_id)));
}

/** Plans are immutable and named by their digest, so the newest few hundred are kept parsed. */
const plans = new Map<string, PlanData>();
export function parsedPlan(hash: string, text: string): PlanData {
  const known = plans.get(hash);
  if (known) return known;
  const plan = JSON.parse(text) as PlanData;
  if (plans.size >= 500) plans.delete(plans.keys().next().value ?? "");
  plans.set(hash, plan);
  return plan;
}
