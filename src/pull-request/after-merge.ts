import type { ReconcileDeps } from "./deps.ts";
import { grantedText, type TellableGrant, worthTelling } from "./comment-text.ts";
import { readEnrolment } from "./enrolment.ts";
import { keepComment, readComment } from "./one-comment.ts";

/** Run attempts that are read of one grant. */
const mostUses = 20;

/**
 * The comment after the merge, from our own database: GitHub is asked for nothing, and written to only where what is said
 * differs. A grant that does what it should needs no comment; one is made where it ended unused, where its run could not be
 * started or where a job was refused, and one that stood before the merge is kept up (DESIGN.md section 7: eight writes).
 */
export async function reconcileComment(
  deps: Pick<ReconcileDeps, "db" | "github" | "clock" | "enqueue" | "config">,
  repositoryId: number,
  number: number,
): Promise<void> {
  const enrolment = await readEnrolment(deps.db, repositoryId);
  if (!enrolment || enrolment.state === "pending") return;
  const grants = await tellableGrants(deps.db, repositoryId, number);
  if (grants.length === 0) return;
  const known = await readComment(deps.db, repositoryId, number);
  if (!known && !grants.some(worthTelling)) return;
  const { webUrl: host } = deps.config;
  const place = { host, fullName: enrolment.fullName, defaultBranch: enrolment.defaultBranch };
  await keepComment(deps, enrolment, number, grantedText(grants, place));
}

async function tellableGrants(db: ReconcileDeps["db"], repositoryId: number, number: number): Promise<TellableGrant[]> {
  const rows = await db
    .selectFrom("grant as g")
    .leftJoin("dispatch as d", "d.id", "g.dispatch_id")
    .leftJoin("grant_refusal as f", "f.grant_id", "g.id")
    .leftJoin("page_request as s", (join) =>
      join
        .onRef("s.repository_id", "=", "g.repository_id")
        .onRef("s.pull_request", "=", "g.pull_request")
        .onRef("s.path", "=", "g.path")
        .onRef("s.blob", "=", "g.blob"),
    )
    .select(["g.id", "g.path", "g.target", "g.role", "g.state", "g.not_before", "g.expires_at"])
    .select(["d.state as dispatch", "d.run_id", "d.reason", "d.workflow_repository", "s.body"])
    .select(["s.workflow_repository as shown_repository", "f.words", "f.correlation_id", "f.at"])
    .where("g.repository_id", "=", String(repositoryId))
    .where("g.pull_request", "=", number)
    .orderBy("g.path")
    .execute();
  const grants: TellableGrant[] = [];
  for (const row of rows) {
    const uses = await db
      .selectFrom("grant_use")
      .select(["run_id", "run_attempt"])
      .where("grant_id", "=", row.id)
      .orderBy("first_at", "desc")
      .orderBy("run_id", "desc")
      .limit(mostUses)
      .execute();
    grants.push({
      path: row.path,
      target: row.target,
      role: row.role,
      state: row.state,
      notBefore: row.not_before,
      expiresAt: row.expires_at,
      dispatch: row.dispatch === null ? null : { state: row.dispatch, runId: row.run_id, reason: row.reason },
      uses: uses.map((use) => ({ runId: use.run_id, attempt: use.run_attempt })),
      refusal:
        row.words === null || row.correlation_id === null || row.at === null
          ? null
          : { words: row.words, correlationId: row.correlation_id, at: row.at },
      workflowRepository: row.workflow_repository ?? row.shown_repository,
      text: row.body,
    });
  }
  return grants;
}

/** What ended or was refused so lately that its comment may not have been written yet. */
const lately = 600_000;
const mostAtOnce = 1000;

/**
 * Pull requests whose comment may say something else now: for the sweep. By state and not by event, so that nothing has to be
 * told by whoever changes a grant, and a crash forgets nothing.
 */
export async function commentsToKeep({
  db,
  clock,
}: Pick<ReconcileDeps, "db" | "clock">): Promise<
  readonly { readonly repositoryId: number; readonly number: number }[]
> {
  const since = new Date(clock.now().getTime() - lately);
  const grants = db.selectFrom("grant as g").select(["g.repository_id", "g.pull_request"]);
  const rows = await grants
    .innerJoin("pull_request_comment as c", (join) =>
      join.onRef("c.repository_id", "=", "g.repository_id").onRef("c.pull_request", "=", "g.pull_request"),
    )
    .where("c.state", "<>", "gone")
    .where("g.state", "=", "active")
    .union(grants.where("g.state", "<>", "active").where("g.ended_at", ">", since))
    .union(grants.innerJoin("grant_refusal as f", "f.grant_id", "g.id").where("f.at", ">", since))
    .limit(mostAtOnce)
    .execute();
  return rows.map((row) => ({ repositoryId: Number(row.repository_id), number: row.pull_request }));
}
