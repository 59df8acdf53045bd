import { type Enrolment, readCommand } from "../../pull-request/index.ts";
import { commentsKey, type GrantDeps } from "../deps.ts";
import { handledComments } from "./handled.ts";

/** The row of `read_comments` that is about a whole repository. */
const whole = 0;
/** How far back the first look goes. */
const first = 86_400_000;
/** GitHub may show a comment later than it dates it. */
const overlap = 300_000;
const mostPages = 5;

/**
 * For the sweep: commands that no webhook told of, on open pull requests and merged ones, by one list for the whole repository.
 * Only says where to look; what a comment says is read again there.
 */
export async function findCommands(
  deps: Pick<GrantDeps, "db" | "github" | "clock" | "enqueue">,
  enrolment: Enrolment,
): Promise<void> {
  const { db, github, clock, enqueue } = deps;
  const row = await db
    .selectFrom("read_comments")
    .select("up_to")
    .where("repository_id", "=", String(enrolment.id))
    .where("number", "=", whole)
    .executeTakeFirst();
  const from = row ? new Date(row.up_to) : new Date(clock.now().getTime() - first);
  let since = from;
  for (let pages = 0; pages < mostPages; pages++) {
    const listed = await github.commentsSince(enrolment, since);
    const commands = listed.filter(({ body }) => readCommand(body) !== null);
    const known = await handledComments(
      db,
      enrolment.id,
      commands.map(({ id }) => id),
    );
    for (const number of new Set(commands.filter(({ id }) => !known.has(id)).map((one) => one.number)))
      await enqueue(commentsKey(enrolment.id, number));
    const last = listed.at(-1)?.updatedAt;
    // A hundred within one second: the list would begin there again. GitHub lets nobody write so fast.
    const all = listed.length < 100 || last === undefined || last <= since;
    since = all ? new Date(githubsNow({ github, clock }) - overlap) : last;
    if (all) break;
  }
  await enqueueUnanswered({ db, enqueue }, enrolment.id);
  if (row && since <= from) return;
  const up_to = since.toISOString();
  await db
    .insertInto("read_comments")
    .values({ repository_id: enrolment.id, number: whole, up_to })
    .onConflict((c) => c.columns(["repository_id", "number"]).doUpdateSet({ up_to }))
    .execute();
}

/** By GitHub's clock, which dates the comments. */
const githubsNow = ({ github, clock }: Pick<GrantDeps, "github" | "clock">): number =>
  clock.now().getTime() + (github.skewSeconds() ?? 0) * 1000;

/** Commands whose answer does not stand yet. */
async function enqueueUnanswered(
  { db, enqueue }: Pick<GrantDeps, "db" | "enqueue">,
  repositoryId: number,
): Promise<void> {
  const rows = await db
    .selectFrom("handled_comment")
    .select("number")
    .distinct()
    .where("repository_id", "=", String(repositoryId))
    .where("finished_at", "is", null)
    .execute();
  for (const { number } of rows) await enqueue(commentsKey(repositoryId, number));
}
