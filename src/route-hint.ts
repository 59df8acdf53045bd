import { checkRolesAgainKey } from "./exchange/index.ts";
import { commentsKey, pushed } from "./grant/index.ts";
import { issueKey, pullRequestKey } from "./pull-request/index.ts";
import { type Hint, sweepKey, type Wanted } from "./queue/index.ts";
import type { Db } from "./store/index.ts";

// Actions that change nothing which a decision stands on; most are the echo of our own writes.
const idle = new Set([
  "pull_request review_requested",
  "pull_request review_request_removed",
  "issue_comment edited", // nobody's word any more
  "issue_comment deleted", // what was seen stands
  "check_run created",
  "check_run completed",
]);

/** By us: the title, which is all that we edit. */
const titled = "pull_request edited";

/** Which jobs a webhook asks for. Only enrolled repositories are ours: a settings file elsewhere is nothing (C48). */
export async function routeHint(
  hint: Hint,
  trx: Db,
  enrolled: ReadonlySet<number>,
  bot: number | null,
): Promise<readonly Wanted[]> {
  const { repositoryId: id } = hint;
  const what = `${hint.event} ${hint.action ?? ""}`;
  const byUs = bot !== null && hint.senderId === bot;
  if (idle.has(what) || (byUs && what === titled)) return [];
  // Members, teams, installations and renamed repositories may change any decision: look at everything again.
  if (id === null || hint.event === "member" || hint.event === "repository") return [sweepKey];
  if (!enrolled.has(id)) return [];
  if (hint.event === "push") return pushed(trx, { ...hint, repositoryId: id, byUs });
  // What we say ourselves is no command.
  if (byUs && hint.event === "issue_comment") return [];
  if (hint.issue !== null) return [issueKey(id, hint.issue)];
  if (hint.checkRun !== null && (await isOfRoles(trx, id, hint.checkRun))) return [checkRolesAgainKey(id)];
  // What is said changes no plan and no decision; what it changes asks for the rest itself.
  const jobOf = hint.event === "issue_comment" ? commentsKey : pullRequestKey;
  const keys = hint.pullRequests.map((number) => jobOf(id, number));
  // Our own merge: in a moment its head is judged, and the database knows what became of it.
  if (byUs && what === "pull_request closed") return keys.map((key) => ({ key, in: 2 }));
  if (hint.event !== "check_run" || keys.length > 0) return keys;
  // "Re-evaluate" on a check whose pull request GitHub does not list: every one that shows our check.
  const rows = await trx
    .selectFrom("posted_plan")
    .select("pull_request")
    .distinct()
    .where("repository_id", "=", String(id))
    .execute();
  return rows.map((r) => pullRequestKey(id, r.pull_request));
}

/** Whether a check run is the newest that tells of an access repo's roles. */
async function isOfRoles(trx: Db, accessRepo: number, checkRun: number): Promise<boolean> {
  const row = await trx
    .selectFrom("role_report")
    .select("repository_id")
    .where("repository_id", "=", String(accessRepo))
    .where("check_run_id", "=", String(checkRun))
    .executeTakeFirst();
  return row !== undefined;
}
