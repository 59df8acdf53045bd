import type { Selectable } from "kysely";
import { type CommitSha, type Digest, type RepositoryId, repositoryId } from "../../base/ids.ts";
import type { Db } from "../../store/index.ts";
import type { RoleCheckTable } from "../../store/schema.ts";
import type { CheckableRole } from "./roles.ts";

export type Row = Selectable<RoleCheckTable>;

/** Roles that one accepted policy may have tried. A policy that changes more was not written by hand; the rest is counted. */
export const mostRoles = 200;

/** A policy in force, as the enrolment names it. */
export interface Accepted {
  readonly digest: Digest;
  readonly commit: CommitSha;
}

/**
 * Makes due what an accepted policy changes, once for each policy: roles that are new or that their cloud sees otherwise than when
 * they were tried, and those that an earlier policy made due and nobody has tried yet. Roles that are gone are forgotten.
 */
export async function planChecks(
  db: Db,
  repository: RepositoryId,
  accepted: Accepted,
  roles: readonly CheckableRole[],
  now: Date,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    // One at a time: of the first policy there is no report yet that could be locked, and two replicas would insert the same rows.
    await trx
      .selectFrom("enrolment")
      .select("repository_id")
      .where("repository_id", "=", String(repository))
      .forNoKeyUpdate()
      .executeTakeFirst();
    const report = await trx
      .selectFrom("role_report")
      .select("policy_digest")
      .where("repository_id", "=", String(repository))
      .forUpdate()
      .executeTakeFirst();
    if (report?.policy_digest === accepted.digest) return;
    const known = new Map((await rowsOf(trx, repository)).map((row) => [keyOf(row), row]));
    const changed = roles.filter((role) => {
      const row = known.get(keyOfRole(role));
      return row?.fingerprint !== role.fingerprint || isDue(row);
    });
    const kept = new Set(roles.filter((role) => !changed.includes(role)).map(keyOfRole));
    for (const row of known.values()) if (!kept.has(keyOf(row))) await forget(trx, row);
    const due = changed.slice(0, mostRoles);
    if (due.length > 0)
      await trx
        .insertInto("role_check")
        .values(due.map(dueRow(repository, accepted, now)))
        .execute();
    const values = {
      policy_digest: accepted.digest,
      commit_sha: accepted.commit,
      left_out: changed.length - due.length,
      check_run_id: null,
      shown_sha256: null,
    };
    await trx
      .insertInto("role_report")
      .values({ repository_id: repository, ...values })
      .onConflict((c) => c.column("repository_id").doUpdateSet(values))
      .execute();
  });
}

const dueRow = (repository: RepositoryId, accepted: Accepted, now: Date) => (role: CheckableRole) =>
  ({
    repository_id: repository,
    target: role.target,
    role: role.name,
    kind: role.role.kind,
    fingerprint: role.fingerprint,
    policy_digest: accepted.digest,
    commit_sha: accepted.commit,
    state: "due",
    outcome: null,
    code: null,
    message: null,
    due_at: now,
  }) as const;

const forget = (trx: Db, { repository_id, target, role }: Row): Promise<unknown> =>
  trx
    .deleteFrom("role_check")
    .where("repository_id", "=", repository_id)
    .where("target", "=", target)
    .where("role", "=", role)
    .execute();

export const isDue = ({ state }: Pick<Row, "state">): boolean => state === "due";
export const keyOf = ({ target, role }: { readonly target: string; readonly role: string }): string =>
  `${target}/${role}`;
export const keyOfRole = ({ target, name }: Pick<CheckableRole, "target" | "name">): string => `${target}/${name}`;

/** By target and role. */
export const rowsOf = (db: Db, repository: RepositoryId): Promise<readonly Row[]> =>
  db
    .selectFrom("role_check")
    .selectAll()
    .where("repository_id", "=", String(repository))
    .orderBy("target")
    .orderBy("role")
    .execute();

/** Whether an access repo has roles to try now, or a policy that nobody has gone through. Cheap: asked after every reconcile. */
export async function isSomethingDue(db: Db, repository: number, now: Date): Promise<boolean> {
  const row = await db
    .selectFrom("enrolment as e")
    .leftJoin("role_report as r", "r.repository_id", "e.repository_id")
    .select("e.repository_id")
    .where("e.repository_id", "=", String(repository))
    .where("e.state", "=", "active")
    .where("e.quarantined_digest", "is", null)
    .where("e.accepted_digest", "is not", null)
    .where((b) =>
      b.or([
        b("r.policy_digest", "is", null),
        b("r.policy_digest", "<>", b.ref("e.accepted_digest")),
        b.exists(
          b
            .selectFrom("role_check as c")
            .select("c.target")
            .whereRef("c.repository_id", "=", "e.repository_id")
            .where("c.state", "=", "due")
            .where("c.due_at", "<=", now),
        ),
      ]),
    )
    .executeTakeFirst();
  return row !== undefined;
}

/** Nobody may have a role tried more often by pressing a button. */
const notBefore = 60_000;

/**
 * Makes due once more what was tried and not found right, to be told under the policy of the newest report; and lets roles that
 * were left out have their turn, once nothing else is due. @returns whether there is anything to do
 */
export async function dueAgain(db: Db, repository: number, now: Date): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const report = await trx
      .selectFrom("role_report")
      .selectAll()
      .where("repository_id", "=", String(repository))
      .forUpdate()
      .executeTakeFirst();
    if (!report) return false;
    const { numUpdatedRows } = await trx
      .updateTable("role_check")
      .set({
        state: "due",
        tries: 0,
        due_at: now,
        policy_digest: report.policy_digest,
        commit_sha: report.commit_sha,
      })
      .where("repository_id", "=", String(repository))
      .where("state", "=", "done")
      .where("outcome", "<>", "ok")
      .where("tried_at", "<=", new Date(now.getTime() - notBefore))
      .executeTakeFirst();
    if (report.left_out > 0 && !(await rowsOf(trx, repositoryId(report.repository_id))).some(isDue)) {
      // Gone through once more: what has been tried stays as it is, and the next ones come in.
      await trx.deleteFrom("role_report").where("repository_id", "=", report.repository_id).execute();
      return true;
    }
    return numUpdatedRows > 0n;
  });
}
