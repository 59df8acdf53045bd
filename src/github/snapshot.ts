import { z } from "zod";
import { type CommitSha, commitSha, ownerId, pullRequestId, repositoryId } from "../base/ids.ts";
import { RetryLater } from "../base/errors.ts";
import type { Change, CommitInfo, Push, Snapshot } from "../approval/types.ts";
import { actorAnswer, commitUser, fileAnswer, ownerAnswer, restUser, sha, time, treeFile } from "./answers.ts";
import { commitAnswer, keepCommit } from "./branch.ts";
import type { Client } from "./client.ts";
import { queryAll } from "./graphql.ts";
import { snapshotQuery } from "./queries.ts";
import { wholeTeams } from "./teams.ts";
import type { GitHub, RepoRef, SnapshotOptions } from "./types.ts";

const list = <T extends z.ZodType>(node: T) => z.object({ totalCount: z.number(), nodes: z.array(node) });
const shape = z.object({
  databaseId: z.number().transform(repositoryId),
  nameWithOwner: z.string(),
  owner: ownerAnswer,
  defaultBranchRef: z.object({ name: z.string(), target: commitAnswer }),
  tipFiles: z.object({ target: z.record(z.string(), z.unknown()) }).nullish(),
  pullRequest: z
    .object({
      id: z.string(),
      fullDatabaseId: z.union([z.string(), z.number()]).transform(pullRequestId),
      number: z.number(),
      title: z.string(),
      state: z.enum(["OPEN", "CLOSED", "MERGED"]),
      isDraft: z.boolean(),
      baseRefName: z.string(),
      headRefName: z.string(),
      headRefOid: sha,
      changedFiles: z.number(),
      author: actorAnswer,
      headRepository: z.object({ databaseId: z.number().transform(repositoryId) }).nullable(),
      mergeCommit: z.object({ oid: sha }).nullable(),
      createdAt: time,
      timelineItems: z.object({
        nodes: z.array(
          z.object({ __typename: z.string(), createdAt: time.optional(), actor: actorAnswer.optional() }).nullable(),
        ),
      }),
      files: list(z.object({ path: z.string(), changeType: z.string() })).nullable(),
      commits: list(
        z.object({
          commit: z.object({
            oid: sha,
            authors: list(z.object({ user: commitUser })),
            committer: z.object({ email: z.string().nullable(), user: commitUser }).nullable(),
            signature: z.object({ isValid: z.boolean(), wasSignedByGitHub: z.boolean() }).nullable(),
          }),
        }),
      ),
      latestOpinionatedReviews: list(
        z.object({
          state: z.enum(["APPROVED", "CHANGES_REQUESTED", "DISMISSED"]),
          submittedAt: time,
          authorCanPushToRepository: z.boolean(),
          commit: z.object({ oid: sha }).nullable(),
          author: actorAnswer,
        }),
      ).nullable(),
      reviewRequests: z
        .object({
          nodes: z.array(
            z.object({
              requestedReviewer: z
                .object({ __typename: z.string(), login: z.string().optional(), slug: z.string().optional() })
                .nullable(),
            }),
          ),
        })
        .nullable(),
    })
    .nullable(),
});
type Answer = z.infer<typeof shape>;
type PullRequestAnswer = NonNullable<Answer["pullRequest"]>;

const changeStatus: Readonly<Record<string, string>> = {
  ADDED: "added",
  DELETED: "removed",
  MODIFIED: "modified",
  RENAMED: "renamed",
  COPIED: "copied",
  CHANGED: "changed",
};

