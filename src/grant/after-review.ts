import type { Selectable } from "kysely";
import { loadPolicy } from "../access-repo/index.ts";
import type { Policy } from "../access-repo/types.ts";
import { isReviewCommand, reviewTeams, whyNoReview } from "../approval/index.ts";
import type { Memberships } from "../approval/types.ts";
import { formatInstant } from "../base/duration.ts";
import { RetryLater } from "../base/errors.ts";
import type { UserId } from "../base/ids.ts";
import type { IssueComment } from "../github/types.ts";
import type { ReviewedEntry } from "../ledger/types.ts";
import { type Enrolment, findOwn, marked, pullRequestKey, readEnrolment } from "../pull-request/index.ts";
import type { AfterReviewTable } from "../store/schema.ts";
import { noteUpTo, readUpTo } from "./comments/read-up-to.ts";
import { refusedReview, reviewBody, reviewTitle } from "./after-review-text.ts";
import { afterReviewKey, flushKey, type GrantDeps, SOON } from "./deps.ts";

type Row = Selectable<AfterReviewTable>;
type Active = Enrolment & { accepted: NonNullable<Enrolment["accepted"]> };

const kind = "after-review";
const noReview = "no-review";
/** Answers on one issue to commands that are no review; whoever writes more of them gets none. */
const mostAnswers = 10;
/** So long the issue waits for the run that is being started, to name it. */
const runShowsUp = 60_000;

/**
 * Makes the issue of a use of break-glass be as it should: open until an owner who is not the person has said
 * `/countersign reviewed` on it (DESIGN.md section 4). Everything is read live; twice or without a cause it changes nothing.
 * @throws RetryLater where GitHub does not show or do something
 */
export async function reconcileAfterReview(deps: GrantDeps, repositoryId: number, pullRequest: number): Promise<void> {
  if (!deps.accessRepos.some((repo) => repo.repositoryId === repositoryId)) return; // no longer ours
  const enrolment = await readEnrolment(deps.db, repositoryId);
  if (enrolment?.state !== "active" || enrolment.accepted === null) return;
  const rows = await rowsOf(deps, repositoryId, pullRequest);
  if (rows.every((row) => row.done)) return;
  // After a restart nobody enrols again, and by our bot's id we know what is ours.
  await deps.github.identify(enrolment);
  const issue = await theIssue(deps, enrolment, rows);
  if (issue === null) return; // later
  const accepted = enrolment.accepted;
  const { comments, full, more } = await newComments(deps, enrolment, issue.number);
  await judge(deps, { ...enrolment, accepted }, rows, issue.number, comments);
  if (full !== null) await noteUpTo(deps.db, repositoryId, issue.number, full);
  if (more) return deps.enqueue(afterReviewKey(repositoryId, pullRequest));
  const left = (await rowsOf(deps, repositoryId, pullRequest)).filter((row) => row.reviewed_at === null);
  if (left.length === 0) {
    if (issue.state === "open") await deps.github.closeIssue(enrolment, issue.number, "completed");
    await note(deps, rows, { done: true });
  } else {
    if (issue.state === "closed") await deps.github.updateIssue(enrolment, issue.number, { state: "open" });
    await note(deps, rows, { looked_at: deps.clock.now() });
  }
}

/** Pages of a hundred comments in one run; the rest follows in the next, so that no flood hides a review. */
const mostPages = 10;

/** What is said behind what was judged before. `full`: the cursor behind the last full page, which need not be read again. */
async function newComments(
  { db, github }: GrantDeps,
  enrolment: Enrolment,
  issue: number,
): Promise<{ readonly comments: readonly IssueComment[]; readonly full: string | null; readonly more: boolean }> {
  const comments: IssueComment[] = [];
  let after = await readUpTo(db, enrolment.id, issue);
  let full: string | null = null;
  for (let pages = 0; pages < mostPages; pages++) {
    const page = await github.commentPage(enrolment, issue, after);
    comments.push(...page.comments);
    if (page.next === null) return { comments, full, more: false };
    full = after = page.next;
  }
  return { comments, full, more: true };
}

const rowsOf = (deps: GrantDeps, repositoryId: number, pullRequest: number): Promise<readonly Row[]> =>
  deps.db
    .selectFrom("after_review")
    .selectAll()
    .where("repository_id", "=", String(repositoryId))
    .where("pull_request", "=", pullRequest)
    .orderBy("path")
    .execute();

