import type { Enrolment } from "../../pull-request/index.ts";
import type { Db } from "../../store/index.ts";
import type { CommandEffect } from "../../store/schema.ts";
import type { GrantDeps } from "../deps.ts";
import type { Said, Step } from "./judge-command.ts";
import { revokeRequest } from "./revoke.ts";

const hour = 3_600_000;
/** Answers on one pull request within an hour to commands that changed nothing. Whoever writes more of them gets none. */
const mostAnswers = 6;

/** The comment and what it changes, in one transaction. Does nothing where another server was faster. */
export async function settle(
  deps: GrantDeps,
  enrolment: Enrolment,
  number: number,
  { id, author, command, edited: isEdited }: Said,
  step: Step,
): Promise<void> {
  const now = deps.clock.now();
  await deps.db.transaction().execute(async (trx) => {
    const quiet = "answer" in step && (await answersWithinHour(trx, enrolment.id, number, now)) >= mostAnswers;
    const inserted = await trx
      .insertInto("handled_comment")
      .values({
        repository_id: enrolment.id,
        comment_id: id,
        number,
        author_id: author.id,
        author_login: author.login,
        // Nobody's word: not its author's either, who may be the one that somebody wants to keep from being heard.
        command: isEdited ? "edited" : command.name,
        effect: null,
        reply: "answer" in step && !quiet ? step.answer : null,
        seen_at: now,
        reply_tried_at: null,
        finished_at: quiet ? now : null,
      })
      .onConflict((c) => c.doNothing())
      .executeTakeFirst();
    if (inserted.numInsertedOrUpdatedRows !== 1n || !("revoke" in step)) return;
    const { path, merged, reason } = step.revoke;
    const revoked = await revokeRequest(deps, trx, enrolment, {
      pullRequest: number,
      path,
      merged,
      by: author,
      reason,
    });
    const effect: CommandEffect = { at: now.toISOString(), reason, revoked: revoked ? [revoked] : [] };
    await trx
      .updateTable("handled_comment")
      .set(revoked ? { effect: JSON.stringify(effect) } : { reply: "It was over already: nothing was changed." })
      .where("repository_id", "=", String(enrolment.id))
      .where("comment_id", "=", String(id))
      .execute();
  });
}

async function answersWithinHour(db: Db, repositoryId: number, number: number, now: Date): Promise<number> {
  const { n } = await db
    .selectFrom("handled_comment")
    .select((b) => b.fn.countAll<string>().as("n"))
    .where("repository_id", "=", String(repositoryId))
    .where("number", "=", number)
    .where("seen_at", ">", new Date(now.getTime() - hour))
    .where("effect", "is", null)
    .where("reply", "is not", null)
    .executeTakeFirstOrThrow();
  return Number(n);
}