/** See GitHub.snapshot. Two calls: GraphQL, and the activity of the head branch; a third where a file was renamed. */
export async function readSnapshot(
  client: Client,
  repo: RepoRef,
  number: number,
  options: SnapshotOptions = {},
): ReturnType<GitHub["snapshot"]> {
  const { files = [], whenOver = "whole" } = options;
  const teams = client.teams.of(repo);
  const variables = Object.fromEntries([
    ...files.map((path, i) => [`p${i}`, path] as const),
    ...teams.map((slug, i) => [`t${i}`, slug] as const),
  ]);
  const text = snapshotQuery(files.length, teams.length);
  const asked = await queryAll(client, repo, "read", text, { number, ...variables }, shape, ["organization"]);
  const answer = asked.repository;
  await keepTip(client, repo, answer, files);
  const pr = answer.pullRequest;
  if (!pr) return null;
  client.kept.keepNode(answer.databaseId, number, pr.id);
  const tooLong = overLong(pr);
  if (tooLong) return { kind: "too_long", what: tooLong, headSha: pr.headRefOid };
  const { target } = answer.defaultBranchRef;
  const last = pr.timelineItems.nodes.at(-1);
  // A fork's pushes are in a repository that we may not read; it is refused anyway (C17).
  const inside = pr.headRepository?.databaseId === answer.databaseId;
  const pushes = inside && (pr.state === "OPEN" || whenOver === "whole");
  const snapshot: Snapshot = {
    repository: {
      id: answer.databaseId,
      ownerId: ownerId(answer.owner.databaseId),
      fullName: answer.nameWithOwner,
      defaultBranch: answer.defaultBranchRef.name,
    },
    tip: { sha: target.oid, policy: target },
    pullRequest: {
      id: pr.fullDatabaseId,
      number: pr.number,
      title: pr.title,
      state: pr.state === "OPEN" ? "open" : pr.state === "MERGED" ? "merged" : "closed",
      draft: pr.isDraft,
      author: pr.author,
      baseRef: pr.baseRefName,
      headRef: pr.headRefName,
      headSha: pr.headRefOid,
      headRepositoryId: pr.headRepository?.databaseId ?? null,
      mergeCommit: pr.mergeCommit?.oid ?? null,
      openedAt: (last?.__typename === "ReopenedEvent" ? last.createdAt : undefined) ?? pr.createdAt,
      closedBy: pr.state === "CLOSED" && last?.__typename === "ClosedEvent" ? (last.actor ?? null) : null,
      requestedReviewers: (pr.reviewRequests?.nodes ?? []).flatMap(({ requestedReviewer: r }) =>
        r?.login ? [`@${r.login}`] : r?.slug ? [`@${answer.owner.login}/${r.slug}`] : [],
      ),
    },
    changes: await changesOf(client, repo, pr),
    commits: pr.commits.nodes.map(({ commit }) => commitOf(commit)),
    pushes: pushes ? await pushesTo(client, repo, pr.headRefName, pr.state === "OPEN" ? null : pr.headRefOid) : [],
    reviews: (pr.latestOpinionatedReviews?.nodes ?? []).map((r) => ({
      author: r.author,
      state: r.state,
      commit: r.commit?.oid ?? null,
      submittedAt: r.submittedAt,
      canPush: r.authorCanPushToRepository,
    })),
    teams: wholeTeams(answer.owner, teams, asked.beside["organization"]),
  };
  return { kind: "snapshot", snapshot };
}

/** What the answer tells of the tip is what would be asked of that commit next, and can never change. */
async function keepTip(client: Client, repo: RepoRef, answer: Answer, paths: readonly string[]): Promise<void> {
  const { target } = answer.defaultBranchRef;
  client.kept.keepPolicy(repo.id, target.oid, target);
  // Whether GitHub made a commit that it did not sign takes another call, which not every reader of a tip wants.
  if (target.signature?.isValid && target.signature.wasSignedByGitHub) await keepCommit(client, repo, target);
  const files = answer.tipFiles?.target;
  if (files?.["oid"] !== target.oid) return;
  for (const [i, path] of paths.entries()) {
    const file = fileAnswer.safeParse(files[`f${i}`]);
    if (file.data) client.kept.keepFile(repo.id, target.oid, treeFile(path, file.data));
  }
}

