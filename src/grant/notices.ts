import { digestOf } from "../base/canonical-json.ts";
import { commitSha } from "../base/ids.ts";
import type { PolicyQuarantineEntry } from "../ledger/types.ts";
import { type Enrolment, findOwn, marked, readEnrolment } from "../pull-request/index.ts";
import type { Db } from "../store/index.ts";
import type { NoticeTable } from "../store/schema.ts";
import { type GrantDeps, noticeKey } from "./deps.ts";
import { mostListed, type NoticeText, policyNotice, type QuarantinedFile, requestsNotice } from "./notice-text.ts";

type Kind = NoticeTable["kind"];
type Row = NonNullable<Awaited<ReturnType<typeof readNotice>>>;

/** How soon after one issue of a kind another is opened; until then the last one is opened again. */
const apart = 600_000;
/** Files of one look at the default branch: GraphQL takes so many at once. */
const atOnce = 100;

/**
 * Makes the issues about quarantine say what is: one about the policy, one about requests, each at most once open, updated as
 * long as it is, and closed with a word when its cause has ended. A flood of pushes changes one issue. Level-triggered: without a
 * quarantine GitHub is asked nothing.
 * @throws RetryLater where GitHub does not show or do something
 */
export async function reconcileNotices(deps: GrantDeps, repositoryId: number): Promise<void> {
  const enrolment = await readEnrolment(deps.db, repositoryId);
  if (enrolment?.state !== "active") return;
  await keep(deps, enrolment, "policy", await policyText(deps, enrolment), () => policyEnd(deps.db, enrolment));
  await keep(deps, enrolment, "requests", await requestsText(deps, enrolment), async () => "The files are gone.");
}

/** Access repos whose issues are not as they should be, for the sweep: a webhook or an answer was lost. */
export async function overdueNotices(db: Db, enrolments: readonly Enrolment[]): Promise<readonly number[]> {
  const found: number[] = [];
  for (const { id, quarantined } of enrolments) {
    const policy = await readNotice(db, id, "policy");
    const requests = await readNotice(db, id, "requests");
    const there = await quarantinedFiles(db, id).select("path").limit(1).executeTakeFirst();
    const open = (row: Row | undefined): boolean => row !== undefined && row.state !== "closed";
    const half = policy?.state === "opening" || requests?.state === "opening";
    if (half || open(policy) !== (quarantined !== null) || open(requests) !== (there !== undefined)) found.push(id);
  }
  return found;
}

const readNotice = (db: Db, repositoryId: number, kind: Kind) =>
  db
    .selectFrom("notice")
    .selectAll()
    .where("repository_id", "=", String(repositoryId))
    .where("kind", "=", kind)
    .executeTakeFirst();

const quarantinedFiles = (db: Db, repositoryId: number) =>
  db
    .selectFrom("quarantined_request")
    .where("repository_id", "=", String(repositoryId))
    .where("gone", "=", false)
    // Somebody's own word ended these; nobody is surprised.
    .where("code", "<>", "revoked");

async function policyText(deps: GrantDeps, enrolment: Enrolment): Promise<NoticeText | null> {
  if (enrolment.quarantined === null) return null;
  // The ledger's entries since the policy was last as it should be.
  const rows = await policyEntries(deps.db, enrolment).limit(1000).execute();
  const end = rows.findIndex((row) => row.type !== "policy_quarantined");
  const steps = (end < 0 ? rows : rows.slice(0, end)).map((row) => JSON.parse(row.body) as PolicyQuarantineEntry);
  const shown = steps.slice(0, mostListed).map((step) => commitSha(step.commit));
  const commits = await deps.github.commitPeople(enrolment, enrolment.defaultBranch, shown);
  return policyNotice(enrolment, { digest: enrolment.quarantined, commits, total: steps.length });
}

const policyEntries = (db: Db, { id }: Enrolment) =>
  db
    .selectFrom("ledger_entry")
    .select(["type", "body"])
    .where("repository_id", "=", String(id))
    .where("type", "in", ["genesis", "policy_accepted", "policy_quarantined", "policy_restored"])
    .orderBy("position", "desc");

async function policyEnd(db: Db, enrolment: Enrolment): Promise<string> {
  const last = await policyEntries(db, enrolment).limit(1).executeTakeFirst();
  return last?.type === "policy_accepted"
    ? "The policy that stands there was accepted and is in force."
    : "The policy in force is back.";
}

/** Files that the default branch still holds as they were quarantined; of the others it is noted that they are gone. */
async function requestsText(deps: GrantDeps, enrolment: Enrolment): Promise<NoticeText | null> {
  const { db, github } = deps;
  if (enrolment.head === null) return null;
  const rows = await quarantinedFiles(db, enrolment.id)
    .select(["path", "commit_sha", "blob", "code"])
    .orderBy("at", "desc")
    .orderBy("path")
    .limit(1000)
    .execute();
  const there: QuarantinedFile[] = [];
  for (let i = 0; i < rows.length; i += atOnce) {
    const some = rows.slice(i, i + atOnce);
    const files = await github.files(
      enrolment,
      enrolment.head,
      some.map((row) => row.path),
    );
    for (const [j, { path, commit_sha: commit, blob, code }] of some.entries()) {
      // Brought twice, it is told once, as it came last.
      if (files[j]?.oid === blob) {
        if (!there.some((file) => file.path === path)) there.push({ path, commit, code });
      } else await markGone(db, enrolment, path, commit);
    }
  }
  if (there.length === 0) return null;
  const shown = there.slice(0, mostListed);
  const commits = [...new Set(shown.map((file) => file.commit))].map((sha) => commitSha(sha));
  return requestsNotice(
    enrolment,
    shown,
    await github.commitPeople(enrolment, enrolment.defaultBranch, commits),
    there.length,
  );
}

