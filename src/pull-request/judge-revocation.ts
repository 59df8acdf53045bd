import { type Decision, ownWork } from "../approval/index.ts";
import type { DecisionInput, Snapshot } from "../approval/types.ts";
import { digestOf } from "../base/canonical-json.ts";
import { formatInstant } from "../base/duration.ts";
import { RetryLater } from "../base/errors.ts";
import { forCommitBody, forMarkdown, forMarkdownCode, forTrailer } from "../base/text.ts";
import type { CheckContent } from "../github/types.ts";
import type { Db } from "../store/index.ts";
import { askReviewers } from "./ask-reviewers.ts";
import { bestEffort } from "./best-effort.ts";
import { page, plainCheck } from "./check-text.ts";
import { stateTitle } from "./state-title.ts";
import { conclusionOf, whoMustApprove } from "./who-must-approve.ts";
import { decideLive } from "./decide-live.ts";
import { storeDecision } from "./decisions.ts";
import type { Judgement } from "./judgement.ts";
import { type Endable, mayEnd, policyInForce } from "./may-end.ts";
import { ledgerHead, merge } from "./merge.ts";
import type { MergeMessage } from "./merge-message.ts";
import { notYet, planPostedAt, post } from "./posted-plan.ts";

/** A request file that a pull request deletes, and what its deletion ends. */
interface Deleted extends Endable {
  /** null: no grant came from it. */
  readonly grant: { readonly state: string; readonly what: string; readonly expiresAt: Date } | null;
}

/**
 * A pull request that deletes requests and nothing else. It is merged without anybody's approval where its author may end each
 * of them and every push was the author's own; what they may not end needs one owner of its path. Nothing that is frozen or in
 * quarantine stops it: ending is always allowed.
 */
export async function judgeRevocation(context: Judgement, paths: readonly string[]): Promise<void> {
  const { deps, enrolment, snapshot, posted } = context;
  const { author, draft } = snapshot.pullRequest;
  const policy = await policyInForce(deps, enrolment);
  const files = await deletedFiles(deps.db, enrolment.id, paths);
  const work = ownWork(snapshot);
  if (work.kind === "retry") throw new RetryLater("github_behind", work.text);
  const may = work.kind === "own" && author ? mayEnd(deps, snapshot.repository, policy, author) : null;
  const foreign: Deleted[] = [];
  for (const file of files) if (!(await may?.(file))) foreign.push(file);
  if (foreign.length > 0 && policy === null) {
    const why =
      "The policy in force cannot be read, so nobody knows who owns these: only who asked for a request may end it.";
    return post(deps, snapshot, posted, plainCheck("failure", "Policy cannot be read", [why]), null);
  }
  const shown = digestOf({ v: 1, revocation: [...paths].sort() });
  let decision: Decision;
  const subject: DecisionInput["subject"] = { kind: "revocation", paths: foreign.map(({ path }) => path) };
  if (foreign.length === 0 || policy === null) decision = ownDecision(author?.login ?? "");
  else {
    const planned = planPostedAt(posted, shown) ?? notYet;
    decision = await decideLive(deps, { snapshot, policy, subject, planPostedAt: planned, excluded: [], byJob: false });
  }
  if (decision.outcome === "retry") throw new RetryLater("github_behind", decision.tree.text);
  const why = work.kind === "shared" ? work.text : null;
  await post(deps, snapshot, posted, revocationCheck(files, foreign, decision, { draft, why }), shown);
  await bestEffort(deps, [() => askReviewers(deps, snapshot, decision)]);
  if (decision.outcome !== "approved" || draft) return;
  if (policy) {
    const parts = { snapshot, policy, subject, sha256: new Map(), resultingDigest: null };
    await storeDecision(deps, parts, decision);
  }
  await merge(context, revocationMessage(snapshot, files, decision, await ledgerHead(context)));
}

const ownDecision = (login: string): Decision => ({
  outcome: "approved",
  rule: "own_revocation",
  skipped: [],
  tree: {
    ok: true,
    rule: "own_revocation",
    text: `${login} may end all of these without approval, and made every push.`,
    children: [],
  },
  slots: [],
  approvers: [],
  ignored: [],
  awaited: [],
});

async function deletedFiles(db: Db, repositoryId: number, paths: readonly string[]): Promise<readonly Deleted[]> {
  const rows = await db
    .selectFrom("grant")
    .select(["path", "state", "target", "role", "expires_at", "requester_id", "requester_login"])
    .where("repository_id", "=", String(repositoryId))
    .where("path", "in", [...paths])
    .execute();
  const grants = new Map(rows.map((row) => [row.path, row]));
  return [...paths].sort().map((path): Deleted => {
    const row = grants.get(path);
    if (!row) return { path, requester: null, grant: null };
    return {
      path,
      requester: { id: Number(row.requester_id), login: row.requester_login },
      grant: { state: row.state, what: `${row.target}/${row.role}`, expiresAt: row.expires_at },
    };
  });
}

function revocationCheck(
  files: readonly Deleted[],
  foreign: readonly Deleted[],
  decision: Decision,
  { draft, why }: { readonly draft: boolean; readonly why: string | null },
): CheckContent {
  const ends = files.filter((file) => file.grant?.state === "active").length;
  const rest = foreign.length > 0 && why !== null ? [`${forMarkdown(why)} So it needs approval.`, ""] : [];
  return {
    status: "completed",
    conclusion: conclusionOf(decision),
    title: stateTitle(decision, draft, "Revocation. "),
    summary: page([
      ends === 0
        ? "This takes the files of requests away that are over. It ends no access."
        : `Merging this ends ${ends === 1 ? "one grant" : `${ends} grants`} at once and for good; runs that were started for them are cancelled.`,
      "",
      ...files.map(fileLine),
      "",
      "### Who must approve",
      ...rest,
      ...whoMustApprove(decision),
    ]),
    annotations: [],
  };
}

function fileLine({ path, requester, grant }: Deleted): string {
  const name = forMarkdownCode(path);
  if (!grant) return `- ${name}: no grant came from it; only the file goes.`;
  const whose = `${forMarkdown(requester?.login ?? "")}'s ${forMarkdown(grant.what)}`;
  return grant.state === "active"
    ? `- ${name}: ends ${whose}, which would last until ${formatInstant(grant.expiresAt)}.`
    : `- ${name}: ${whose} is over already (${forMarkdown(grant.state)}); only the file goes.`;
}

function revocationMessage(
  { pullRequest }: Snapshot,
  files: readonly Deleted[],
  decision: Decision,
  ledgerHead: string | null,
): MergeMessage {
  const line = (key: string, value: string): string => `${key}: ${forTrailer(value)}`;
  const [first, ...more] = files.map(({ path }) => path);
  return {
    title: `Revoke: ${forTrailer(first ?? "", 180)}${more.length > 0 ? ` and ${more.length} more` : ""} (#${pullRequest.number})`,
    message: [
      ...files.map(({ path }) => forCommitBody(`deletes ${path}`)),
      "",
      line("Requested-by", pullRequest.author?.login ?? "unknown"),
      ...decision.approvers.map((a) => line("Approved-by", a.login)),
      // Owners are who approved; any other rule is named, since nobody is.
      ...(decision.rule === null || decision.rule === "owners" ? [] : [line("Rule", decision.rule)]),
      line("Pull-request", `#${pullRequest.number}`),
      ...(ledgerHead === null ? [] : [line("Ledger-head", ledgerHead)]),
    ].join("\n"),
  };
}
