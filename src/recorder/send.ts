import { RetryLater } from "../base/errors.ts";
import type { PutResult, RepoRef } from "../github/types.ts";
import { confirmFixed } from "./apply.ts";
import { catchUp } from "./catch-up.ts";
import { publish } from "./channel.ts";
import type { FixedBatch } from "./fix.ts";
import { batchMessage } from "./message.ts";
import type { RecorderDeps } from "./types.ts";

/**
 * Sends a fixed batch and confirms it. GitHub has no compare-and-swap on a branch for this call, so only an answer whose
 * parent is our last commit confirms by itself; after any other, or none, the branch says what happened.
 * @throws LedgerStopped; RetryLater where the batch is not confirmed, which a later flush retries byte for byte.
 */
export async function sendBatch(deps: RecorderDeps, repo: RepoRef, fixed: FixedBatch): Promise<void> {
  const { batch, path, after } = fixed;
  let result: PutResult | undefined;
  let lost: unknown;
  try {
    result = await put(deps, repo, fixed);
    publish({ step: "sent", batch: batch.header.batch });
  } catch (error) {
    lost = error;
  }
  if (result?.kind === "created" && result.parent === after.commit) {
    if (await confirmFixed(deps, repo.id, { batch, path, commit: result.commit }, after.commit)) return;
  }
  try {
    await catchUp(deps, repo);
  } catch (error) {
    if (lost !== undefined) deps.log.warn({ err: lost, repository_id: repo.id }, "no answer to a ledger write");
    throw error;
  }
  if (await confirmed(deps, batch.header.batch)) return;
  if (lost !== undefined) throw lost;
  throw new RetryLater("ledger_unconfirmed", "GitHub does not show the ledger commit yet.");
}

/** The first batch makes the branch: an orphan by the git data API, so that it holds no workflows. */
async function put(deps: RecorderDeps, repo: RepoRef, { batch, path }: FixedBatch): Promise<PutResult> {
  const message = batchMessage(batch);
  if (batch.header.sequence > 1) return deps.github.putLedgerFile(repo, path, batch.text, message);
  const commit = await deps.github.createLedgerBranch(repo, path, batch.text, message);
  return { kind: "created", commit, parent: null };
}

async function confirmed(deps: RecorderDeps, batchId: string): Promise<boolean> {
  const row = await deps.db.selectFrom("ledger_batch").select("state").where("id", "=", batchId).executeTakeFirst();
  return row?.state === "confirmed";
}
