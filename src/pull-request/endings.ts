import { loadPolicy, ownersOf, policyDigest } from "../access-repo/index.ts";
import type { Owner, Settings } from "../access-repo/types.ts";
import { isOwner } from "../approval/index.ts";
import type { Actor, Snapshot } from "../approval/types.ts";
import { formatDuration, formatInstant } from "../base/duration.ts";
import { CountersignError } from "../base/errors.ts";
import { canonicalJson } from "../base/canonical-json.ts";
import { forMarkdown } from "../base/text.ts";
import type { IssueComment } from "../github/types.ts";
import type { ClosedEntry } from "../ledger/types.ts";
import { LATER, pullRequestKey, type ReconcileDeps } from "./deps.ts";
import type { Enrolment } from "./enrolment.ts";
import { findOwn, marked } from "./marker.ts";
import { revokedRequests } from "./revoked.ts";

// How a request pull request ends without a merge: closed by us when its time is over, by its requester, by an owner, or by
// anyone else who may. Each is one entry `closed` of the ledger, once for each closing that followed a shown plan.

/** Remembers that people were shown the plan of a request. Writes only where something differs, since every sweep comes by. */
export async function rememberShown({ db }: Pick<ReconcileDeps, "db">, snapshot: Snapshot, paths: readonly string[]) {
  const { repository, pullRequest } = snapshot;
  const { author, number } = pullRequest;
  if (!author) return; // denied: a deleted account asks for nothing
  const known = await readShown({ db }, repository.id, number);
  const same =
    known?.requester_id === String(author.id) && canonicalJson([...known.paths]) === canonicalJson([...paths]);
  if (same) return;
  const row = { paths: JSON.stringify(paths), requester_id: author.id, requester_login: author.login };
  await db
    .insertInto("shown_request")
    .values({ repository_id: repository.id, pull_request: number, ...row })
    .onConflict((c) => c.columns(["repository_id", "pull_request"]).doUpdateSet(row))
    .execute();
}

const readShown = ({ db }: Pick<ReconcileDeps, "db">, repositoryId: number, number: number) =>
  db
    .selectFrom("shown_request")
    .selectAll()
    .where("repository_id", "=", String(repositoryId))
    .where("pull_request", "=", number)
    .executeTakeFirst();

/** Merged, or gone: what became of it is told elsewhere. */
export async function forgetShown({ db }: Pick<ReconcileDeps, "db">, repositoryId: number, number: number) {
  await db
    .deleteFrom("shown_request")
    .where("repository_id", "=", String(repositoryId))
    .where("pull_request", "=", number)
    .execute();
}

/**
 * Writes the entry `closed` of a pull request that GitHub shows as closed without a merge. The row that remembers its plan goes
 * in the same transaction: twice or by two servers at once it is one entry. Opened and closed again, it is another.
 * @throws RetryLater where GitHub cannot say who is an owner
 */
export async function recordClosing(deps: ReconcileDeps, enrolment: Enrolment, snapshot: Snapshot): Promise<void> {
  const { number, closedBy } = snapshot.pullRequest;
  const shown = await readShown(deps, enrolment.id, number);
  if (!shown) return;
  const { outcome, why, by = closedBy } = await howClosed(deps, enrolment, snapshot, shown);
  const now = deps.clock.now();
  const entry: ClosedEntry = {
    v: 1,
    id: deps.newId(),
    at: formatInstant(now),
    type: "closed",
    outcome,
    pull_request: number,
    paths: shown.paths,
    requested_by: { id: Number(shown.requester_id), login: shown.requester_login },
    // GraphQL spells a bot's login without its `[bot]`; ours is known as REST spells it.
    by: by && { id: by.id, login: outcome === "expired" ? deps.github.bot.login : by.login },
    why,
  };
  await deps.db.transaction().execute(async (trx) => {
    const { numDeletedRows } = await trx
      .deleteFrom("shown_request")
      .where("repository_id", "=", String(enrolment.id))
      .where("pull_request", "=", number)
      .executeTakeFirst();
    if (numDeletedRows !== 1n) return;
    await deps.recorder.append(trx, enrolment.id, [entry], new Date(now.getTime() + LATER));
  });
}

type Shown = NonNullable<Awaited<ReturnType<typeof readShown>>>;

