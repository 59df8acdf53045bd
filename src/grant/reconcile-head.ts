import { channel } from "node:diagnostics_channel";
import { formatInstant } from "../base/duration.ts";
import { RetryLater } from "../base/errors.ts";
import type { CommitSha } from "../base/ids.ts";
import type { Snapshot } from "../approval/types.ts";
import type { BranchCommit } from "../github/types.ts";
import type { Entry, RevokedEntry } from "../ledger/types.ts";
import { commentKey, type Enrolment, pullRequestKey, readEnrolment } from "../pull-request/index.ts";
import type { Db } from "../store/index.ts";
import { holdDailyLimit } from "./auto-limit.ts";
import { cancelKey, runsToCancel } from "./cancel-runs.ts";
import { withoutRevoked } from "./comments/without-revoked.ts";
import { afterReviewKey, dispatchKey, flushKey, type GrantDeps, noticeKey, SOON } from "./deps.ts";
import { revokePaths } from "./end-grants.ts";
import { expectedMerge } from "./expected-merge.ts";
import { enrol } from "./enrol.ts";
import { findFrozenPeople, keepFrozenPeople, storeFrozenPeople } from "./frozen-people.ts";
import { judgePolicy, type PolicyStep } from "./judge-policy.ts";
import { judgeRequests, type Judged } from "./judge-requests.ts";
import { writeGrants } from "./write-grants.ts";

const headChannel = channel("countersign:head");

type Active = Enrolment & { accepted: NonNullable<Enrolment["accepted"]>; head: CommitSha };

/**
 * Judges every commit that the default branch gained since the last look, oldest first, each in one transaction that also
 * moves the head: a crash between two leaves nothing half done, and looking twice changes nothing (DESIGN.md section 2, Grant).
 */
export async function reconcileHead(deps: GrantDeps, repositoryId: number): Promise<void> {
  const named = deps.accessRepos.find((repo) => repo.repositoryId === repositoryId);
  if (!named) return; // no longer in ACCESS_REPOS: not ours
  let enrolment = await readEnrolment(deps.db, repositoryId);
  if (!enrolment || enrolment.state === "pending") enrolment = await enrol(deps, named);
  if (!isActive(enrolment)) return;
  // After a restart nobody enrols again, and without our bot's id no dispatched run is anybody's.
  await deps.github.identify(enrolment);
  await keepFrozenPeople(deps, enrolment);
  const merge = await expectedMerge(deps, enrolment);
  const tip = merge?.tip ?? (await deps.github.tip(enrolment, enrolment.defaultBranch));
  if (tip === null) throw new RetryLater("github_behind", "The default branch is not visible.");
  if (tip === enrolment.head) return;
  const commits = await deps.github.commitsBetween(enrolment, enrolment.head, tip);
  if (commits === null) {
    // What does not follow on what was judged may be an answer from before it. Ended for that, grants would not come back.
    if ((await deps.github.tip(enrolment, enrolment.defaultBranch)) !== tip)
      throw new RetryLater("github_behind", "GitHub does not agree with itself about the default branch.", {
        after: 2,
      });
    return rewritten(deps, enrolment, tip);
  }
  for (const [i, commit] of commits.entries()) {
    const before = await readEnrolment(deps.db, repositoryId);
    if (!isActive(before) || before.head !== commit.firstParent)
      throw new RetryLater("head_raced", "Another server judged this head.");
    // Behind others it would be read by then a while ago, and who may approve is asked for live.
    await judgeCommit(deps, before, commit, i === 0 ? merge?.snapshot : undefined);
  }
  await deps.enqueue(noticeKey(repositoryId));
}

const isActive = (e: Enrolment | null): e is Active => e?.state === "active" && e.accepted !== null && e.head !== null;

/** Entries that others act on: they do not wait for company in a batch. */
const urgentTypes: ReadonlySet<Entry["type"]> = new Set(["revoked", "policy_accepted", "break_glass"]);

const underRequests = (path: string): boolean => path.startsWith("requests/");

