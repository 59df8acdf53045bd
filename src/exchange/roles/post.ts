import { digestOf, type Json } from "../../base/canonical-json.ts";
import { CountersignError, RetryLater } from "../../base/errors.ts";
import type { Enrolment } from "../../pull-request/index.ts";
import { type Accepted, rowsOf, type Row } from "./plan.ts";
import { rolesCheck } from "./report.ts";
import type { RoleCheckDeps } from "./types.ts";

/**
 * Makes the check run `countersign / roles` of the accepted policy's commit say what is known now; written only where it differs.
 * A policy that changes no role has none. @throws RetryLater
 */
export async function postReport(
  deps: RoleCheckDeps,
  enrolment: Enrolment,
  accepted: Accepted,
  stopped: (row: Row) => boolean,
): Promise<void> {
  const report = await deps.db
    .selectFrom("role_report")
    .selectAll()
    .where("repository_id", "=", String(enrolment.id))
    .executeTakeFirst();
  if (report?.policy_digest !== accepted.digest) return;
  const rows = await rowsOf(deps.db, enrolment.id);
  const told = rows.filter((row) => row.policy_digest === accepted.digest);
  if (told.length === 0) return;
  const content = rolesCheck({
    roles: told.map((row) => ({ ...row, frozen: row.state === "due" && stopped(row) })),
    others: rows.filter((row) => row.policy_digest !== accepted.digest && row.outcome !== "ok"),
    leftOut: report.left_out,
    issuerUrl: deps.config.issuerUrl,
    repositoryId: enrolment.id,
  });
  const shown = digestOf(content as unknown as Json);
  if (report.shown_sha256 === shown) return;
  const existing = report.check_run_id === null ? null : Number(report.check_run_id);
  const id = await write(deps, enrolment, accepted, content, existing);
  await deps.db
    .updateTable("role_report")
    .set({ check_run_id: id, shown_sha256: shown })
    .where("repository_id", "=", report.repository_id)
    .where("policy_digest", "=", accepted.digest)
    .execute();
}

/** @returns the check run, or null where GitHub takes none: the ledger has what was found, and to ask for ever helps nobody. */
async function write(
  deps: RoleCheckDeps,
  enrolment: Enrolment,
  { commit, digest }: Accepted,
  content: ReturnType<typeof rolesCheck>,
  existing: number | null,
): Promise<number | null> {
  try {
    return (await deps.github.putCheck(enrolment, commit, `roles:${digest}`, content, existing)).id;
  } catch (error) {
    if (error instanceof RetryLater || !(error instanceof CountersignError)) throw error;
    deps.log.warn({ commit, code: error.code }, "what the roles lack could not be said on the commit");
    return null;
  }
}
