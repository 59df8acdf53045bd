import { accessRepoKey, type Enrolment, readEnrolment } from "../pull-request/index.ts";
import type { Db } from "../store/index.ts";
import type { GrantDeps } from "./deps.ts";

/** Seconds in which a head that we moved ourselves has been judged: the merge asked for that by itself. */
const settled = 2;

const pushedKey = (repositoryId: number, sha: string): string => `pushed:${repositoryId}:${sha}`;

/**
 * Which jobs a push asks for. Only the default branch can grant, revoke or accept anything; a push to a pull request's branch
 * comes as an event of the pull request as well. What is judged already needs no look, and neither will our own merge in a
 * moment. All of it is a hint: a push that nobody tells of is found by the sweep.
 */
export async function pushed(
  db: Db,
  { repositoryId, ref, after, byUs }: { repositoryId: number; ref: string | null; after: string | null; byUs: boolean },
): Promise<readonly (string | { key: string; in: number })[]> {
  const enrolment = await readEnrolment(db, repositoryId);
  if (!enrolment || ref === null || after === null) return [accessRepoKey(repositoryId)];
  if (ref !== `refs/heads/${enrolment.defaultBranch}`) return [];
  if (isJudged(enrolment, after)) return [];
  return [byUs ? { key: pushedKey(repositoryId, after), in: settled } : accessRepoKey(repositoryId)];
}

/** The job of a push of our own: judged meanwhile, or to be judged now. */
export async function lookAtPush(deps: Pick<GrantDeps, "db" | "enqueue">, id: number, sha: string): Promise<void> {
  const enrolment = await readEnrolment(deps.db, id);
  if (enrolment && !isJudged(enrolment, sha)) await deps.enqueue(accessRepoKey(id));
}

const isJudged = ({ head }: Enrolment, sha: string): boolean => head === sha;
