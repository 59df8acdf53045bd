import { writeFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ACCESS, ask, put, type Sandbox, sandbox } from "./support.ts";

let s: Sandbox;
beforeEach(async () => {
  s = await sandbox();
});
afterEach(() => s.close());

interface Answer {
  data?: { repository: Record<string, unknown> | null };
  errors?: { type?: string; message: string }[];
}
async function query(o: { token: string }, fields: string, name = "access"): Promise<Answer> {
  const answer = await fetch(s.gh.graphqlUrl, {
    method: "POST",
    headers: { authorization: `bearer ${o.token}`, "content-type": "application/json" },
    body: JSON.stringify({
      query: `query($n: String!) { repository(owner: "acme", name: $n) { ${fields} } }`,
      variables: { n: name },
    }),
  });
  return (await answer.json()) as Answer;
}
const alice = () => ({ token: s.gh.users["alice"]?.token ?? "" });
const minted = async (body: Record<string, unknown>) => {
  const app = await s.app("countersign", body);
  return (await app.auth()) as { token: string };
};

test("one query reads a whole pull request", async () => {
  const { head, id } = await ask(s);
  await s.as("bob").rest.pulls.createReview({ ...ACCESS, pull_number: 1, event: "APPROVE" });
  await s.as("bob").rest.pulls.createReview({ ...ACCESS, pull_number: 1, event: "COMMENT", body: "later" });
  await s.as("mallory").rest.pulls.createReview({ ...ACCESS, pull_number: 1, event: "APPROVE" });
  await (await s.app()).rest.pulls.requestReviewers({ ...ACCESS, pull_number: 1, team_reviewers: ["sre"] });
  const { data, errors } = await query(
    alice(),
    `databaseId owner { __typename login ... on Organization { databaseId } }
     pullRequest(number: 1) { fullDatabaseId state isDraft author { __typename login ... on User { databaseId } }
       baseRefName baseRefOid headRefOid isCrossRepository headRepository { databaseId } mergeable reviewDecision
       files(first: 100) { totalCount nodes { path changeType } }
       commits(first: 100) { totalCount nodes { commit { oid authors(first: 10) { nodes { name email user { login databaseId } } }
         committer { user { login } } signature { isValid wasSignedByGitHub state } } } }
       latestOpinionatedReviews(first: 100) { nodes { state submittedAt authorCanPushToRepository commit { oid } author { login ... on User { databaseId } } } }
       reviewRequests(first: 10) { nodes { requestedReviewer { __typename ... on Team { slug } } } } }`,
  );
  expect(errors).toBeUndefined();
  const pull = data?.repository?.["pullRequest"];
  expect(data?.repository).toMatchObject({
    databaseId: s.gh.repository("acme/access").id,
    owner: { __typename: "Organization" },
  });
  expect(pull).toMatchObject({
    fullDatabaseId: String(id),
    headRefOid: head.sha,
    author: { __typename: "User", login: "alice", databaseId: s.gh.users["alice"]?.id },
    files: { nodes: [{ path: "requests/req.yml", changeType: "ADDED" }] },
    commits: {
      totalCount: 1,
      nodes: [{ commit: { oid: head.sha, authors: { nodes: [{ user: { login: "alice" } }] }, signature: null } }],
    },
    latestOpinionatedReviews: {
      nodes: [
        { state: "APPROVED", commit: { oid: head.sha }, author: { login: "bob" }, authorCanPushToRepository: true },
        { state: "APPROVED", author: { login: "mallory" }, authorCanPushToRepository: false },
      ],
    },
    reviewRequests: { nodes: [{ requestedReviewer: { __typename: "Team", slug: "sre" } }] },
    mergeable: "MERGEABLE",
  });
});