async function note(
  { db }: GrantDeps,
  rows: readonly Row[],
  change: { done?: boolean; looked_at?: Date; issue?: number | null; opening?: boolean },
): Promise<void> {
  const ids = rows.map((row) => row.grant_id);
  await db.updateTable("after_review").set(change).where("grant_id", "in", ids).execute();
}

/** The issue and its state; opened where there is none, or where somebody deleted it. null: it is too early. */
async function theIssue(
  deps: GrantDeps,
  enrolment: Active | Enrolment,
  rows: readonly Row[],
): Promise<{ readonly number: number; readonly state: "open" | "closed" } | null> {
  const known = rows.find((row) => row.issue !== null)?.issue ?? null;
  const live = known === null ? null : await deps.github.issue(enrolment, known);
  if (known !== null && live !== null) return { number: known, state: live.state };
  const key = `${enrolment.id}#${rows[0]?.pull_request ?? 0}`;
  if (known === null && rows.some((row) => row.opening)) {
    // GitHub may have opened it without our hearing of it.
    const ours = await deps.github.ourIssues(enrolment);
    const found = findOwn(
      ours.map((one) => ({ ...one, author: { ...deps.github.bot, kind: "bot" as const } })),
      deps.github.bot,
      kind,
      key,
    );
    if (found) {
      await note(deps, rows, { issue: found.number });
      return found;
    }
  }
  const runs = await runsOf(deps, rows);
  if (runs === null) return null;
  await note(deps, rows, { issue: null, opening: true });
  const body = marked(reviewBody(rows, runs), kind, key);
  const number = await deps.github.createIssue(enrolment, { title: reviewTitle(rows), body });
  await note(deps, rows, { issue: number });
  return { number, state: "open" };
}

/** The runs that were started for these grants. null: one is being started just now, and the job comes again. */
async function runsOf(deps: GrantDeps, rows: readonly Row[]) {
  const dispatches = await deps.db
    .selectFrom("dispatch")
    .innerJoin("grant", "grant.dispatch_id", "dispatch.id")
    .select(["dispatch.state", "dispatch.run_id", "dispatch.workflow_repository"])
    .distinct()
    .where(
      "grant.id",
      "in",
      rows.map((row) => row.grant_id),
    )
    .execute();
  const now = deps.clock.now().getTime();
  const [first] = rows;
  const starting = dispatches.some((one) => one.state === "pending" || one.state === "sent");
  if (first && starting && now < first.granted_at.getTime() + runShowsUp) {
    await deps.enqueue(afterReviewKey(Number(first.repository_id), first.pull_request), new Date(now + 5000));
    return null;
  }
  return dispatches.flatMap(({ run_id: id, workflow_repository: repository }) =>
    id === null ? [] : [{ id, url: `${deps.config.webUrl}/${repository}/actions/runs/${id}` }],
  );
}

async function judge(
  deps: GrantDeps,
  enrolment: Active,
  rows: readonly Row[],
  issue: number,
  comments: readonly IssueComment[],
): Promise<void> {
  const { bot } = deps.github;
  const isAnswered = ({ id }: IssueComment): boolean => findOwn(comments, bot, noReview, String(id)) !== undefined;
  // What was refused stays refused: nobody's word becomes a review because its author becomes an owner later.
  const commands = comments.filter((comment) => isReviewCommand(comment.body) && !isAnswered(comment));
  const owed = rows.filter((row) => row.reviewed_at === null);
  if (commands.length === 0 || owed.length === 0) return;
  const policy = await policyInForce(deps, enrolment);
  const refusals: { readonly comment: IssueComment; readonly why: string }[] = [];
  // Each person is asked about once, however often they say it.
  const people = new Map<UserId | null, Awaited<ReturnType<typeof livePerson>>>();
  for (const comment of commands) {
    const who = comment.edited ? null : (comment.author?.id ?? null);
    const live = people.get(who) ?? (await livePerson(deps, enrolment, policy, owed, comment));
    people.set(who, live);
    const refused = owed.map((row) => ({ row, why: whyNoReview(comment, row, { policy, ...live }) }));
    for (const { row, why } of refused) if (why === undefined) await reviewed(deps, enrolment, row, issue, comment);
    const [first] = refused;
    if (first?.why !== undefined && refused.every(({ why }) => why !== undefined))
      refusals.push({ comment, why: first.why });
  }
  // After every review, and not without end: what floods the issue delays none, and uses up no budget of writes.
  const answered = comments.filter((comment) => comment.author?.id === bot.id).length;
  for (const { comment, why } of refusals.slice(0, Math.max(0, mostAnswers - answered)))
    await answer(deps, enrolment, issue, comment, why);
}

