import { z } from "zod";
import { CountersignError } from "../base/errors.ts";
import { actorAnswer, restUser, time } from "./answers.ts";
import type { Client } from "./client.ts";
import { httpFailure } from "./errors.ts";
import { query } from "./graphql.ts";
import { commentsQuery } from "./queries.ts";
import type { CommentPage, GitHub, IssueComment, OurIssue, RepoRef } from "./types.ts";

// What is said on pull requests and issues. GitHub files both under issues, and so does the scope `review`.

/** Pages of 100. A conversation that is longer is no conversation: somebody floods it. */
const mostPages = 10;
/** GitHub's own limit for a body. */
const longest = 65_536;

const page = z.object({
  issueOrPullRequest: z
    .object({
      __typename: z.enum(["Issue", "PullRequest"]),
      comments: z.object({
        pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
        nodes: z.array(
          z.object({
            // A BigInt, which GitHub writes as text.
            fullDatabaseId: z.string().transform(Number),
            body: z.string(),
            createdAt: time,
            lastEditedAt: time.nullable(),
            author: actorAnswer,
          }),
        ),
      }),
    })
    .nullable(),
});

/** See GitHub.commentPage. By GraphQL, since REST does not say whether a comment was edited. */
export async function commentPage(
  client: Client,
  repo: RepoRef,
  number: number,
  after: string | null,
): Promise<CommentPage> {
  const answer: z.infer<typeof page> = await query(client, repo, "review", commentsQuery, { number, after }, page);
  const place = answer.issueOrPullRequest;
  if (!place) return { on: null, comments: [], next: null };
  const { comments: found } = place;
  const comments = found.nodes.map(
    ({ fullDatabaseId: id, body, createdAt, lastEditedAt, author }): IssueComment => ({
      id,
      author,
      body,
      createdAt,
      edited: lastEditedAt !== null,
    }),
  );
  const on = place.__typename === "Issue" ? "issue" : "pull_request";
  return { on, comments, next: found.pageInfo.hasNextPage ? found.pageInfo.endCursor : null };
}

/** See GitHub.issueComments. */
export async function issueComments(client: Client, repo: RepoRef, number: number): Promise<readonly IssueComment[]> {
  const found: IssueComment[] = [];
  let after: string | null = null;
  for (let pages = 0; pages < mostPages; pages++) {
    const { comments, next }: Awaited<ReturnType<typeof commentPage>> = await commentPage(client, repo, number, after);
    found.push(...comments);
    if (next === null) return found;
    after = next;
  }
  throw new CountersignError(
    "too_many_comments",
    `#${number} has more than ${mostPages * 100} comments: what is said there is not read any more. Open a new one.`,
  );
}

const listed = z.array(
  z.object({ id: z.number(), issue_url: z.string(), body: z.string().nullish(), updated_at: time }),
);

/** See GitHub.commentsSince. One call for a whole repository; `since` is compared with the last change (REST reference). */
export async function commentsSince(client: Client, repo: RepoRef, since: Date): ReturnType<GitHub["commentsSince"]> {
  const { data } = await client.call(repo, "review", "comments", (o, name) =>
    o.rest.issues.listCommentsForRepo({
      ...name,
      since: `${since.toISOString().slice(0, 19)}Z`,
      sort: "updated",
      direction: "asc",
      per_page: 100,
    }),
  );
  return listed.parse(data).flatMap(({ id, issue_url: url, body, updated_at: updatedAt }) => {
    const number = Number(/\/issues\/([1-9][0-9]*)$/.exec(url)?.[1]);
    return Number.isSafeInteger(number) ? [{ id, number, body: body ?? "", updatedAt }] : [];
  });
}

const bounded = (body: string): string => {
  if (body.length > longest) throw new TypeError(`a comment of ${body.length} characters; GitHub takes ${longest}`);
  return body;
};

