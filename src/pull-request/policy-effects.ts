import { isFrozen } from "../access-repo/index.ts";
import type { Policy } from "../access-repo/types.ts";
import type { Snapshot } from "../approval/types.ts";
import { formatInstant } from "../base/duration.ts";
import { digest } from "../base/ids.ts";
import { TokenRefused } from "../github/index.ts";
import { type PlannedRequest, planHashOf, resolvedUnder } from "../plan/index.ts";
import type { PlanData, PlanInput } from "../plan/types.ts";
import type { ReconcileDeps } from "./deps.ts";
import { knowingAccounts } from "./frozen-people.ts";

/** What the merge of a policy pull request would do to what is granted and asked for now. Each name is one line of plain text. */
export interface PolicyEffects {
  /** Live grants that it ends: the policy would no longer yield their plan. */
  readonly ends: readonly string[];
  /** Live grants that it freezes and that are not frozen now. */
  readonly freezes: readonly string[];
  /** Open requests that it makes invalid, or that would have another plan and so be approved anew. */
  readonly changes: readonly string[];
  /** Grants and requests that were not looked at: there are too many, or their file is not known here. */
  readonly unseen: number;
}

/** So many of each are judged for one policy; the rest is counted. */
const most = 300;

/**
 * Renders every live grant and every open request again under the policy that would be, as an exchange renders a grant
 * (DESIGN.md section 4, The plan is frozen). From our own database alone: no call to GitHub but for the names in github plans.
 */
export async function policyEffects(
  deps: Pick<ReconcileDeps, "db" | "clock" | "repositories">,
  { repository }: Pick<Snapshot, "repository">,
  before: Policy,
  after: Policy,
): Promise<PolicyEffects> {
  const grants = await liveGrants(deps, repository.id);
  const requests = await openRequests(deps, repository.id);
  // Whom the new policy would add is found out when it is accepted; until then the login is all that is known.
  const [freezesBefore, freezesAfter] = await Promise.all([
    knowingAccounts(deps.db, repository.id, before.settings.frozen),
    knowingAccounts(deps.db, repository.id, after.settings.frozen),
  ]);
  const ends: string[] = [];
  const freezes: string[] = [];
  const changes: string[] = [];
  let unseen = grants.more + requests.more;
  for (const grant of grants.rows) {
    const name = `${grant.path} (${grant.target}/${grant.role}, ${grant.requester_login}, until ${formatInstant(grant.expires_at)})`;
    const subject = {
      target: grant.target,
      requester: { id: Number(grant.requester_id), login: grant.requester_login },
      approvers: grant.approvers ?? [],
    };
    if (isFrozen(freezesAfter, subject) && !isFrozen(freezesBefore, subject)) freezes.push(name);
    // Another blob is not the request that was granted: its text says nothing about the grant.
    if (grant.body === null || grant.shown_blob !== grant.blob) unseen++;
    else if (!(await sameUnder(deps, repository, grant, grant.body, after))) ends.push(name);
  }
  for (const request of requests.rows) {
    const name = `#${request.pull_request} ${request.path} (${request.requester_login})`;
    if (!(await sameUnder(deps, repository, { ...request, plan_version: 1 }, request.body, after))) changes.push(name);
  }
  return { ends, freezes, changes, unseen };
}

interface Stored {
  readonly path: string;
  readonly plan: string;
  readonly plan_hash: string;
  readonly plan_version: number;
}

async function sameUnder(
  deps: Pick<ReconcileDeps, "clock" | "repositories">,
  { id, ownerId }: Snapshot["repository"],
  stored: Stored,
  text: string,
  policy: Policy,
): Promise<boolean> {
  const planned: PlannedRequest = {
    access: { id, ownerId },
    path: stored.path,
    plan: JSON.parse(stored.plan) as PlanData,
    planVersion: stored.plan_version,
  };
  const request = resolvedUnder(planned, text, policy, deps.clock.now());
  if (request === undefined) return false;
  const repositories = await names(deps, planned.plan, request.repositories, ownerId);
  return planHashOf(planned, request, repositories) === digest(stored.plan_hash);
}

/** What the names of a github request are now, as `evaluateRequests` asks. @throws RetryLater */
async function names(
  { repositories }: Pick<ReconcileDeps, "repositories">,
  plan: PlanData,
  asked: readonly string[] | undefined,
  ownerId: Snapshot["repository"]["ownerId"],
): Promise<PlanInput["repositories"]> {
  if (plan.kind !== "github" || !asked || !repositories) return undefined;
  try {
    return await repositories(asked, ownerId);
  } catch (error) {
    if (error instanceof TokenRefused) return undefined;
    throw error;
  }
}

async function liveGrants({ db, clock }: Pick<ReconcileDeps, "db" | "clock">, repositoryId: number) {
  const rows = await db
    .selectFrom("grant as g")
    .leftJoin("page_request as s", (join) =>
      join
        .onRef("s.repository_id", "=", "g.repository_id")
        .onRef("s.pull_request", "=", "g.pull_request")
        .onRef("s.path", "=", "g.path"),
    )
    .leftJoin("decision as d", "d.key_sha256", "g.decision_key")
    .select(["g.path", "g.target", "g.role", "g.requester_id", "g.requester_login", "g.expires_at", "g.blob"])
    .select(["g.plan", "g.plan_hash", "g.plan_version", "s.body", "s.blob as shown_blob", "d.approvers"])
    .where("g.repository_id", "=", String(repositoryId))
    .where("g.state", "=", "active")
    .where("g.expires_at", ">", clock.now())
    .orderBy("g.created_at", "desc")
    .orderBy("g.path")
    .limit(most + 1)
    .execute();
  return counted(rows, () => countLive(db, repositoryId, clock.now()));
}

async function openRequests({ db }: Pick<ReconcileDeps, "db">, repositoryId: number) {
  const rows = await db
    .selectFrom("page_request")
    .select(["path", "pull_request", "requester_login", "plan", "plan_hash", "body"])
    .where("repository_id", "=", String(repositoryId))
    .where("is_open", "=", true)
    .orderBy("pull_request", "desc")
    .orderBy("path")
    .limit(most + 1)
    .execute();
  return counted(rows, () => countOpen(db, repositoryId));
}

async function counted<T>(
  rows: readonly T[],
  all: () => Promise<number>,
): Promise<{ rows: readonly T[]; more: number }> {
  if (rows.length <= most) return { rows, more: 0 };
  return { rows: rows.slice(0, most), more: Math.max(1, (await all()) - most) };
}

async function countLive(db: ReconcileDeps["db"], repositoryId: number, now: Date): Promise<number> {
  const { n } = await db
    .selectFrom("grant")
    .select((e) => e.fn.countAll<string>().as("n"))
    .where("repository_id", "=", String(repositoryId))
    .where("state", "=", "active")
    .where("expires_at", ">", now)
    .executeTakeFirstOrThrow();
  return Number(n);
}

async function countOpen(db: ReconcileDeps["db"], repositoryId: number): Promise<number> {
  const { n } = await db
    .selectFrom("page_request")
    .select((e) => e.fn.countAll<string>().as("n"))
    .where("repository_id", "=", String(repositoryId))
    .where("is_open", "=", true)
    .executeTakeFirstOrThrow();
  return Number(n);
}
