import { z } from "zod";
import type { Actor } from "../approval/types.ts";
import type { CommitSha } from "../base/ids.ts";
import { commitUser, restUser } from "./answers.ts";
import type { Client } from "./client.ts";
import { query } from "./graphql.ts";
import type { CommitPeople, RepoRef } from "./types.ts";

const gitActor = z.object({ user: commitUser }).nullable();
const commitShape = z.object({ author: gitActor, committer: gitActor }).nullable();
const activity = z.array(z.object({ after: z.string(), actor: restUser }));

/** See GitHub.commitPeople. GraphQL for whom the commits name, the activity for who pushed: the first can be forged. */
export async function commitPeople(
  client: Client,
  repo: RepoRef,
  branch: string,
  commits: readonly CommitSha[],
): Promise<readonly CommitPeople[]> {
  if (commits.length === 0) return [];
  if (commits.length > 50) throw new RangeError("at most 50 commits");
  const shape = z.object(Object.fromEntries(commits.map((_, i) => [`c${i}`, commitShape])));
  const variables = Object.fromEntries(commits.map((sha, i) => [`o${i}`, sha]));
  const [named, pushes] = await Promise.all([
    query(client, repo, "read", textFor(commits.length), variables, shape),
    client.call(repo, "read", "activity", (o, name) =>
      o.request("GET /repos/{owner}/{repo}/activity", { ...name, ref: `refs/heads/${branch}`, per_page: 100 }),
    ),
  ]);
  const pusher = new Map(activity.parse(pushes.data).map((row): [string, Actor | null] => [row.after, row.actor]));
  return commits.map((sha, i) => ({
    sha,
    author: named[`c${i}`]?.author?.user ?? null,
    committer: named[`c${i}`]?.committer?.user ?? null,
    pusher: pusher.get(sha) ?? null,
  }));
}

/** Ids are variables, never part of the text. */
function textFor(count: number): string {
  const all = Array.from({ length: count }, (_, i) => i);
  const user = "{ user { login databaseId } }";
  return `
query People($owner: String!, $name: String!, ${all.map((i) => `$o${i}: GitObjectID!`).join(", ")}) {
  repository(owner: $owner, name: $name) {
    databaseId
    ${all.map((i) => `c${i}: object(oid: $o${i}) { __typename ... on Commit { author ${user} committer ${user} } }`).join("\n    ")}
  }
}`;
}
