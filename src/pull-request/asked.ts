import { type AskedByJob, onBehalfOfRequester, type OnBehalf } from "../approval/index.ts";
import type { Actor, Snapshot } from "../approval/types.ts";
import { RetryLater } from "../base/errors.ts";
import { commitSha, userId } from "../base/ids.ts";
import type { Db } from "../store/index.ts";
import type { ReconcileDeps } from "./deps.ts";
import type { Ended } from "./ended.ts";

const branchShape = /^countersign\/request\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** The branch of a request that a job asked for. Its id is ours and new, so that nobody can have made the branch before. */
export const askedBranch = (id: string): string => `countersign/request/${id}`;

/**
 * The snapshot to be decided about, and who may not approve beside those it shows. A person's pull request is its own; one
 * that we opened for a job is its requester's, who is known from our own row for this pull request and from nothing in it.
 * Every other bot's stays a bot's, which the approval rules deny (C23).
 * @throws RetryLater while we are opening it: the row does not name its pull request yet.
 */
export async function asRequested(deps: Pick<ReconcileDeps, "db" | "github">, snapshot: Snapshot): Promise<OnBehalf> {
  const asked = await readAsked(deps, snapshot);
  return asked ? onBehalfOfRequester(snapshot, asked) : { ok: true, snapshot, excluded: [], byJob: false };
}

async function readAsked(
  { db, github }: Pick<ReconcileDeps, "db" | "github">,
  { repository, pullRequest }: Snapshot,
): Promise<AskedByJob | undefined> {
  const rows = db.selectFrom("asked_request").selectAll().where("repository_id", "=", String(repository.id));
  const row = await rows.where("pull_request", "=", pullRequest.number).executeTakeFirst();
  if (!row) {
    const id = pullRequest.author?.kind === "bot" ? branchShape.exec(pullRequest.headRef)?.[1] : undefined;
    const opening = id && (await rows.where("id", "=", id).where("state", "=", "opening").executeTakeFirst());
    if (opening)
      throw new RetryLater("ask_opening", "This pull request is being opened for a job just now.", { after: 1 });
    return undefined;
  }
  const person = (id: string, login: string): Actor => ({ id: userId(id), login, kind: "user" });
  const { id, login } = github.bot;
  return {
    requester: person(row.requester_id, row.requester_login),
    triggeredBy: person(row.triggered_by_id, row.triggered_by_login),
    bot: { id, login, kind: "bot" },
    branch: askedBranch(row.id),
    commit: commitSha(row.commit_sha),
  };
}

/** Keeps count of what is open: at most so many of one workflow may be. */
export async function noteAskedState(db: Db, { repository, pullRequest }: Ended): Promise<void> {
  const [from, to] = pullRequest.state === "open" ? (["closed", "open"] as const) : (["open", "closed"] as const);
  await db
    .updateTable("asked_request")
    .set({ state: to })
    .where("repository_id", "=", String(repository.id))
    .where("pull_request", "=", pullRequest.number)
    .where("state", "=", from)
    .execute();
}
