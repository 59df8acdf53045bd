import { channel } from "node:diagnostics_channel";
import { formatInstant } from "../base/duration.ts";
import { RetryLater } from "../base/errors.ts";
import type { CommitSha } from "../base/ids.ts";
import type { Snapshot } from "../approval/types.ts";
import type { BranchCommit } from "../github/types.ts";
import type { Entry } from "../ledger/types.ts";
import { type Enrolment, pullRequestKey, readEnrolment } from "../pull-request/index.ts";
import type { Db } from "../store/index.ts";
import { dispatchKey, flushKey, type GrantDeps, SOON } from "./deps.ts";
import { expectedMerge } from "./expected-merge.ts";
import { revokePaths } from "./end-grants.ts";
import { enrol } from "./enrol.ts";
import { judgePolicy } from "./judge-policy.ts";
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
  const merge = await expectedMerge(deps, enrolment);
  const tip = merge?.tip ?? (await deps.github.tip(enrolment, enrolment.defaultBranch));
  if (tip === null) throw new RetryLater("github_behind", "The default branch is not visible.");
  if (tip === enrolment.head) return;
  const commits = await deps.github.commitsBetween(enrolment, enrolment.head, tip);
  if (commits === null) return rewritten(deps, enrolment, tip);
  for (const commit of commits) {
    const before = await readEnrolment(deps.db, repositoryId);
    if (!isActive(before) || before.head !== commit.firstParent)
      throw new RetryLater("head_raced", "Another server judged this head.");
    await judgeCommit(deps, before, commit, merge?.snapshot);
  }
}

const isActive = (e: Enrolment | null): e is Active => e?.state === "active" && e.accepted !== null && e.head !== null;

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
  const judged = added.length > 0 ? await judgeRequests(deps, enrolment, commit, added, read) : [];
  const outcome = await deps.db.transaction().execute(async (trx) => {
    await moveHead(trx, enrolment, commit.sha, policy);
    const entries: Entry[] = [...policy.entries];
    entries.push(...(await revokePaths(deps, trx, enrolment.id, removed, "deletion", commit.sha)));
    entries.push(...(await revokePaths(deps, trx, enrolment.id, replaced, "replaced", commit.sha)));
    const grants = judged.filter((j) => j.kind === "grant");
    const written = await writeGrants(deps, trx, enrolment, commit, grants);
    entries.push(...written.entries);
    const refused = judged.filter((j) => j.kind === "quarantine");
    const changed = strange.map((path): Judged => ({ kind: "quarantine", path, code: "mixed_commit" }));
    entries.push(...(await quarantine(deps, trx, enrolment, commit, [...refused, ...changed])));
    const urgent = entries.some((e) => e.type === "revoked" || e.type === "policy_accepted");
    const flushBy = new Date(deps.clock.now().getTime() + (urgent ? 0 : SOON));
    if (entries.length > 0) await deps.recorder.append(trx, enrolment.id, entries, flushBy);
    return { dispatches: written.dispatches, urgent, flushBy: entries.length > 0 ? flushBy : null };
  });
  headChannel.publish({ state: "judged", commit: commit.sha });
  for (const id of outcome.dispatches) await deps.enqueue(dispatchKey(id));
  if (outcome.flushBy) await deps.enqueue(flushKey(enrolment.id), outcome.flushBy);
  // Who may grant what changed: what is shown on open pull requests may be out of date.
  if (policy.entries.length > 0) {
    for (const number of await deps.github.openPullRequests(enrolment))
      await deps.enqueue(pullRequestKey(enrolment.id, number));
  }
}

/** Compare-and-swap: only from the parent that was judged. */
async function moveHead(
  trx: Db,
  enrolment: Active,
  to: CommitSha,
  policy: { accepted: { digest: string; commit: string }; quarantined: string | null },
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
 * The default branch was rewritten: the commits that we judged are not behind its tip. Nothing that the rewrite brought is
 * granted; grants whose file is no longer there with the same blob end; a policy that is not the accepted one is quarantine.
 */
async function rewritten(deps: GrantDeps, enrolment: Active, tip: CommitSha): Promise<void> {
  deps.log.error({ accessRepo: enrolment.fullName, from: enrolment.head, to: tip }, "the default branch was rewritten");
  const [commit, blobs] = await Promise.all([
    deps.github.commit(enrolment, tip),
    deps.github.requestBlobs(enrolment, tip),
  ]);
  // No pull request: a rewritten branch is never the merge that we decided on.
  const policy = await judgePolicy(deps, enrolment, { ...commit, pullRequest: null });
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
}
