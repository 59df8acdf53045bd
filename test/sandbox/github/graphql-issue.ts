import { actorNode, type Scope } from "./graphql-commit.ts";
import { connection, type Paged } from "./graphql-connection.ts";
import { fullName, iso, maybeIso, nodeId } from "./render.ts";
import type { Issue } from "./types.ts";

/** Oldest first, as GitHub lists them where no order is asked for. */
export const commentsOf = (issue: Issue, a: Paged) =>
  connection(
    "comments",
    a,
    issue.comments.map((k) => ({
      __typename: "IssueComment",
      id: nodeId("IC", k.id),
      databaseId: null, // an Int, which newer ids do not fit
      fullDatabaseId: String(k.id),
      body: k.body,
      createdAt: iso(k.createdAt),
      updatedAt: iso(k.updatedAt),
      lastEditedAt: maybeIso(k.editedAt),
      author: actorNode(k.user),
    })),
  );

export function issueNode(c: Scope, i: Issue): object {
  return {
    __typename: "Issue",
    id: nodeId("I", i.id),
    number: i.number,
    title: i.title,
    body: i.body ?? "",
    url: `${c.s.world.url}/${fullName(c.repo)}/issues/${i.number}`,
    state: i.state === "open" ? "OPEN" : "CLOSED",
    createdAt: iso(i.createdAt),
    updatedAt: iso(i.updatedAt),
    closedAt: maybeIso(i.closedAt),
    author: actorNode(i.user),
    comments: (a: Paged) => commentsOf(i, a),
  };
}