test("authors: co-authors are listed, addresses of nobody have no user, Apps have none either", async () => {
  await ask(s);
  const work = await s.clone("alice");
  await s.git("-C", work, "checkout", "-q", "req");
  writeFileSync(`${work}/f`, "1");
  await s.git("-C", work, "add", ".");
  await s.git("-C", work, "commit", "-q", "-m", "two\n\nCo-authored-by: Bob <bob@acme.example>");
  await s.git("-C", work, "push", "-q", "origin", "req");
  await put(await s.app(), "req", "by-app", "x");
  const { data } = await query(
    alice(),
    `pullRequest(number: 1) { commits(last: 2) { nodes { commit { authors(first: 5) { nodes { email user { login } } }
      committer { name email user { login } } signature { wasSignedByGitHub } } } } }`,
  );
  const [human, app] = ((data?.repository ?? {})["pullRequest"] as { commits: { nodes: { commit: unknown }[] } })
    .commits.nodes;
  expect(human?.commit).toMatchObject({
    authors: {
      nodes: [
        { email: "x@y.z", user: null },
        { email: "bob@acme.example", user: { login: "bob" } },
      ],
    },
    signature: null,
  });
  expect(app?.commit).toMatchObject({
    authors: { nodes: [{ user: null }] },
    committer: { name: "GitHub", user: { login: "web-flow" } },
    signature: { wasSignedByGitHub: true },
  });
});

test("trees and blobs by expression; text stops at 512 KB and says so", async () => {
  await put(s.as("alice"), "main", "big.txt", "x".repeat(600 * 1024));
  const { data } = await query(
    alice(),
    `defaultBranchRef { name target { ... on Commit { oid history(first: 1) { totalCount pageInfo { hasNextPage } }
       file(path: ".github/workflows") { type mode object { ... on Tree { entries { name mode type } } } } } } }
     big: object(expression: "main:big.txt") { ... on Blob { byteSize isTruncated isBinary text } }
     gone: object(expression: "main:none") { oid }
     root: object(expression: "main:") { ... on Tree { entries { name type object { ... on Blob { text } } } } }
     ref(qualifiedName: "refs/heads/main") { target { oid } }`,
  );
  const r = data?.repository as Record<string, { text: string } & Record<string, unknown>>;
  expect(r["big"]).toMatchObject({ byteSize: 600 * 1024, isTruncated: true, isBinary: false });
  expect(r["big"]?.text).toHaveLength(512 * 1024);
  expect(r["gone"]).toBeNull();
  expect(r["defaultBranchRef"]).toMatchObject({
    target: { history: { totalCount: 2, pageInfo: { hasNextPage: true } }, file: { type: "tree", mode: 16384 } },
  });
});

test("a merge commit leads back to its pull request", async () => {
  const { head } = await ask(s);
  const merged = await s.as("bob").rest.pulls.merge({ ...ACCESS, pull_number: 1, merge_method: "squash" });
  const { data } = await query(
    alice(),
    `object(expression: "main") { ... on Commit { oid parents(first: 2) { totalCount } signature { isValid } committer { user { login } }
       associatedPullRequests(first: 5) { nodes { number merged headRefOid mergeCommit { oid } mergedBy { login } } } } }
     pullRequests(first: 5, states: [MERGED], orderBy: { field: UPDATED_AT, direction: DESC }) { nodes { number state } }`,
  );
  expect(data?.repository).toMatchObject({
    object: {
      oid: merged.data.sha,
      parents: { totalCount: 1 },
      signature: { isValid: true },
      associatedPullRequests: {
        nodes: [{ number: 1, merged: true, headRefOid: head.sha, mergedBy: { login: "bob" } }],
      },
    },
    pullRequests: { nodes: [{ number: 1, state: "MERGED" }] },
  });
});

test("GraphQL keeps to the token's repositories and permissions, and wants page sizes", async () => {
  await ask(s);
  const id = s.gh.repository("acme/access").id;
  const contents = await minted({ repository_ids: [id], permissions: { contents: "read" } });
  expect((await query(contents, "databaseId", "secret")).errors?.[0]?.type).toBe("NOT_FOUND");
  expect((await query(contents, "pullRequest(number: 1) { number }")).errors?.[0]?.type).toBe("FORBIDDEN");
  const pulls = await minted({ repository_ids: [id], permissions: { pull_requests: "read" } });
  expect((await query(pulls, 'object(expression: "main") { oid }')).errors?.[0]?.type).toBe("FORBIDDEN");
  expect((await query(alice(), "pullRequests { totalCount }")).errors?.[0]?.type).toBe("MISSING_PAGINATION_BOUNDARIES");
  expect((await query(alice(), "pullRequests(first: 500) { totalCount }")).errors?.[0]?.type).toBe(
    "EXCESSIVE_PAGINATION",
  );
  expect((await query(alice(), "pullRequest(number: 9) { number }")).errors?.[0]?.type).toBe("NOT_FOUND");
  expect((await query({ token: "wrong" }, "id")).errors).toBeUndefined();
});
