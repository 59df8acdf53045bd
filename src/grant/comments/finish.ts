import { type Enrolment, pullRequestKey } from "../../pull-request/index.ts";
import type { CommandEffect } from "../../store/schema.ts";
import { cancelKey, cancelRevokedRun } from "../cancel-runs.ts";
import { flushKey, type GrantDeps } from "../deps.ts";
import { answerOnce } from "./answer-once.ts";
import { effectAnswer } from "./effect-answer.ts";
import type { HandledComment } from "./handled.ts";

export interface FinishDeps extends GrantDeps {
  /** What follows at once on a revocation, above this room: tokens that can be revoked end. */
  readonly endCredentials: () => Promise<void>;
}

/** What follows on the stored effect, then the answer. Every step can be done again. */
export async function finish(deps: FinishDeps, enrolment: Enrolment, row: HandledComment): Promise<void> {
  const { effect, number } = row;
  if (effect) await follow(deps, enrolment, number, effect);
  const text = effect ? await effectAnswer(deps, row.author_login, effect) : row.reply;
  if (text !== null) await answerOnce(deps, enrolment, row, text);
  await deps.db
    .updateTable("handled_comment")
    .set({ finished_at: deps.clock.now() })
    .where("repository_id", "=", row.repository_id)
    .where("comment_id", "=", row.comment_id)
    .execute();
}

async function follow(
  deps: FinishDeps,
  enrolment: Enrolment,
  number: number,
  { revoked }: CommandEffect,
): Promise<void> {
  await deps.enqueue(flushKey(enrolment.id));
  for (const { dispatch } of revoked) if (dispatch !== null) await deps.enqueue(cancelKey(dispatch));
  for (const { was, dispatch } of revoked) {
    if (was === "open") await closeIfOpen(deps, enrolment, number);
    // The job does it where this fails; the answer is truer where it does not.
    if (dispatch !== null) await cancelRevokedRun(deps, dispatch).catch((error: unknown) => noteFailure(deps, error));
  }
  await deps.endCredentials().catch((error: unknown) => noteFailure(deps, error));
  await deps.enqueue(pullRequestKey(enrolment.id, number));
}

const noteFailure = (deps: FinishDeps, error: unknown): void =>
  deps.log.warn({ err: error }, "what follows on a revocation has to be tried again");

/** What was merged meanwhile is merged; it never grants. */
async function closeIfOpen(deps: FinishDeps, enrolment: Enrolment, number: number): Promise<void> {
  const live = await deps.github.snapshot(enrolment, number);
  if (live?.kind === "snapshot" && live.snapshot.pullRequest.state !== "open") return;
  await deps.github.closePullRequest(enrolment, number);
}
