import { type Enrolment, findOwn, marked } from "../../pull-request/index.ts";
import { afterReviewKey, type GrantDeps } from "../deps.ts";
import { note, type OwedRow } from "./rows.ts";
import { reviewBody, reviewTitle } from "./text.ts";

const kind = "after-review";
/** So long, in milliseconds, the issue waits for the run that is being started, to name it. */
const runShowsUp = 60_000;

/**
 * The one issue about these rows and its state; opened where there is none, or where somebody deleted it.
 * @returns null: it is too early, and the job comes again
 * @throws RetryLater where GitHub does not show or do something
 */
export async function theIssue(
  deps: GrantDeps,
  enrolment: Enrolment,
  rows: readonly OwedRow[],
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
async function runsOf(deps: GrantDeps, rows: readonly OwedRow[]) {
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