/** The accepted policy, also while another one stands in quarantine on the default branch. */
async function policyInForce({ github }: GrantDeps, enrolment: Active): Promise<Policy> {
  const loaded = loadPolicy(await github.policyAt(enrolment, enrolment.accepted.commit));
  if (!loaded.ok || loaded.policy.digest !== enrolment.accepted.digest)
    throw new RetryLater("policy_unreadable", "The accepted policy cannot be read now.");
  return loaded.policy;
}

/** What only GitHub knows of who says it. Asked only of somebody whom nothing else bars. */
async function livePerson(
  { github }: GrantDeps,
  enrolment: Enrolment,
  policy: Policy,
  owed: readonly Row[],
  { author, edited }: IssueComment,
): Promise<{ memberships: Memberships; canWrite: boolean }> {
  const nothing = { memberships: { teams: new Map() }, canWrite: false };
  if (edited || author?.kind !== "user" || owed.every((row) => row.barred.some(({ id }) => id === author.id)))
    return nothing;
  const canWrite = await github.canWrite(enrolment.fullName, author);
  if (!canWrite) return { ...nothing, canWrite };
  const teams = new Map<string, ReadonlySet<UserId>>();
  for (const { org, slug } of reviewTeams(
    policy,
    owed.map((row) => row.path),
  ))
    if (await github.teamMember(enrolment, org, slug, author.login))
      teams.set(`${org}/${slug}`.toLowerCase(), new Set([author.id]));
  return { memberships: { teams }, canWrite };
}

/** Once: whoever sets `reviewed_at` writes the entry. */
async function reviewed(
  deps: GrantDeps,
  enrolment: Enrolment,
  row: Row,
  issue: number,
  { id: comment, author }: IssueComment,
): Promise<void> {
  if (author === null) throw new TypeError("a review has an author");
  const now = deps.clock.now();
  const first = await deps.db.transaction().execute(async (trx) => {
    const { numUpdatedRows } = await trx
      .updateTable("after_review")
      .set({ reviewed_at: now })
      .where("grant_id", "=", row.grant_id)
      .where("reviewed_at", "is", null)
      .executeTakeFirst();
    if (numUpdatedRows !== 1n) return false;
    const entry: ReviewedEntry = {
      v: 1,
      id: deps.newId(),
      at: formatInstant(now),
      type: "reviewed",
      grant: row.grant_id,
      path: row.path,
      pull_request: row.pull_request,
      issue,
      comment,
      by: { id: author.id, login: author.login },
    };
    await deps.recorder.append(trx, enrolment.id, [entry], new Date(now.getTime() + SOON));
    return true;
  });
  if (!first) return;
  await deps.enqueue(flushKey(enrolment.id), new Date(now.getTime() + SOON));
  if (row.due_at > now) return;
  // It was overdue: a request that was refused for it may be right now.
  for (const number of await deps.github.openPullRequests(enrolment))
    await deps.enqueue(pullRequestKey(enrolment.id, number));
}

/** One answer to each command that is no review. */
async function answer(
  { github }: GrantDeps,
  enrolment: Enrolment,
  issue: number,
  { id, author }: IssueComment,
  why: string,
): Promise<void> {
  if (author?.kind !== "user") return;
  await github.createComment(enrolment, issue, marked(refusedReview(author.login, why), noReview, String(id)));
}

/** For the sweep: issues that are not opened yet, and those that no webhook made us look at for ten minutes. */
export async function owedReviews({ db, clock }: GrantDeps): Promise<readonly string[]> {
  const before = new Date(clock.now().getTime() - 600_000);
  const rows = await db
    .selectFrom("after_review")
    .select(["repository_id", "pull_request"])
    .distinct()
    .where("done", "=", false)
    .where((e) => e.or([e("issue", "is", null), e("looked_at", "is", null), e("looked_at", "<", before)]))
    .limit(1000)
    .execute();
  return rows.map((row) => afterReviewKey(Number(row.repository_id), row.pull_request));
}

/** The job of the use of break-glass that an issue is about; null: it is about something else. */
export async function reviewOfIssue({ db }: GrantDeps, repositoryId: number, issue: number): Promise<string | null> {
  const row = await db
    .selectFrom("after_review")
    .select("pull_request")
    .where("repository_id", "=", String(repositoryId))
    .where("issue", "=", issue)
    .executeTakeFirst();
  return row ? afterReviewKey(repositoryId, row.pull_request) : null;
}
