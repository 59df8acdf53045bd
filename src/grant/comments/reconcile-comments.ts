import type { IssueComment } from "../../github/types.ts";
import { type Enrolment, issueKey, readCommand, readEnrolment } from "../../pull-request/index.ts";
import type { Db } from "../../store/index.ts";
import { commentsKey } from "../deps.ts";
import { edited } from "./answers.ts";
import { finish, type FinishDeps } from "./finish.ts";
import { handledComments, unfinished } from "./handled.ts";
import { judgeCommand, type Said } from "./judge-command.ts";
import { mostPages, noteUpTo, readUpTo } from "./read-up-to.ts";
import { settle } from "./settle.ts";

/**
 * Does what the comments of one pull request ask for. Each is handled exactly once: its effect is stored in the transaction
 * that stores that it was seen, and stands whatever becomes of the comment; the answer follows, and is tried until it stands.
 * Comments come oldest first, and all effects come before the first answer: what floods us with questions delays no revocation.
 * @throws RetryLater where GitHub does not show or do something; what could be done is done
 */
export async function reconcileComments(deps: FinishDeps, repositoryId: number, number: number): Promise<void> {
  const enrolment = await readEnrolment(deps.db, repositoryId);
  if (!enrolment?.accepted || enrolment.state === "pending") return;
  await deps.github.identify(enrolment);
  const failures: unknown[] = [];
  const attempt = async (work: Promise<void>): Promise<void> => {
    await work.catch((error: unknown) => void failures.push(error));
  };
  let after = await readUpTo(deps.db, repositoryId, number);
  let more = true;
  for (let pages = 0; pages < mostPages && more; pages++) {
    const { on, comments, next } = await deps.github.commentPage(enrolment, number, after);
    // The sweep's list does not tell issues from pull requests. What is said on an issue is a review, or nothing to us.
    if (on === "issue") return deps.enqueue(issueKey(repositoryId, number));
    for (const said of await newCommands(deps.db, repositoryId, comments))
      await attempt(handle(deps, enrolment, number, said));
    more = next !== null;
    after = next;
    // Once a comment could not be judged its page is read again, and those behind it as well.
    if (next !== null && failures.length === 0) await noteUpTo(deps.db, repositoryId, number, next);
  }
  for (const row of await unfinished(deps.db, repositoryId, number)) await attempt(finish(deps, enrolment, row));
  if (failures.length > 0) throw failures[0];
  if (more) await deps.enqueue(commentsKey(repositoryId, number));
}

/** Stores that a comment was seen, and what it changes. */
async function handle(deps: FinishDeps, enrolment: Enrolment, number: number, said: Said): Promise<void> {
  const step = said.edited ? { answer: edited } : await judgeCommand(deps, enrolment, number, said);
  await settle(deps, enrolment, number, said, step);
}

/** Apps speak in the words of whoever wrote to them, and a deleted account is nobody: theirs are no commands. */
async function newCommands(db: Db, repositoryId: number, comments: readonly IssueComment[]): Promise<readonly Said[]> {
  const commands = comments.flatMap((comment): Said[] => {
    const { author } = comment;
    const command = author?.kind === "user" ? readCommand(comment.body) : null;
    return author && command ? [{ ...comment, author, command }] : [];
  });
  const known = await handledComments(
    db,
    repositoryId,
    commands.map(({ id }) => id),
  );
  return commands.filter(({ id }) => !known.has(id));
}
