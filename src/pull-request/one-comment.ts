import { digestOf } from "../base/canonical-json.ts";
import { RetryLater } from "../base/errors.ts";
import type { RepoRef } from "../github/types.ts";
import { withLease } from "../store/index.ts";
import { commentKey, type ReconcileDeps } from "./deps.ts";
import { findOwn, marked } from "./marker.ts";

const kind = "request";
/** At most one write in this time, whatever happens to a grant (C66). */
const pace = 60_000;

type CommentDeps = Pick<ReconcileDeps, "db" | "github" | "clock" | "enqueue">;

export const readComment = (db: ReconcileDeps["db"], repositoryId: number, number: number) =>
  db
    .selectFrom("pull_request_comment")
    .selectAll()
    .where("repository_id", "=", String(repositoryId))
    .where("pull_request", "=", number)
    .executeTakeFirst();

/**
 * Our one comment on a pull request, made once and updated in place. Who deletes it is not told again. Before GitHub is asked
 * to make one, a row says so: after a crash in between it is looked for, by a marker and by our own account, and not made
 * twice.
 * @param again the job that asked, for when it is too early to write
 * @throws RetryLater while another is at it
 */
export async function keepComment(
  deps: CommentDeps,
  repo: RepoRef,
  number: number,
  text: string,
  again = commentKey(repo.id, number),
): Promise<void> {
  const done = await withLease(deps.db, deps.clock, `comment:${repo.id}:${number}`, 60, () =>
    keep(deps, repo, number, text, again),
  );
  if (done === undefined) throw new RetryLater("comment_busy", "Another server writes this comment.", { after: 1 });
}

async function keep(deps: CommentDeps, repo: RepoRef, number: number, text: string, again: string): Promise<true> {
  const { db, github, clock, enqueue } = deps;
  const row = await readComment(db, repo.id, number);
  const shown = digestOf(text);
  if (row?.state === "gone" || (row?.state === "there" && row.shown_sha256 === shown)) return true;
  const key = `${repo.id}#${number}`;
  const body = marked(text, kind, key);
  const now = clock.now();
  if (!row) {
    await store(deps, repo, number, { state: "creating", comment_id: null, shown_sha256: shown, written_at: now });
    const id = await github.createComment(repo, number, body);
    await store(deps, repo, number, { state: "there", comment_id: id, shown_sha256: shown, written_at: now });
    return true;
  }
  if (row.state === "creating") {
    const own = findOwn(await github.issueComments(repo, number), github.bot, kind, key);
    const id = own?.id ?? (await github.createComment(repo, number, body));
    // One that was found says what was to be said then: a digest of nothing has it written anew.
    const shown_sha256 = own ? digestOf(null) : shown;
    await store(deps, repo, number, { state: "there", comment_id: id, shown_sha256, written_at: row.written_at });
    return own ? keep(deps, repo, number, text, again) : true;
  }
  const earliest = row.written_at.getTime() + pace;
  if (now.getTime() < earliest) {
    await enqueue(again, new Date(earliest));
    return true;
  }
  const there = await github.updateComment(repo, Number(row.comment_id), body);
  const state = there
    ? ({ state: "there", comment_id: Number(row.comment_id) } as const)
    : ({ state: "gone", comment_id: null } as const);
  await store(deps, repo, number, { ...state, shown_sha256: shown, written_at: now });
  return true;
}

interface Values {
  readonly state: "creating" | "there" | "gone";
  readonly comment_id: number | null;
  readonly shown_sha256: string;
  readonly written_at: Date;
}

async function store({ db }: CommentDeps, repo: RepoRef, number: number, values: Values): Promise<void> {
  await db
    .insertInto("pull_request_comment")
    .values({ repository_id: repo.id, pull_request: number, ...values })
    .onConflict((c) => c.columns(["repository_id", "pull_request"]).doUpdateSet(values))
    .execute();
}
