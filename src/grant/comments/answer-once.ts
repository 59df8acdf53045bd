import { RetryLater } from "../../base/errors.ts";
import { type Enrolment, findOwn, marked } from "../../pull-request/index.ts";
import type { GrantDeps } from "../deps.ts";
import type { HandledComment } from "./handled.ts";
import { mostPages, readUpTo } from "./read-up-to.ts";

const kind = "answer";

/**
 * At most one answer to a comment: whoever notes the try first sends it, and where one may have been sent it is looked for. Not
 * while another server may still be sending it.
 */
export async function answerOnce(
  deps: GrantDeps,
  enrolment: Enrolment,
  row: HandledComment,
  text: string,
): Promise<void> {
  const now = deps.clock.now();
  const { reply_tried_at: tried } = row;
  const wait = tried === null ? 0 : tried.getTime() + underWay - now.getTime();
  if (wait > 0) throw underWayElsewhere(wait / 1000);
  if (tried !== null && (await stands(deps, enrolment, row))) return;
  const taken = await deps.db
    .updateTable("handled_comment")
    .set({ reply_tried_at: now })
    .where("repository_id", "=", row.repository_id)
    .where("comment_id", "=", row.comment_id)
    .where((b) => (tried === null ? b("reply_tried_at", "is", null) : b("reply_tried_at", "=", tried)))
    .executeTakeFirst();
  if (taken.numUpdatedRows !== 1n) throw underWayElsewhere(underWay / 1000);
  await deps.github.createComment(enrolment, row.number, marked(text, kind, row.comment_id));
}

/** Longer than a call to GitHub takes. */
const underWay = 15_000;
const underWayElsewhere = (after: number): RetryLater =>
  new RetryLater("answer_under_way", "An answer to this comment may be on its way.", { after: Math.ceil(after) });

async function stands(deps: GrantDeps, enrolment: Enrolment, row: HandledComment): Promise<boolean> {
  let after = await readUpTo(deps.db, enrolment.id, row.number);
  for (let pages = 0; pages < mostPages; pages++) {
    const { comments, next } = await deps.github.commentPage(enrolment, row.number, after);
    if (findOwn(comments, deps.github.bot, kind, row.comment_id)) return true;
    if (next === null) return false;
    after = next;
  }
  return false;
}