async function howClosed(
  deps: ReconcileDeps,
  enrolment: Enrolment,
  snapshot: Snapshot,
  shown: Shown,
): Promise<Pick<ClosedEntry, "outcome" | "why"> & { readonly by?: ClosedEntry["by"] }> {
  const { closedBy } = snapshot.pullRequest;
  if (!closedBy) return { outcome: "closed", why: "Closed; GitHub does not say by whom." };
  await deps.github.identify(enrolment);
  if (closedBy.id === deps.github.bot.id) {
    // We close what was revoked by a command, and nobody else's word for it is needed: the command was judged.
    const [revoked] = await revokedRequests(deps.db, enrolment.id, snapshot.pullRequest.number);
    if (revoked) {
      const { by, reason } = revoked;
      const outcome = by === null ? "closed" : String(by.id) === shown.requester_id ? "withdrawn" : "declined";
      return { outcome, why: `Revoked by ${by === null ? "an operator" : "a command"}: ${reason}`, by };
    }
    return { outcome: "expired", why: "Not approved within the time that the settings give it (pending_expiry)." };
  }
  if (String(closedBy.id) === shown.requester_id)
    return { outcome: "withdrawn", why: "Closed by the person who asked for it." };
  if (await ownsAny(deps, enrolment, snapshot, shown.paths, closedBy))
    return { outcome: "declined", why: "Closed by an owner of what it asks for." };
  return { outcome: "closed", why: "Closed by somebody who neither asked for it nor owns it." };
}

/** Under the policy in force, live (C25). Where that does not stand at the tip nobody is an owner. */
async function ownsAny(
  deps: Pick<ReconcileDeps, "github">,
  { accepted }: Enrolment,
  { repository, tip }: Snapshot,
  paths: readonly string[],
  person: Actor,
): Promise<boolean> {
  if (person.kind !== "user" || policyDigest(tip.policy) !== accepted?.digest) return false;
  const loaded = loadPolicy(tip.policy);
  if (!loaded.ok) return false;
  const owners = paths.flatMap((path): readonly Owner[] => ownersOf(loaded.policy.codeowners, path)?.owners ?? []);
  const teams = new Map<string, ReadonlySet<Actor["id"]>>();
  for (const owner of owners) {
    if (owner.kind !== "team" || teams.has(`${owner.org}/${owner.slug}`.toLowerCase())) continue;
    const member = await deps.github.teamMember(repository, owner.org, owner.slug, person.login);
    teams.set(`${owner.org}/${owner.slug}`.toLowerCase(), new Set(member ? [person.id] : []));
  }
  return owners.some((owner) => isOwner(owner, person, { teams }));
}

/**
 * Closes a request pull request that nobody approved in time, a draft as well, and says why and how to ask again. The time is
 * GitHub's, from when it was opened or opened again. The comment comes first, and is found by its marker after a crash.
 * @returns whether it was closed; the entry follows from GitHub's word that it is
 */
export async function closeOverdue(
  deps: Pick<ReconcileDeps, "github" | "clock" | "enqueue" | "log">,
  { repository, pullRequest }: Snapshot,
  { pending_expiry }: Pick<Settings, "pending_expiry">,
): Promise<boolean> {
  const now = deps.clock.now().getTime() + (deps.github.skewSeconds() ?? 0) * 1000;
  const { number, openedAt } = pullRequest;
  if (now < openedAt.getTime() + pending_expiry * 1000) return false;
  const kind = "expired";
  const key = `${repository.id}#${number}:${openedAt.getTime()}`;
  await deps.github.identify(repository);
  if (!findOwn(await commentsOf(deps, repository, number), deps.github.bot, kind, key)) {
    const time = formatDuration(pending_expiry);
    const text = [
      `Nobody approved this within ${time}, so it is closed. The settings of this repository say how long a request may wait (${forMarkdown("pending_expiry")}).`,
      "",
      `To ask again, reopen it: its ${time} begin anew. Or open a new pull request that adds the file.`,
    ];
    await deps.github.createComment(repository, number, marked(text.join("\n"), kind, key));
  }
  await deps.github.closePullRequest(repository, number);
  deps.log.info({ pullRequest: number }, "a request that nobody approved in time was closed");
  await deps.enqueue(pullRequestKey(repository.id, number));
  return true;
}

/** None where there are too many to read: then it is said once more, which is better than never. */
async function commentsOf(
  deps: Pick<ReconcileDeps, "github">,
  repository: Snapshot["repository"],
  number: number,
): Promise<readonly IssueComment[]> {
  try {
    return await deps.github.issueComments(repository, number);
  } catch (error) {
    if (error instanceof CountersignError && error.code === "too_many_comments") return [];
    throw error;
  }
}
