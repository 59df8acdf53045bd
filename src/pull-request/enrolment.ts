import type { Selectable } from "kysely";
import {
  commitSha,
  type CommitSha,
  digest,
  type Digest,
  ownerId,
  type OwnerId,
  repositoryId,
  type RepositoryId,
} from "../base/ids.ts";
import type { RepoRef } from "../github/types.ts";
import type { Db } from "../store/index.ts";
import type { EnrolmentTable } from "../store/schema.ts";

/** One access repo as the database knows it. */
export interface Enrolment extends RepoRef {
  readonly id: RepositoryId;
  readonly ownerId: OwnerId;
  readonly defaultBranch: string;
  readonly state: EnrolmentTable["state"];
  readonly stateReason: string | null;
  /** Set once active. */
  readonly accepted: { readonly digest: Digest; readonly commit: CommitSha } | null;
  readonly quarantined: Digest | null;
  readonly head: CommitSha | null;
}

export async function readEnrolment(db: Db, id: number): Promise<Enrolment | null> {
  const row = await db.selectFrom("enrolment").selectAll().where("repository_id", "=", String(id)).executeTakeFirst();
  return row ? toEnrolment(row) : null;
}

export const toEnrolment = (row: Selectable<EnrolmentTable>): Enrolment => ({
  id: repositoryId(row.repository_id),
  ownerId: ownerId(row.owner_id),
  fullName: row.full_name,
  defaultBranch: row.default_branch,
  state: row.state,
  stateReason: row.state_reason,
  accepted:
    row.accepted_digest !== null && row.accepted_commit !== null
      ? { digest: digest(row.accepted_digest), commit: commitSha(row.accepted_commit) }
      : null,
  quarantined: row.quarantined_digest === null ? null : digest(row.quarantined_digest),
  head: row.head_sha === null ? null : commitSha(row.head_sha),
});