const markGone = (db: Db, { id }: Enrolment, path: string, commit: string) =>
  db
    .updateTable("quarantined_request")
    .set({ gone: true })
    .where("repository_id", "=", String(id))
    .where("path", "=", path)
    .where("commit_sha", "=", commit)
    .execute();

const markerKind = (kind: Kind): string => `quarantine-${kind}`;
const markerKey = (enrolment: Enrolment, row: Pick<Row, "opened_at">): string =>
  `${enrolment.id}:${row.opened_at.getTime()}`;

async function keep(
  deps: GrantDeps,
  enrolment: Enrolment,
  kind: Kind,
  wanted: NoticeText | null,
  end: () => Promise<string>,
): Promise<void> {
  const row = await readNotice(deps.db, enrolment.id, kind);
  if (wanted === null) return row && row.state !== "closed" ? close(deps, enrolment, row, await end()) : undefined;
  const said = digestOf({ ...wanted });
  if (row?.state === "open" && row.body_sha256 === said) return;
  await deps.github.identify(enrolment);
  if (row?.issue && (row.state === "open" || isRecent(deps, row))) return say(deps, enrolment, row, wanted, said);
  await open(deps, enrolment, kind, row, wanted, said);
}

const isRecent = (deps: GrantDeps, row: Row): boolean => deps.clock.now().getTime() - row.opened_at.getTime() < apart;

/** What is new is said in the issue that there is; who closed it sees it open again. One that was deleted is not made again soon. */
async function say(deps: GrantDeps, enrolment: Enrolment, row: Row, wanted: NoticeText, said: string): Promise<void> {
  const number = row.issue;
  if (number === null) return;
  const { title } = wanted;
  const body = marked(wanted.body, markerKind(row.kind), markerKey(enrolment, row));
  const there = await deps.github.issue(enrolment, number);
  if (there) await deps.github.updateIssue(enrolment, number, { title, body, state: "open" });
  else if (!isRecent(deps, row)) return open(deps, enrolment, row.kind, { ...row, state: "closed" }, wanted, said);
  else await deps.enqueue(noticeKey(enrolment.id), new Date(row.opened_at.getTime() + apart));
  if (there) await store(deps.db, enrolment, row.kind, { ...row, state: "open", body_sha256: said });
}

async function open(
  deps: GrantDeps,
  enrolment: Enrolment,
  kind: Kind,
  before: Row | undefined,
  wanted: NoticeText,
  said: string,
): Promise<void> {
  const again = before?.state === "opening";
  const opened_at = again ? before.opened_at : deps.clock.now();
  const row = { state: "opening" as const, issue: null, opened_at, body_sha256: said };
  await store(deps.db, enrolment, kind, row);
  const found = again ? await findIssue(deps, enrolment, kind, row) : undefined;
  const body = marked(wanted.body, markerKind(kind), markerKey(enrolment, row));
  const issue = found ?? (await deps.github.createIssue(enrolment, { title: wanted.title, body }));
  // One that was found may say what was true then: the next look finds that its text differs.
  const body_sha256 = found === undefined ? said : "";
  await store(deps.db, enrolment, kind, { state: "open", issue, opened_at, body_sha256 });
  if (found !== undefined) await deps.enqueue(noticeKey(enrolment.id));
  deps.log.warn({ accessRepo: enrolment.fullName, issue, kind }, "an issue tells of a quarantine");
}

/** After a crash between GitHub's answer and our note. */
async function findIssue(
  deps: GrantDeps,
  enrolment: Enrolment,
  kind: Kind,
  row: Pick<Row, "opened_at">,
): Promise<number | undefined> {
  const { bot } = deps.github;
  const ours = (await deps.github.ourIssues(enrolment)).map((one) => ({
    ...one,
    author: { ...bot, kind: "bot" as const },
  }));
  return findOwn(ours.toReversed(), bot, markerKind(kind), markerKey(enrolment, row))?.number;
}

async function close(deps: GrantDeps, enrolment: Enrolment, row: Row, why: string): Promise<void> {
  await deps.github.identify(enrolment);
  const number = row.issue ?? (await findIssue(deps, enrolment, row.kind, row));
  const there = number === undefined ? null : await deps.github.issue(enrolment, number);
  if (number !== undefined && there?.state === "open") {
    await deps.github.createComment(enrolment, number, why);
    await deps.github.closeIssue(enrolment, number, "completed");
  }
  await store(deps.db, enrolment, row.kind, { ...row, issue: number ?? null, state: "closed" });
}

async function store(
  db: Db,
  { id }: Enrolment,
  kind: Kind,
  { state, issue, opened_at, body_sha256 }: Pick<Row, "state" | "issue" | "opened_at" | "body_sha256">,
): Promise<void> {
  const row = { state, issue, opened_at, body_sha256 };
  await db
    .insertInto("notice")
    .values({ repository_id: id, kind, ...row })
    .onConflict((c) => c.columns(["repository_id", "kind"]).doUpdateSet(row))
    .execute();
}