/** See GitHub.createComment. */
export async function createComment(client: Client, repo: RepoRef, number: number, body: string): Promise<number> {
  const { data } = await client.call(
    repo,
    "review",
    "comment",
    (o, name) => o.rest.issues.createComment({ ...name, issue_number: number, body: bounded(body) }),
    { write: "comment" },
  );
  return Number(data.id);
}

/** See GitHub.updateComment. */
export async function updateComment(client: Client, repo: RepoRef, id: number, body: string): Promise<boolean> {
  try {
    await client.call(
      repo,
      "review",
      "comment",
      (o, name) => o.rest.issues.updateComment({ ...name, comment_id: id, body: bounded(body) }),
      { write: "comment", expected: [404] },
    );
    return true;
  } catch (error) {
    if (httpFailure(error)?.status === 404) return false;
    throw error;
  }
}

/** See GitHub.createIssue. */
export async function createIssue(
  client: Client,
  repo: RepoRef,
  { title, body }: { readonly title: string; readonly body: string },
): Promise<number> {
  const { data } = await client.call(
    repo,
    "review",
    "issue",
    (o, name) => o.rest.issues.create({ ...name, title, body: bounded(body) }),
    { write: "comment" },
  );
  return data.number;
}

/** See GitHub.updateIssue. */
export async function updateIssue(
  client: Client,
  repo: RepoRef,
  number: number,
  change: { readonly title?: string; readonly body?: string; readonly state?: "open" },
): Promise<void> {
  if (change.body !== undefined) bounded(change.body);
  await client.call(
    repo,
    "review",
    "issue",
    (o, name) => o.rest.issues.update({ ...name, issue_number: number, ...change }),
    { write: "comment" },
  );
}

/** See GitHub.closeIssue. */
export async function closeIssue(
  client: Client,
  repo: RepoRef,
  number: number,
  reason: "completed" | "not_planned",
): Promise<void> {
  await client.call(
    repo,
    "review",
    "issue",
    (o, name) => o.rest.issues.update({ ...name, issue_number: number, state: "closed", state_reason: reason }),
    { write: "comment" },
  );
}

/** See GitHub.closePullRequest. */
export async function closePullRequest(client: Client, repo: RepoRef, number: number): Promise<void> {
  await client.call(
    repo,
    "review",
    "pull request",
    (o, name) => o.rest.pulls.update({ ...name, pull_number: number, state: "closed" }),
    { write: "comment" },
  );
}

const issueAnswer = z.object({
  number: z.number(),
  state: z.enum(["open", "closed"]),
  user: restUser,
  body: z.string().nullish(),
  pull_request: z.unknown().optional(),
});

/** See GitHub.issue. */
export async function issue(
  client: Client,
  repo: RepoRef,
  number: number,
): Promise<{ state: "open" | "closed"; author: IssueComment["author"] } | null> {
  try {
    const { data } = await client.call(
      repo,
      "review",
      "issue",
      (o, name) => o.rest.issues.get({ ...name, issue_number: number }),
      { expected: [404, 410] },
    );
    const { number: found, state, user, pull_request: pull } = issueAnswer.parse(data);
    // GitHub leads to where an issue was transferred, which is another repository's.
    return pull === undefined && found === number ? { state, author: user } : null;
  } catch (error) {
    const status = httpFailure(error)?.status;
    if (status === 404 || status === 410) return null; // never was, or deleted
    throw error;
  }
}

/** See GitHub.ourIssues. The newest hundred: what is looked for was made a moment ago. */
export async function ourIssues(
  client: Client,
  repo: RepoRef,
  bot: { readonly id: number; readonly login: string },
): Promise<readonly OurIssue[]> {
  const { data } = await client.call(repo, "review", "issues", (o, name) =>
    o.rest.issues.listForRepo({ ...name, creator: bot.login, state: "all", per_page: 100 }),
  );
  return z
    .array(issueAnswer)
    .parse(data)
    .flatMap(({ number, state, user, body, pull_request: pull }) =>
      pull === undefined && user?.id === bot.id ? [{ number, state, body: body ?? "" }] : [],
    );
}
