import { isFrozen } from "../access-repo/index.ts";
import { ownerId, repositoryId, type UserId, userId } from "../base/ids.ts";
import type { Db } from "../store/index.ts";
import { startedBy } from "./attempt.ts";
import type { Claims } from "./claims.ts";
import { parsedPlan } from "./grants.ts";
import { bindsJob, type Binding } from "./match.ts";
import type { TokenParams } from "./params.ts";
import { Refused } from "./refused.ts";
import type { ExchangeDeps } from "./types.ts";

/** A request of an open pull request whose plan is posted and which nobody has granted. */
interface Pending extends Binding {
  readonly pullRequest: number;
  readonly requester: { readonly id: UserId; readonly login: string };
  /** As CODEOWNERS spells them. */
  readonly awaited: readonly string[];
}

/** Seconds between two tries of a job that waits; RFC 8628 section 3.2 has 5 where nothing is said. People need minutes. */
const pollInterval = 10;

/**
 * The answer for a job that fits a pending request wholly (DESIGN.md section 6): wait, with whom to ask. Undefined for any
 * other, which is told what it would be told without any pending request. Decides nothing and changes nothing.
 */
export async function pendingFor(
  deps: Pick<ExchangeDeps, "db" | "github" | "config">,
  claims: Claims,
  params: TokenParams,
): Promise<Refused | undefined> {
  const all = await loadPending(deps.db, claims);
  // One answer for all that bind the job to a person: the rules have compared that person with the token's actor already.
  let started: ReturnType<typeof startedBy> | undefined;
  // Of several the newest of one access repo: the person who waits for this job asked last.
  for (const pending of all.filter((one) => bindsJob(claims, params, one))) {
    const { path, target, requester, actorId, access, pullRequest } = pending;
    // Whoever waits would wait in vain.
    if (isFrozen(deps.config.frozen, { target, requester })) continue;
    if (actorId !== null && !(await (started ??= startedBy(deps.github, claims, actorId))).ok) continue;
    return new Refused(
      "authorization_pending",
      { access_repository_id: access.id, pull_request: pullRequest, path },
      {
        members: {
          interval: pollInterval,
          pull_request: `${deps.config.webUrl}/${access.fullName}/pull/${pullRequest}`,
          awaited: pending.awaited,
        },
      },
    );
  }
  return undefined;
}

/**
 * What waits for jobs of the token's repository, under the policy in force. A path that has come to the default branch is a
 * grant's or the quarantine's to explain.
 */
async function loadPending(db: Db, claims: Claims): Promise<readonly Pending[]> {
  const rows = await db
    .selectFrom("pending_request as p")
    .innerJoin("enrolment as e", "e.repository_id", "p.repository_id")
    .selectAll("p")
    .select(["e.full_name", "e.owner_id"])
    .where("p.workflow_repository_id", "=", String(claims.repositoryId))
    .where("e.state", "=", "active")
    .where("e.quarantined_digest", "is", null)
    .whereRef("e.accepted_digest", "=", "p.policy_digest")
    .where((b) =>
      b.not(
        b.exists(
          b
            .selectFrom("grant as g")
            .select("g.id")
            .whereRef("g.repository_id", "=", "p.repository_id")
            .whereRef("g.path", "=", "p.path"),
        ),
      ),
    )
    .where((b) =>
      b.not(
        b.exists(
          b
            .selectFrom("quarantined_request as q")
            .select("q.path")
            .whereRef("q.repository_id", "=", "p.repository_id")
            .whereRef("q.path", "=", "p.path"),
        ),
      ),
    )
    .orderBy("p.repository_id")
    .orderBy("p.pull_request", "desc")
    .orderBy("p.path")
    .limit(1000)
    .execute();
  return rows.map((row): Pending => {
    const plan = parsedPlan(row.plan_hash, row.plan);
    const requester = { id: userId(row.requester_id), login: row.requester_login };
    return {
      access: { id: repositoryId(row.repository_id), ownerId: ownerId(row.owner_id), fullName: row.full_name },
      path: row.path,
      target: row.target,
      role: row.role,
      plan,
      actorId: plan.workflow.actor === "any" ? null : requester.id,
      pullRequest: row.pull_request,
      requester,
      awaited: row.awaited,
    };
  });
}
