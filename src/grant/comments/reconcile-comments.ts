import type { Selectable } from "kysely";
import { RetryLater } from "../../base/errors.ts";
import type { IssueComment } from "../../github/types.ts";
import {
  type Command,
  type Enrolment,
  findOwn,
  issueKey,
  marked,
  mayEnd,
  policyInForce,
  pullRequestKey,
  readCommand,
  readEnrolment,
  whoMayEnd,
} from "../../pull-request/index.ts";
import type { Db } from "../../store/index.ts";
import type { CommandEffect, HandledCommentTable } from "../../store/schema.ts";
import { cancelKey, cancelRevokedRun } from "../cancel-runs.ts";
import { commentsKey, flushKey, type GrantDeps } from "../deps.ts";
import { chooseRequest, edited, help, reviewedElsewhere, strangers, tooMany, unknown } from "./answers.ts";
import { effectAnswer } from "./effect-answer.ts";
import { handledComments } from "./handled.ts";
import { readHoldings } from "./holdings.ts";
import { noteUpTo, readUpTo } from "./read-up-to.ts";
import { revokeRequest } from "./revoke.ts";

/** What follows at once on a revocation, above this room: tokens that can be revoked end. */
export interface AfterRevocation {
  readonly endCredentials: () => Promise<void>;
}
type Deps = GrantDeps & AfterRevocation;
type Row = Selectable<HandledCommentTable>;

/** Pages of a hundred comments in one run; the rest follows in the next, and a flood of comments hides no command. */
const mostPages = 10;
/** Answers on one pull request within an hour to commands that changed nothing. Whoever writes more of them gets none. */
const mostAnswers = 6;
const hour = 3_600_000;
/**
 * Commands of one person within an hour, in a whole repository, that changed nothing. Each more costs GitHub half a dozen
 * requests of the 5 000 that all access hangs on, so it is not looked at.
 */
const mostUseless = 30;

/**
 * Does what the comments of one pull request ask for. Each is handled exactly once: its effect is stored in the transaction
 * that stores that it was seen, and stands whatever becomes of the comment; the answer follows, and is tried until it stands.
 * Comments come oldest first, and all effects come before the first answer: what floods us with questions delays no revocation.
 * @throws RetryLater where GitHub does not show or do something; what could be done is done
 */
export async function reconcileComments(deps: Deps, repositoryId: number, number: number): Promise<void> {
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
async function handle(deps: Deps, enrolment: Enrolment, number: number, said: Said): Promise<void> {
  const step = said.edited ? { answer: edited } : await judge(deps, enrolment, number, said);
  await settle(deps, enrolment, number, said, step);
}

type Said = IssueComment & { readonly author: NonNullable<IssueComment["author"]>; readonly command: Command };
type Step =
  | { readonly answer: string }
  | { readonly revoke: { readonly path: string; readonly merged: boolean; readonly reason: string } };

async function judge(deps: Deps, enrolment: Enrolment, number: number, { author, command }: Said): Promise<Step> {
  switch (command.name) {
    case "":
    case "help":
      return { answer: help };
    case "reviewed":
      return { answer: reviewedElsewhere };
    case "revoke":
      break;
    default:
      return { answer: unknown(command) };
  }
  if (await isFlooding(deps, enrolment.id, author)) return { answer: tooMany };
  const holdings = await readHoldings(deps, enrolment, number);
  if (holdings === null) throw new RetryLater("github_behind", `GitHub does not show pull request ${number}.`);
  const chosen = chooseRequest(command.rest, holdings);
  if ("answer" in chosen) return chosen;
  const { held, reason } = chosen;
  // Who asked needs no policy to be read: one that cannot be must not keep anybody from ending what is theirs.
  const own = held.requester?.id === author.id;
  const policy = own ? null : await policyInForce(deps, enrolment);
  if (!(await mayEnd(deps, enrolment, policy, author)(held))) return { answer: strangers(whoMayEnd(policy, held)) };
  return { revoke: { path: held.path, merged: held.state !== "open", reason } };
}

/** The comment and what it changes, in one transaction. Does nothing where another server was faster. */
async function settle(
  deps: Deps,
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

/** What follows on the stored effect, then the answer. Every step can be done again. */
async function finish(deps: Deps, enrolment: Enrolment, row: Row): Promise<void> {
  const { effect, number } = row;
  if (effect) await follow(deps, enrolment, number, effect);
  const text = effect ? await effectAnswer(deps, row.author_login, effect) : row.reply;
  if (text !== null) await answer(deps, enrolment, row, text);
  await deps.db
    .updateTable("handled_comment")
    .set({ finished_at: deps.clock.now() })
    .where("repository_id", "=", row.repository_id)
    .where("comment_id", "=", row.comment_id)
    .execute();
}

async function follow(deps: Deps, enrolment: Enrolment, number: number, { revoked }: CommandEffect): Promise<void> {
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

const noteFailure = (deps: Deps, error: unknown): void =>
  deps.log.warn({ err: error }, "what follows on a revocation has to be tried again");

/** What was merged meanwhile is merged; it never grants. */
async function closeIfOpen(deps: Deps, enrolment: Enrolment, number: number): Promise<void> {
  const live = await deps.github.snapshot(enrolment, number);
  if (live?.kind === "snapshot" && live.snapshot.pullRequest.state !== "open") return;
  await deps.github.closePullRequest(enrolment, number);
}

const kind = "answer";

/**
 * At most one answer to a comment: whoever notes the try first sends it, and where one may have been sent it is looked for. Not
 * while another server may still be sending it.
 */
async function answer(deps: Deps, enrolment: Enrolment, row: Row, text: string): Promise<void> {
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

async function stands(deps: Deps, enrolment: Enrolment, row: Row): Promise<boolean> {
  let after = await readUpTo(deps.db, enrolment.id, row.number);
  for (let pages = 0; pages < mostPages; pages++) {
    const { comments, next } = await deps.github.commentPage(enrolment, row.number, after);
    if (findOwn(comments, deps.github.bot, kind, row.comment_id)) return true;
    if (next === null) return false;
    after = next;
  }
  return false;
}

const unfinished = (db: Db, repositoryId: number, number: number): Promise<Row[]> =>
  db
    .selectFrom("handled_comment")
    .selectAll()
    .where("repository_id", "=", String(repositoryId))
    .where("number", "=", number)
    .where("finished_at", "is", null)
    .orderBy((b) => b("effect", "is", null)) // effects first
    .orderBy("comment_id")
    .execute();

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

async function isFlooding({ db, clock }: Deps, repositoryId: number, author: Said["author"]): Promise<boolean> {
  const { n } = await db
    .selectFrom("handled_comment")
    .select((b) => b.fn.countAll<string>().as("n"))
    .where("repository_id", "=", String(repositoryId))
    .where("author_id", "=", String(author.id))
    .where("seen_at", ">", new Date(clock.now().getTime() - hour))
    .where("command", "=", "revoke")
    .where("effect", "is", null)
    .executeTakeFirstOrThrow();
  return Number(n) >= mostUseless;
}
