import { sql } from "kysely";
import { batched, type Outcome } from "../base/batched.ts";
import { RetryLater } from "../base/errors.ts";
import { ownerId, repositoryId, runId, userId, type RepositoryId, type UserId } from "../base/ids.ts";
import type { PlanData } from "../plan/types.ts";
import { type Db, distinct, rowsOf } from "../store/index.ts";
import type { DispatchTable, GrantTable } from "../store/schema.ts";
import { together } from "./batches.ts";
import type { Claims } from "./claims.ts";
import { hasAttempt, usesOfGrant } from "./grant-uses.ts";
import type { Candidate } from "./match.ts";

/** A grant with what the steps after matching need. */
export interface LoadedGrant extends Candidate {
  readonly blob: string;
  readonly pullRequest: number;
  readonly requester: { readonly id: UserId; readonly login: string };
  readonly approvers: readonly { readonly id: number; readonly login: string }[];
  readonly planVersion: number;
  readonly planHash: string;
}

/** How long a grant that ended still explains itself to the job that it was for. */
export const explainEnded = 86_400_000;

/** A grant's row and what never changes about it: read once, kept by id. */
type Fixed = Awaited<ReturnType<typeof readFixed>>[number];
/** What may change, read from the database for every exchange: state, window, uses, dispatch, and the names of the access repo. */
type Current = Awaited<ReturnType<typeof readCurrent>>[number];

/** Most that is looked at for one repository. */
const most = 10_000;
const keptFixed = 2000;

/** Grants by the repository of their workflow. */
export class Grants {
  readonly #db: Db;
  readonly #fixed = new Map<string, Fixed>();
  readonly #active: (repository: RepositoryId) => Promise<readonly Known[]>;

  constructor(db: Db) {
    this.#db = db;
    // Jobs that come together are answered by one look, which begins after they came.
    this.#active = batched({
      run: (repositories) => this.#activeOf(repositories),
      ...together,
    });
  }

  /** For the way that ends well: its cost may not grow with grants that ended. */
  async active(claims: Claims, bot: UserId | undefined): Promise<readonly LoadedGrant[]> {
    return (await this.#active(claims.repositoryId)).map((grant) => loaded(grant, claims, bot));
  }

  /** For the reason to give. */
  async ended(claims: Claims, since: Date, bot: UserId | undefined): Promise<readonly LoadedGrant[]> {
    const ended = await this.#known(await readCurrent(this.#db, [claims.repositoryId], { endedSince: since }));
    return ended.map((grant) => loaded(grant, claims, bot));
  }

  async #activeOf(repositories: readonly RepositoryId[]): Promise<readonly Outcome<readonly Known[]>[]> {
    const known = await this.#known(await readCurrent(this.#db, distinct(repositories), "active"));
    const by = Map.groupBy(known, ({ current }) => Number(current.workflow_repository_id));
    return repositories.map((repository) => ({ ok: true, value: by.get(repository) ?? [] }));
  }

  async #known(rows: readonly Current[]): Promise<readonly Known[]> {
    const unknown = rows.filter((row) => this.#fixed.get(row.id)?.plan_hash !== row.plan_hash);
    const read = unknown.length > 0 ? await readFixed(this.#db, distinct(unknown.map((row) => row.id))) : [];
    const fresh = new Map(read.map((row) => [row.id, row]));
    const known = rows.map((current): Known => {
      const fixed = fresh.get(current.id) ?? this.#fixed.get(current.id);
      // No grant is ever deleted or written anew: what is not there now cannot be judged.
      if (fixed?.plan_hash !== current.plan_hash)
        throw new RetryLater("grant_unreadable", "A grant could not be read.");
      return { fixed, current };
    });
    for (const row of read) {
      if (this.#fixed.size >= keptFixed) this.#fixed.delete(this.#fixed.keys().next().value ?? "");
      this.#fixed.set(row.id, row);
    }
    return known;
  }
}

interface Known {
  readonly fixed: Fixed;
  readonly current: Current;
}

async function readFixed(db: Db, ids: readonly string[]) {
  const rows = await db
    .selectFrom("grant as g")
    .leftJoin("decision as c", "c.key_sha256", "g.decision_key")
    .select(["g.id", "g.repository_id", "g.path", "g.blob", "g.pull_request", "g.requester_id", "g.requester_login"])
    .select(["g.target", "g.role", "g.runs", "g.plan_version", "g.plan", "g.plan_hash", "g.dispatch_id", "c.approvers"])
    .where("g.id", "in", ids)
    .execute();
  return rows.map(({ plan, ...row }) => ({ ...row, plan: parsedPlan(row.plan_hash, plan) }));
}

async function readCurrent(
  db: Db,
  repositories: readonly RepositoryId[],
  which: "active" | { readonly endedSince: Date },
) {
  const ids = repositories.map((id) => ({ id }));
  const chosen =
    which === "active" ? sql`g.state = 'active'` : sql`g.state <> 'active' and g.ended_at > ${which.endedSince}`;
  const { rows } = await sql<{
    id: string;
    workflow_repository_id: string;
    plan_hash: string;
    not_before: Date;
    expires_at: Date;
    state: GrantTable["state"];
    full_name: string;
    owner_id: string;
    dispatch_state: DispatchTable["state"] | null;
    dispatch_run_id: string | null;
    count: string;
    uses: string | null;
  }>`
    select g.id, g.workflow_repository_id, g.plan_hash, g.not_before, g.expires_at, g.state, e.full_name, e.owner_id,
      d.state as dispatch_state, d.run_id as dispatch_run_id, u.count, u.uses
    from ${rowsOf(ids, { id: "bigint" })}
    cross join lateral (select * from "grant" g where g.workflow_repository_id = r.id and ${chosen} limit ${most}) g
    join enrolment e on e.repository_id = g.repository_id
    left join dispatch d on d.id = g.dispatch_id
    cross join lateral (${usesOfGrant(sql`g.id`)}) u`.execute(db);
  return rows;
}

function loaded({ fixed, current }: Known, claims: Claims, bot: UserId | undefined): LoadedGrant {
  const { plan } = fixed;
  const requester = { id: userId(fixed.requester_id), login: fixed.requester_login };
  const dispatched = plan.dispatch !== null || fixed.dispatch_id !== null;
  return {
    id: fixed.id,
    access: {
      id: repositoryId(fixed.repository_id),
      ownerId: ownerId(current.owner_id),
      fullName: current.full_name,
    },
    path: fixed.path,
    target: fixed.target,
    role: fixed.role,
    plan,
    notBefore: current.not_before,
    expiresAt: current.expires_at,
    state: current.state,
    // Before we know our own bot nobody is it: 0 is no account's id.
    actorId: plan.workflow.actor === "any" ? null : dispatched ? (bot ?? (0 as UserId)) : requester.id,
    dispatch: dispatched
      ? {
          state: current.dispatch_state ?? "pending",
          runId: current.dispatch_run_id === null ? null : runId(current.dispatch_run_id),
        }
      : null,
    runs: fixed.runs,
    uses: { count: Number(current.count), thisAttempt: hasAttempt(current.uses, claims) },
    blob: fixed.blob,
    pullRequest: fixed.pull_request,
    requester,
    approvers: fixed.approvers ?? [],
    planVersion: fixed.plan_version,
    planHash: fixed.plan_hash,
  };
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
