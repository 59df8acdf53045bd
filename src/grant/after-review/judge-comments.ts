import { loadPolicy } from "../../access-repo/index.ts";
import type { Policy } from "../../access-repo/types.ts";
import { isReviewCommand, reviewTeams, whyNoReview } from "../../approval/index.ts";
import type { Memberships } from "../../approval/types.ts";
import { formatInstant } from "../../base/duration.ts";
import { RetryLater } from "../../base/errors.ts";
import type { UserId } from "../../base/ids.ts";
import type { IssueComment } from "../../github/types.ts";
import type { ReviewedEntry } from "../../ledger/types.ts";
import { type Enrolment, findOwn, marked, policyKnowingAccounts, pullRequestKey } from "../../pull-request/index.ts";
import { flushKey, type GrantDeps, SOON } from "../deps.ts";
import type { OwedRow } from "./rows.ts";
import { refusedReview } from "./text.ts";

type Active = Enrolment & { readonly accepted: NonNullable<Enrolment["accepted"]> };

const noReview = "no-review";
/** Answers on one issue to commands that are no review; whoever writes more of them gets none. */
const mostAnswers = 10;

/**
 * Takes what is said on the issue as reviews of what is owed, where its author may review it by the policy in force, live; and
 * answers what is none (DESIGN.md section 4; the rules are `whyNoReview`). Each review is recorded once.
 * @throws RetryLater where GitHub does not show or do something
 */
export async function judgeComments(
  deps: GrantDeps,
  enrolment: Active,
  rows: readonly OwedRow[],
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
async function policyInForce({ db, github }: GrantDeps, enrolment: Active): Promise<Policy> {
  const loaded = loadPolicy(await github.policyAt(enrolment, enrolment.accepted.commit));
  if (!loaded.ok || loaded.policy.digest !== enrolment.accepted.digest)
    throw new RetryLater("policy_unreadable", "The accepted policy cannot be read now.");
  return policyKnowingAccounts(db, enrolment.id, loaded.policy);
}

/** What only GitHub knows of who says it. Asked only of somebody whom nothing else bars. */
async function livePerson(
  { github }: GrantDeps,
  enrolment: Enrolment,
  policy: Policy,
  owed: readonly OwedRow[],
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
  row: OwedRow,
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
