import { actorNode, commitNode, type Scope, stateOf } from "./graphql-commit.ts";
import { connection, type Paged } from "./graphql-connection.ts";
import { commentsOf } from "./graphql-issue.ts";
import { blocked, opinions } from "./merge.ts";
import { atLeast, roleOf } from "./permissions.ts";
import { mergeable, pullCommits, pullFiles } from "./pull-state.ts";
import { fullName, iso, maybeIso, nodeId } from "./render.ts";
import type { Pull, Review } from "./types.ts";

const CHANGE = {
  added: "ADDED",
  removed: "DELETED",
  modified: "MODIFIED",
  renamed: "RENAMED",
  copied: "COPIED",
  changed: "CHANGED",
} as const;

function reviewNode(c: Scope, r: Review) {
  return {
    __typename: "PullRequestReview",
    id: nodeId("PRR", r.id),
    databaseId: r.id,
    fullDatabaseId: String(r.id),
    state: r.state,
    body: r.body,
    submittedAt: maybeIso(r.submittedAt),
    author: actorNode(r.user),
    authorCanPushToRepository: atLeast(roleOf(c.repo, r.user), "write"),
    commit: async () => {
      const k = await c.repo.git.commit(r.commitId);
      return k ? commitNode(c, k) : null;
    },
  };
}

async function decision(c: Scope, p: Pull): Promise<string | null> {
  const rules = c.repo.protections.get(p.baseRef);
  if (!rules || rules.requiredApprovals === 0) return null;
  const writers = opinions(p).filter((r) => atLeast(roleOf(c.repo, r.user), "write"));
  if (writers.some((r) => r.state === "CHANGES_REQUESTED")) return "CHANGES_REQUESTED";
  return blocked(c.repo, p, { ...rules, requiredChecks: [] }) === null ? "APPROVED" : "REVIEW_REQUIRED";
}

export function pullNode(c: Scope, p: Pull): object {
  const { repo, s } = c;
  return {
    __typename: "PullRequest",
    id: nodeId("PR", p.databaseId),
    fullDatabaseId: String(p.databaseId),
    number: p.number,
    title: p.title,
    body: p.body ?? "",
    url: `${s.world.url}/${fullName(repo)}/pull/${p.number}`,
    state: stateOf(p),
    isDraft: p.draft,
    closed: p.state === "closed",
    merged: p.merged,
    createdAt: iso(p.createdAt),
    updatedAt: iso(p.updatedAt),
    closedAt: maybeIso(p.closedAt),
    mergedAt: maybeIso(p.mergedAt),
    author: actorNode(p.user),
    mergedBy: actorNode(p.mergedBy),
    baseRefName: p.baseRef,
    baseRefOid: p.baseSha,
    headRefName: p.headRef,
    headRefOid: p.headSha,
    isCrossRepository: p.headRepo !== repo,
    headRepository: () => c.repository(p.headRepo),
    headRepositoryOwner: { __typename: repo.owner.type, login: repo.owner.login, databaseId: repo.owner.id },
    baseRepository: () => c.repository(repo),
    repository: () => c.repository(repo),
    mergeCommit: async () => {
      const k = p.mergeCommit ? await repo.git.commit(p.mergeCommit) : null;
      return k ? commitNode(c, k) : null;
    },
    mergeable: async () => (p.state !== "open" ? "UNKNOWN" : (await mergeable(repo, p)) ? "MERGEABLE" : "CONFLICTING"),
    changedFiles: async () => (await pullFiles(repo, p)).length,
    // A rename shows its new path alone: who owns the old one must be asked of REST.
    files: async (a: Paged) =>
      connection(
        "files",
        a,
        (await pullFiles(repo, p)).slice(0, 3000).map((f) => ({
          path: f.path,
          changeType: CHANGE[f.status],
          additions: f.additions,
          deletions: f.deletions,
        })),
      ),
    commits: async (a: Paged) => {
      const ids = await pullCommits(repo, p);
      return connection(
        "commits",
        a,
        await Promise.all(
          ids.map(async (id) => ({
            __typename: "PullRequestCommit",
            id: nodeId("PRC", id),
            commit: commitNode(c, await repo.git.mustCommit(id)),
          })),
        ),
      );
    },
    timelineItems: (a: Paged & { itemTypes?: readonly string[] | null }) =>
      connection(
        "timelineItems",
        a,
        p.timeline
          .map(({ kind, by, at }, i) => ({
            __typename: kind === "closed" ? "ClosedEvent" : "ReopenedEvent",
            type: kind === "closed" ? "CLOSED_EVENT" : "REOPENED_EVENT",
            id: nodeId(kind === "closed" ? "CE" : "REE", p.id * 1000 + i),
            createdAt: iso(at),
            actor: actorNode(by),
          }))
          .filter(({ type }) => !a.itemTypes || a.itemTypes.includes(type)),
      ),
    reviews: (a: Paged) =>
      connection(
        "reviews",
        a,
        p.reviews.filter((r) => r.state !== "PENDING").map((r) => reviewNode(c, r)),
      ),
    latestOpinionatedReviews: (a: Paged & { writersOnly?: boolean | null }) =>
      connection(
        "latestOpinionatedReviews",
        a,
        opinions(p)
          .filter((r) => !a.writersOnly || atLeast(roleOf(repo, r.user), "write"))
          .map((r) => reviewNode(c, r)),
      ),
    reviewRequests: (a: Paged) =>
      connection("reviewRequests", a, [
        ...p.requestedReviewers.map((u) => ({
          id: nodeId("RR", u.id),
          asCodeOwner: false,
          requestedReviewer: actorNode(u),
        })),
        ...p.requestedTeams.map((t) => ({
          id: nodeId("RR", t.id),
          asCodeOwner: false,
          requestedReviewer: {
            __typename: "Team",
            id: nodeId("T", t.id),
            slug: t.slug,
            name: t.slug,
            databaseId: t.id,
          },
        })),
      ]),
    comments: (a: Paged) => commentsOf(p, a),
    reviewDecision: () => decision(c, p),
  };
}