/** Lists that GitHub cuts, or that no person can review: refused, with the way out (C09). */
function overLong(pr: PullRequestAnswer): string | undefined {
  if ((pr.files?.totalCount ?? 0) > 100 || pr.changedFiles > 100) return "more than 100 files";
  if (pr.commits.totalCount > 100) return "more than 100 commits";
  if (pr.commits.nodes.some(({ commit }) => commit.authors.totalCount > 20))
    return "a commit with more than 20 authors";
  if ((pr.latestOpinionatedReviews?.totalCount ?? 0) > 100) return "more than 100 reviewers";
  return undefined;
}

/** @throws RetryLater where the list is shorter than GitHub's own count: it is still being computed. */
async function changesOf(client: Client, repo: RepoRef, pr: PullRequestAnswer): Promise<readonly Change[]> {
  const nodes = pr.files?.nodes ?? [];
  if (nodes.length !== pr.changedFiles)
    throw new RetryLater("github_files", "GitHub does not show all changed files yet.");
  // GraphQL has no old path for a rename, and an old path under requests/ decides what the pull request is.
  if (!nodes.some((n) => n.changeType === "RENAMED" || n.changeType === "COPIED")) {
    return nodes.map((n) => ({ path: n.path, status: changeStatus[n.changeType] ?? n.changeType.toLowerCase() }));
  }
  const { data } = await client.call(repo, "read", "files", (o, name) =>
    o.rest.pulls.listFiles({ ...name, pull_number: pr.number, per_page: 100 }),
  );
  if (data.length !== pr.changedFiles)
    throw new RetryLater("github_files", "GitHub does not show all changed files yet.");
  return data.map((f) => ({
    path: f.filename,
    status: f.status,
    ...(f.previous_filename === undefined ? {} : { previousPath: f.previous_filename }),
  }));
}

function commitOf(commit: PullRequestAnswer["commits"]["nodes"][number]["commit"]): CommitInfo {
  // GitHub commits as noreply@github.com and signs: only with that signature is it GitHub and not a forged name.
  const signed = commit.signature?.isValid === true && commit.signature.wasSignedByGitHub;
  const committer =
    commit.committer?.email === "noreply@github.com" && signed ? "web-flow" : (commit.committer?.user ?? null);
  return { sha: commit.oid, authors: commit.authors.nodes.map((a) => a.user), committer };
}

const activity = z.array(
  z.object({ before: z.string(), after: z.string(), timestamp: time, activity_type: z.string(), actor: restUser }),
);
const noCommit = "0".repeat(40);

/**
 * Who pushed what to a branch since it was made, oldest first. From the activity API, since commits can be forged.
 * `upTo`: for a pull request that is no longer open, the push that made its last head: what happened to the branch after
 * that (deleted, used again) is not its history. For an open one every later push counts.
 */
async function pushesTo(
  client: Client,
  repo: RepoRef,
  branch: string,
  upTo: CommitSha | null,
): Promise<readonly Push[]> {
  const { data } = await client.call(repo, "read", "activity", (o, name) =>
    o.request("GET /repos/{owner}/{repo}/activity", { ...name, ref: `refs/heads/${branch}`, per_page: 100 }),
  );
  const parsed = activity.safeParse(data);
  if (!parsed.success)
    throw new RetryLater("github_answer", "GitHub's activity has an unknown shape.", { cause: parsed.error });
  const rows =
    upTo === null
      ? parsed.data
      : parsed.data.slice(
          Math.max(
            0,
            parsed.data.findIndex((row) => row.after === upTo),
          ),
        );
  const pushes: Push[] = [];
  for (const row of rows) {
    if (row.after === noCommit) break; // an earlier branch of this name ended here
    pushes.push({ before: row.before, after: commitSha(row.after), actor: row.actor, at: row.timestamp });
    if (row.activity_type === "branch_creation") break;
  }
  return pushes.toReversed();
}
