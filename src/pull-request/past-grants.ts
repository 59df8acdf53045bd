import { sql } from "kysely";
import type { Past, PastGrant } from "../plan/index.ts";
import type { PlanData } from "../plan/types.ts";
import type { Db } from "../store/index.ts";

/** So many grants are looked at; what is older is not remembered, and the page says so. */
const most = 200;
/** So far back a workflow file is looked for among the grants of its repository. */
const mostOfWorkflow = 1000;

/** What was granted before, from our own database: of the plan's role, to its requester, and with its workflow file. */
export async function pastGrants(db: Db, repositoryId: number, requesterId: number, data: PlanData): Promise<Past> {
  const grants = db
    .selectFrom("grant")
    .select(["path", "pull_request", "requester_id", "requester_login", "created_at", "plan"])
    .where("repository_id", "=", String(repositoryId))
    .where("state", "<>", "quarantined")
    .orderBy("created_at", "desc")
    .orderBy("path");
  const [ofRole, ofRequester, ofWorkflow] = [
    await grants
      .where("target", "=", data.target)
      .where("role", "=", data.role)
      .limit(most + 1)
      .execute(),
    await grants
      .where("requester_id", "=", String(requesterId))
      .limit(most + 1)
      .execute(),
    await db
      .selectFrom(
        grants
          .where("workflow_repository_id", "=", String(data.workflow.repository_id))
          .limit(mostOfWorkflow)
          .as("recent"),
      )
      .selectAll()
      .where(sql`plan::jsonb #>> '{workflow,file}'`, "=", data.workflow.file)
      .orderBy("created_at", "desc")
      .orderBy("path")
      .limit(1)
      .execute(),
  ];
  const known = (rows: readonly Row[]) => ({ grants: rows.slice(0, most).map(pastGrant), all: rows.length <= most });
  const [last] = ofWorkflow;
  return { ofRole: known(ofRole), ofRequester: known(ofRequester), ofWorkflow: last ? pastGrant(last) : null };
}

interface Row {
  readonly path: string;
  readonly pull_request: number;
  readonly requester_id: string;
  readonly requester_login: string;
  readonly created_at: Date;
  readonly plan: string;
}

const pastGrant = (row: Row): PastGrant => ({
  path: row.path,
  pullRequest: row.pull_request,
  requester: { id: Number(row.requester_id), login: row.requester_login },
  at: row.created_at,
  data: JSON.parse(row.plan) as PlanData,
});
