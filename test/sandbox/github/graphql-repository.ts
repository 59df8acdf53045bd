import { actorNode, need, objectNode, type Scope, stateOf } from "./graphql-commit.ts";
import { atLeast, roleOf } from "./permissions.ts";
import { connection, type Paged, TypedError } from "./graphql-connection.ts";
import { issueNode } from "./graphql-issue.ts";
import { pullNode } from "./graphql-pull.ts";
import { fullName, nodeId } from "./render.ts";
import type { Sim } from "./router.ts";
import { type Actor, isPull, type Repo } from "./types.ts";

async function refNode(c: Scope, name: string) {
  need(c, "contents");
  const refs = await c.repo.git.refs("refs/");
  const full = [name, `refs/heads/${name}`, `refs/tags/${name}`].find((n) => n.startsWith("refs/") && refs.has(n));
  const oid = full && refs.get(full);
  if (!full || !oid) return null;
  return {
    id: nodeId("REF", full),
    name: full.replace(/^refs\/(heads|tags)\//, ""),
    prefix: /^refs\/(heads|tags)\//.exec(full)?.[0] ?? "refs/",
    target: () => objectNode(c, oid),
  };
}

interface PullsArgs extends Paged {
  readonly states?: readonly string[] | null;
  readonly baseRefName?: string | null;
  readonly headRefName?: string | null;
  readonly orderBy?: { field: "CREATED_AT" | "UPDATED_AT"; direction: "ASC" | "DESC" } | null;
}

export function repositoryNode(s: Sim, actor: Actor, repo: Repo): object {
  const c: Scope = { s, actor, repo, pull: pullNode, repository: (r) => repositoryNode(s, actor, r) };
  const pulls = () => {
    need(c, "pull_requests");
    return [...repo.issues.values()].filter(isPull);
  };
  return {
    __typename: "Repository",
    id: nodeId("R", repo.id),
    databaseId: repo.id,
    name: repo.name,
    nameWithOwner: fullName(repo),
    isPrivate: repo.isPrivate,
    isArchived: false,
    visibility: repo.isPrivate ? "PRIVATE" : "PUBLIC",
    url: `${s.world.url}/${fullName(repo)}`,
    owner: {
      __typename: repo.owner.type,
      id: nodeId("O", repo.owner.id),
      login: repo.owner.login,
      databaseId: repo.owner.id,
    },
    // As the list of collaborators by REST: an App needs no more than metadata. A person needs push access.
    collaborators: (a: Paged & { login?: string | null }) => {
      if (actor.kind === "user" && !atLeast(roleOf(repo, actor.user), "write"))
        throw new TypedError("FORBIDDEN", "Must have push access to view repository collaborators.");
      const found = [...s.world.users.values()]
        .filter((u) => a.login === undefined || a.login === null || u.login.toLowerCase() === a.login.toLowerCase())
        .filter((u) => roleOf(repo, u) !== "none")
        .map((u) => ({ permission: roleOf(repo, u).toUpperCase(), node: actorNode(u) }));
      const paged = connection("collaborators", a, found);
      return { ...paged, edges: paged.nodes, nodes: paged.nodes.map((edge) => edge.node) };
    },
    defaultBranchRef: () => refNode(c, `refs/heads/${repo.defaultBranch}`),
    ref: ({ qualifiedName }: { qualifiedName: string }) => refNode(c, qualifiedName),
    object: ({ oid, expression }: { oid?: string | null; expression?: string | null }) =>
      objectNode(c, oid ?? expression ?? ""),
    pullRequest: ({ number }: { number: number }) => {
      const found = pulls().find((p) => p.number === number);
      if (!found) throw new TypedError("NOT_FOUND", `Could not resolve to a PullRequest with the number of ${number}.`);
      return pullNode(c, found);
    },
    issueOrPullRequest: ({ number }: { number: number }) => {
      const found = repo.issues.get(number);
      if (!found)
        throw new TypedError(
          "NOT_FOUND",
          `Could not resolve to an issue or pull request with the number of ${number}.`,
        );
      need(c, isPull(found) ? "pull_requests" : "issues");
      return isPull(found) ? pullNode(c, found) : issueNode(c, found);
    },
    pullRequests: (a: PullsArgs) => {
      const found = pulls()
        .filter((p) => !a.states || a.states.includes(stateOf(p)))
        .filter((p) => !a.baseRefName || p.baseRef === a.baseRefName)
        .filter((p) => !a.headRefName || p.headRef === a.headRefName)
        .sort((x, y) => (a.orderBy?.field === "UPDATED_AT" ? +x.updatedAt - +y.updatedAt : x.number - y.number));
      if (a.orderBy?.direction === "DESC") found.reverse();
      return connection(
        "pullRequests",
        a,
        found.map((p) => pullNode(c, p)),
      );
    },
  };
}
