import { classifyChanges } from "../../access-repo/index.ts";
import type { Snapshot } from "../../approval/types.ts";
import { type Enrolment, revokedRequests } from "../../pull-request/index.ts";
import type { Db } from "../../store/index.ts";
import type { GrantDeps } from "../deps.ts";

/** One request of a pull request, and what it is now. */
export interface Held {
  readonly path: string;
  readonly requester: { readonly id: number; readonly login: string } | null;
  /** `open`: may still be approved. `merged`: not granted yet. `active`: granted. Else it is over, and `over` says how. */
  readonly state: "open" | "merged" | "active" | "over";
  /** The end of a sentence about it. */
  readonly over: string | null;
}

/** null: GitHub shows no such pull request of ours (transferred ones are not ours, C48). */
export async function readHoldings(
  deps: Pick<GrantDeps, "db" | "github">,
  enrolment: Enrolment,
  number: number,
): Promise<readonly Held[] | null> {
  const answer = await deps.github.snapshot(enrolment, number);
  if (answer === null) return null;
  // Too long to be judged was too long to be granted.
  if (answer.kind === "too_long") return [];
  const { snapshot } = answer;
  if (snapshot.repository.ownerId !== enrolment.ownerId) return null;
  const changes = classifyChanges(snapshot.changes);
  const grants = await grantsOf(deps.db, enrolment.id, number);
  const paths = new Set([...(changes.kind === "request" ? changes.paths : []), ...grants.keys()]);
  if (paths.size === 0) return [];
  const [requester, revoked, quarantined] = await Promise.all([
    requesterOf(deps.db, snapshot),
    revokedRequests(deps.db, enrolment.id, number),
    quarantinedPaths(deps.db, enrolment.id, snapshot),
  ]);
  return [...paths].sort().map((path): Held => {
    const grant = grants.get(path);
    if (grant) {
      const who = { id: Number(grant.requester_id), login: grant.requester_login };
      if (grant.state === "active") return { path, requester: who, state: "active", over: null };
      const at = grant.ended_at?.toISOString().slice(0, 16).replace("T", " ") ?? "?";
      return { path, requester: who, state: "over", over: `${grant.state} at ${at} UTC` };
    }
    const gone = revoked.find((one) => one.path === path);
    const over = (how: string): Held => ({ path, requester, state: "over", over: how });
    if (gone) return over(`revoked by ${gone.by?.login ?? "an operator"}, and never granted`);
    if (quarantined.has(path)) return over("never granted, since it was merged without Countersign's decision");
    if (snapshot.pullRequest.state === "closed") return over("closed without a merge, and never granted");
    return { path, requester, state: snapshot.pullRequest.state, over: null };
  });
}

async function grantsOf(db: Db, repositoryId: number, number: number) {
  const rows = await db
    .selectFrom("grant")
    .select(["path", "state", "ended_at", "requester_id", "requester_login"])
    .where("repository_id", "=", String(repositoryId))
    .where("pull_request", "=", number)
    .execute();
  return new Map(rows.map((row) => [row.path, row]));
}

/** Who asked: the account that a job named, where we opened the pull request for it; else its author. */
async function requesterOf(db: Db, { repository, pullRequest }: Snapshot): Promise<Held["requester"]> {
  const asked = await db
    .selectFrom("asked_request")
    .select(["requester_id", "requester_login"])
    .where("repository_id", "=", String(repository.id))
    .where("pull_request", "=", pullRequest.number)
    .executeTakeFirst();
  if (asked) return { id: Number(asked.requester_id), login: asked.requester_login };
  const { author } = pullRequest;
  return author?.kind === "user" ? { id: author.id, login: author.login } : null;
}

async function quarantinedPaths(db: Db, repositoryId: number, { pullRequest }: Snapshot): Promise<ReadonlySet<string>> {
  if (pullRequest.mergeCommit === null) return new Set();
  const rows = await db
    .selectFrom("quarantined_request")
    .select("path")
    .where("repository_id", "=", String(repositoryId))
    .where("commit_sha", "=", pullRequest.mergeCommit)
    .execute();
  return new Set(rows.map((row) => row.path));
}