async function judgeCommit(
  deps: GrantDeps,
  enrolment: Active,
  commit: BranchCommit,
  read: Snapshot | undefined,
): Promise<void> {
  const added = commit.changes.filter((c) => c.status === "added" && underRequests(c.path)).map((c) => c.path);
  // Renames and copies under requests/ come with new names that nobody decided on, and take old ones away.
  const strange = commit.changes
    .filter((c) => c.status !== "added" && c.status !== "removed" && underRequests(c.path))
    .map((c) => c.path);
  const removed = commit.changes.filter((c) => c.status === "removed" && underRequests(c.path)).map((c) => c.path);
  const replaced = commit.changes
    .filter((c) => c.status !== "added" && c.status !== "removed")
    .flatMap((c) => [c.path, ...(c.previousPath === undefined ? [] : [c.previousPath])])
    .filter(underRequests);
  const policy = await judgePolicy(deps, enrolment, commit);
  // Before it is in force, so that it holds for them from its first moment. Where GitHub does not answer, by login alone.
  const people = policy.brought && (await findFrozenPeople(deps, enrolment, policy.brought.settings.frozen));
  const judged = added.length > 0 ? await judgeRequests(deps, enrolment, commit, added, read) : [];
  const outcome = await deps.db.transaction().execute(async (trx) => {
    await moveHead(trx, enrolment, commit.sha, policy);
    if (people) await storeFrozenPeople(trx, enrolment.id, policy.accepted.digest, people);
    const entries: Entry[] = [...policy.entries];
    const by = removed.length > 0 ? await revokedBy(trx, enrolment, commit) : null;
    entries.push(...(await revokePaths(deps, trx, enrolment.id, removed, "deletion", commit.sha, by)));
    entries.push(...(await revokePaths(deps, trx, enrolment.id, replaced, "replaced", commit.sha)));
    const held = await holdDailyLimit(deps, trx, enrolment, judged);
    const { grants, revoked } = await withoutRevoked(trx, enrolment, held);
    const written = await writeGrants(deps, trx, enrolment, commit, grants);
    entries.push(...written.entries);
    const refused = held.filter((j) => j.kind === "quarantine");
    const changed = strange.map((path): Judged => ({ kind: "quarantine", path, code: "mixed_commit" }));
    entries.push(...(await quarantine(deps, trx, enrolment, commit, [...refused, ...revoked, ...changed])));
    const urgent = entries.some((e) => urgentTypes.has(e.type));
    const flushBy = new Date(deps.clock.now().getTime() + (urgent ? 0 : SOON));
    if (entries.length > 0) await deps.recorder.append(trx, enrolment.id, entries, flushBy);
    const breakGlass = grants.find((j) => j.rule === "break_glass")?.pullRequest.number;
    return { dispatches: written.dispatches, breakGlass, urgent, flushBy: entries.length > 0 ? flushBy : null };
  });
  headChannel.publish({ state: "judged", commit: commit.sha });
  for (const id of outcome.dispatches) await deps.enqueue(dispatchKey(id));
  if (outcome.breakGlass !== undefined) await deps.enqueue(afterReviewKey(enrolment.id, outcome.breakGlass));
  if (commit.pullRequest) await deps.enqueue(commentKey(enrolment.id, commit.pullRequest.number));
  if (outcome.flushBy) await deps.enqueue(flushKey(enrolment.id), outcome.flushBy);
  if (outcome.urgent) for (const id of await runsToCancel(deps)) await deps.enqueue(cancelKey(id));
  // Who may grant what changed: what is shown on open pull requests may be out of date.
  if (policy.entries.length > 0) {
    for (const number of await deps.github.openPullRequests(enrolment))
      await deps.enqueue(pullRequestKey(enrolment.id, number));
  }
}

