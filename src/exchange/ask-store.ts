import { formatInstant } from "../base/duration.ts";
import { sha256 } from "../base/canonical-json.ts";
import type { Digest } from "../base/ids.ts";
import { RetryLater } from "../base/errors.ts";
import type { Actor } from "../approval/types.ts";
import type { Enrolment } from "../pull-request/index.ts";
import type { AskDeps } from "./ask-types.ts";
import { takeToken } from "./seen-tokens.ts";
import type { Claims } from "./claims.ts";
import { Refused } from "./refused.ts";

/** Open at a time of one workflow: what people can look at, and what GitHub lets us write. */
const mostOpen = 10;

/** What a job asks for, ready to be opened. */
export interface NewAsk {
  readonly enrolment: Enrolment;
  readonly target: string;
  readonly file: string;
  /** The request file. */
  readonly text: string;
  readonly title: string;
  readonly asked: Digest;
  readonly requester: Actor;
  readonly triggeredBy: Actor;
}

/** Digest of what is asked: same access repo, target and file text are the same request. */
export const askedDigest = (repositoryId: number, target: string, text: string): Digest =>
  sha256(`${repositoryId}\n${target}\n${text}`);

/** The job of the queue that opens one. */
const askKey = (id: string): string => `ask:${id}`;

/** Where the request file of a job belongs: the folder of the month, under a name that no other has. */
const askedPath = (target: string, claims: Claims, id: string, now: Date): string =>
  `requests/${target}/${formatInstant(now).slice(0, 7)}/job-${claims.runId}-${claims.runAttempt}-${id.slice(0, 8)}.yml`;

export async function findAsk(
  deps: Pick<AskDeps, "db">,
  claims: Claims,
  { id }: Pick<Enrolment, "id">,
  asked: Digest,
): Promise<string | undefined> {
  const row = await deps.db
    .selectFrom("asked_request")
    .select("id")
    .where("repository_id", "=", String(id))
    .where("workflow_repository_id", "=", String(claims.repositoryId))
    .where("run_id", "=", String(claims.runId))
    .where("run_attempt", "=", claims.runAttempt)
    .where("asked_sha256", "=", asked)
    .executeTakeFirst();
  return row?.id;
}

/**
 * Takes the token and remembers the request, with the job that opens it: all or nothing. The access repo's row is locked, so
 * that no two count the open ones at the same time.
 * @returns its id, or that of the same request which another token of this run attempt asked for meanwhile.
 * @throws Refused
 */
export async function storeAsk(deps: AskDeps, claims: Claims, ask: NewAsk): Promise<string> {
  const { enrolment, requester, triggeredBy } = ask;
  const id = deps.newId();
  const now = deps.clock.now();
  return deps.db.transaction().execute(async (trx) => {
    await takeToken(trx, claims);
    const row = await trx
      .selectFrom("enrolment")
      .select("state")
      .where("repository_id", "=", String(enrolment.id))
      .forUpdate()
      .executeTakeFirst();
    if (row?.state !== "active") throw new Refused("not_ready", { why: "enrolment" });
    const inserted = await trx
      .insertInto("asked_request")
      .values({
        id,
        repository_id: enrolment.id,
        path: askedPath(ask.target, claims, id, now),
        body: ask.text,
        title: ask.title,
        asked_sha256: ask.asked,
        workflow_repository_id: claims.repositoryId,
        workflow_repository: claims.repository,
        workflow_file: ask.file,
        run_id: String(claims.runId),
        run_attempt: claims.runAttempt,
        sha: claims.sha,
        jti_sha256: sha256(claims.jti),
        requester_id: requester.id,
        requester_login: requester.login,
        triggered_by_id: triggeredBy.id,
        triggered_by_login: triggeredBy.login,
        state: "opening",
        reason: null,
        commit_sha: null,
        pull_request: null,
        created_at: now,
      })
      .onConflict((c) => c.doNothing())
      .executeTakeFirst();
    if (inserted.numInsertedOrUpdatedRows !== 1n) {
      const known = await findAsk({ db: trx }, claims, enrolment, ask.asked);
      if (known === undefined) throw new RetryLater("ask_name_taken", "The name of the request is taken.");
      return known;
    }
    const { n } = await trx
      .selectFrom("asked_request")
      .select((b) => b.fn.countAll<string>().as("n"))
      .where("repository_id", "=", String(enrolment.id))
      .where("workflow_repository_id", "=", String(claims.repositoryId))
      .where("workflow_file", "=", ask.file)
      .where("state", "in", ["opening", "open"])
      .executeTakeFirstOrThrow();
    if (Number(n) > mostOpen) throw new Refused("too_many_open", { open: Number(n) - 1 });
    await deps.enqueue(askKey(id), undefined, trx);
    return id;
  });
}
