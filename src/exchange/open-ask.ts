import type { Selectable } from "kysely";
import { formatInstant } from "../base/duration.ts";
import { CountersignError, RetryLater } from "../base/errors.ts";
import { type CommitSha, commitSha, repositoryId } from "../base/ids.ts";
import { forMarkdown, forMarkdownCode, forTrailer, oneLine } from "../base/text.ts";
import type { RequestedEntry } from "../ledger/types.ts";
import { askedBranch, type Enrolment, pullRequestKey, readEnrolment } from "../pull-request/index.ts";
import type { AskedRequestTable } from "../store/schema.ts";
import type { AskDeps } from "./ask-types.ts";

type Row = Selectable<AskedRequestTable>;

/** `requested` entries may wait this long for company in a batch. */
const flushWithin = 10_000;
/** What GitHub still refuses after this is not opened any more; the job that asked is long gone. */
const giveUpAfter = 600_000;

/**
 * Opens the pull request of a request that a job asked for: commit, branch, pull request, each of which an earlier try may
 * have done. The commit is stored before the branch is made, so that the reconcile knows it as ours whenever it sees it.
 * @throws RetryLater where it has to be tried again.
 */
export async function openAsk(deps: AskDeps, id: string): Promise<void> {
  const row = await deps.db.selectFrom("asked_request").selectAll().where("id", "=", id).executeTakeFirst();
  if (row?.state !== "opening" || row.body === null || row.title === null) return;
  try {
    const enrolment = await readEnrolment(deps.db, Number(row.repository_id));
    if (enrolment?.state !== "active") throw new RetryLater("ask_waits", "The access repo is not active.");
    await deps.github.identify(enrolment);
    const commit = await commitOf(deps, enrolment, row, row.body, row.title);
    const branch = askedBranch(id);
    // Our id is new and random: a branch of its name with another commit is somebody's, and is left alone.
    if (!(await deps.github.createBranch(enrolment, branch, commit))) {
      const found = await deps.github.tip(enrolment, branch);
      if (found !== commit) throw new CountersignError("ask_branch_taken", `The branch ${branch} cannot be made.`);
    }
    const number = await deps.github.openPullRequest(enrolment, {
      branch,
      base: enrolment.defaultBranch,
      title: oneLine(row.title, 240),
      body: pullRequestBody(row, deps.config.webUrl),
    });
    await markOpen(deps, row, commit, number);
  } catch (error) {
    const code = error instanceof CountersignError ? error.code : "unexpected";
    const late = deps.clock.now().getTime() - row.created_at.getTime() > giveUpAfter;
    if (error instanceof RetryLater && !late) throw error;
    if (code === "unexpected" && !late) throw error;
    deps.log.warn({ request: id, code }, "a request of a job could not be opened");
    await deps.db
      .updateTable("asked_request")
      .set({ state: "failed", reason: code })
      .where("id", "=", id)
      .where("state", "=", "opening")
      .execute();
  }
}

/** Compare-and-swap: of two that try, one commit is the one. */
async function commitOf(
  deps: AskDeps,
  enrolment: Enrolment,
  row: Row,
  body: string,
  title: string,
): Promise<CommitSha> {
  if (row.commit_sha !== null) return commitSha(row.commit_sha);
  const tip = await deps.github.tip(enrolment, enrolment.defaultBranch);
  if (tip === null) throw new RetryLater("github_behind", "The default branch is not visible.");
  const message = [
    `Ask for ${forTrailer(title, 200)}`,
    "",
    `Requested-by: ${forTrailer(row.requester_login)}`,
    `Run: ${forTrailer(row.workflow_repository)} ${row.run_id}.${row.run_attempt}`,
  ].join("\n");
  const made = await deps.github.commitFile(enrolment, tip, row.path, body, message);
  const stored = await deps.db
    .updateTable("asked_request")
    .set((b) => ({ commit_sha: b.fn.coalesce("commit_sha", b.val(made)) }))
    .where("id", "=", row.id)
    .where("state", "=", "opening")
    .returning("commit_sha")
    .executeTakeFirst();
  if (!stored) throw new RetryLater("ask_raced", "Another server opened it meanwhile.");
  return commitSha(stored.commit_sha);
}

/** The row and the entry at once: what the ledger says of it and what we act on are one thing. */
async function markOpen(deps: AskDeps, row: Row, commit: CommitSha, number: number): Promise<void> {
  const now = deps.clock.now();
  const entry: RequestedEntry = {
    v: 1,
    id: deps.newId(),
    at: formatInstant(now),
    type: "requested",
    request: row.id,
    path: row.path,
    pull_request: number,
    commit,
    requested_by: { id: Number(row.requester_id), login: row.requester_login },
    triggered_by: { id: Number(row.triggered_by_id), login: row.triggered_by_login },
    asked_sha256: row.asked_sha256,
    job: {
      repository: row.workflow_repository,
      repository_id: Number(row.workflow_repository_id),
      file: row.workflow_file,
      run_id: Number(row.run_id),
      run_attempt: row.run_attempt,
      actor_id: Number(row.requester_id),
      sha: row.sha,
      jti_sha256: row.jti_sha256,
    },
  };
  const flushBy = new Date(now.getTime() + flushWithin);
  await deps.db.transaction().execute(async (trx) => {
    const changed = await trx
      .updateTable("asked_request")
      .set({ state: "open", pull_request: number, body: null, title: null })
      .where("id", "=", row.id)
      .where("state", "=", "opening")
      .executeTakeFirst();
    if (changed.numUpdatedRows !== 1n) return;
    await deps.recorder.append(trx, repositoryId(row.repository_id), [entry], flushBy);
    await deps.enqueue(`flush:${row.repository_id}`, flushBy, trx);
    // Its webhook may have come before this row named it.
    await deps.enqueue(pullRequestKey(Number(row.repository_id), number), undefined, trx);
  });
}

function pullRequestBody(row: Row, webUrl: string): string {
  const run = `${webUrl}/${row.workflow_repository}/actions/runs/${row.run_id}/attempts/${row.run_attempt}`;
  const other =
    row.triggered_by_id === row.requester_id ? "" : `; ${forMarkdown(row.triggered_by_login)} started this attempt`;
  return [
    "A job asks for this.",
    "",
    `- Workflow: ${forMarkdownCode(`${row.workflow_repository}/${row.workflow_file}`)}`,
    `- Run: ${run}`,
    `- Requester: ${forMarkdown(row.requester_login)}${other}`,
    "",
    "Neither of them can approve it. Countersign made this branch; a push by anybody else ends the request. Close the pull request to refuse it.",
  ].join("\n");
}