/** Who asked for a deletion that we merged by a decision of ours. null: it came otherwise, and nobody's name can be told for sure. */
async function revokedBy(trx: Db, enrolment: Active, { pullRequest }: BranchCommit): Promise<RevokedEntry["by"]> {
  if (!pullRequest) return null;
  const row = await trx
    .selectFrom("decision")
    .select(["requester_id", "requester_login"])
    .where("repository_id", "=", String(enrolment.id))
    .where("pull_request", "=", pullRequest.number)
    .where("kind", "=", "revocation")
    .where("head_sha", "=", pullRequest.headSha)
    .executeTakeFirst();
  return row ? { id: Number(row.requester_id), login: row.requester_login } : null;
}

/** Compare-and-swap: only from the parent that was judged. */
async function moveHead(
  trx: Db,
  enrolment: Active,
  to: CommitSha,
  policy: Pick<PolicyStep, "accepted" | "quarantined">,
): Promise<void> {
  const { numUpdatedRows } = await trx
    .updateTable("enrolment")
    .set({
      head_sha: to,
      accepted_digest: policy.accepted.digest,
      accepted_commit: policy.accepted.commit,
      quarantined_digest: policy.quarantined,
    })
    .where("repository_id", "=", String(enrolment.id))
    .where("head_sha", "=", enrolment.head)
    .where("state", "=", "active")
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) throw new RetryLater("head_raced", "Another server judged this head.");
}

async function quarantine(
  deps: GrantDeps,
  trx: Db,
  enrolment: Active,
  commit: BranchCommit,
  refused: readonly Judged[],
): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  const at = deps.clock.now();
  const paths = refused.flatMap((j) => (j.kind === "quarantine" ? [j.path] : []));
  if (paths.length === 0) return entries;
  const blobs = new Map(commit.changes.map((c) => [c.path, c.blob]));
  for (const j of refused) {
    if (j.kind !== "quarantine") continue;
    const blob = blobs.get(j.path) ?? "0".repeat(40);
    await trx
      .insertInto("quarantined_request")
      .values({ repository_id: enrolment.id, path: j.path, commit_sha: commit.sha, blob, code: j.code, at })
      .onConflict((c) => c.doNothing())
      .execute();
    deps.log.warn({ path: j.path, commit: commit.sha, code: j.code }, "request quarantined: it never grants");
    entries.push({
      v: 1,
      id: deps.newId(),
      at: formatInstant(at),
      type: "request_quarantined",
      path: j.path,
      blob,
      commit: commit.sha,
      code: j.code,
    });
  }
  return entries;
}

/**
 * The default branch was rewritten: the commits that we judged are not behind its tip. Or a commit has more files than GitHub
 * shows, and to wait for them would hold up all that follows for ever. Nothing that the rewrite brought is
 * granted; grants whose file is no longer there with the same blob end; a policy that is not the accepted one is quarantine.
 */
async function rewritten(deps: GrantDeps, enrolment: Active, tip: CommitSha): Promise<void> {
  deps.log.error(
    { accessRepo: enrolment.fullName, from: enrolment.head, to: tip },
    "the default branch was rewritten, or by more than GitHub shows",
  );
  const [commit, blobs] = await Promise.all([
    deps.github.commit(enrolment, tip),
    deps.github.requestBlobs(enrolment, tip),
  ]);
  // No pull request: a rewritten branch is never the merge that we decided on.
  const policy = await judgePolicy(deps, enrolment, { ...commit, changes: [], pullRequest: null });
  await deps.db.transaction().execute(async (trx) => {
    await moveHead(trx, enrolment, tip, policy);
    const active = await trx
      .selectFrom("grant")
      .select(["path", "blob"])
      .where("repository_id", "=", String(enrolment.id))
      .where("state", "=", "active")
      .execute();
    const gone = active.filter((g) => blobs.get(g.path) !== g.blob).map((g) => g.path);
    const entries = [...policy.entries, ...(await revokePaths(deps, trx, enrolment.id, gone, "replaced", tip))];
    if (entries.length > 0) await deps.recorder.append(trx, enrolment.id, entries, deps.clock.now());
  });
  await deps.enqueue(flushKey(enrolment.id));
  await deps.enqueue(noticeKey(enrolment.id));
}
