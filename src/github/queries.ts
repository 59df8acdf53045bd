// GraphQL texts. Everything that a decision stands on comes from one answer, so that no part of it is older than another
// (DESIGN.md section 4: base means the live tip of the default branch, read in the same snapshot).

const actor = "__typename login ... on User { databaseId } ... on Bot { databaseId }";
const blob = "name oid mode type object { __typename ... on Blob { oid text isBinary isTruncated byteSize } }";

// `file(path:)` of a Commit, not `object(expression:)`: every policy file is read from the same commit.
const policyFragment = `
fragment PolicyOf on Commit {
  settings: file(path: ".github/countersign.yml") { ${blob} }
  targets: file(path: "targets") { oid mode type object { __typename ... on Tree { entries { ${blob} } } } }
  codeowners0: file(path: ".github/CODEOWNERS") { ${blob} }
  codeowners1: file(path: "CODEOWNERS") { ${blob} }
  codeowners2: file(path: "docs/CODEOWNERS") { ${blob} }
}`;

const commitFragment = `
fragment CommitOf on Commit {
  oid committedDate
  parents(first: 2) { nodes { oid } }
  signature { isValid wasSignedByGitHub }
  associatedPullRequests(first: 10) { nodes { number fullDatabaseId headRefOid baseRefName mergeCommit { oid } } }
  ...PolicyOf
}
${policyFragment}`;

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);
const filesOf = (count: number): string =>
  upTo(count)
    .map((i) => `f${i}: file(path: $p${i}) { ${blob} }`)
    .join("\n");
const variables = (prefix: string, count: number): string =>
  upTo(count)
    .map((i) => `, $${prefix}${i}: String!`)
    .join("");

/** `organization { t0 … }`: whole teams, child teams' members with them, as GitHub's code owners count. */
const teamsOf = (count: number): string =>
  upTo(count)
    .map(
      (i) =>
        `t${i}: team(slug: $t${i}) { privacy members(first: 100, membership: ALL) { totalCount nodes { databaseId login } } }`,
    )
    .join("\n");

/**
 * Everything that a decision stands on. `files`: so many files of the tip with it, by the variables p0, p1 …; `teams`: so many
 * teams of the owner, by t0, t1 …
 */
export const snapshotQuery = (files: number, teams: number): string => `
query Snapshot($owner: String!, $name: String!, $number: Int!${variables("p", files)}${variables("t", teams)}) {
  ${teams > 0 ? `organization(login: $owner) { databaseId ${teamsOf(teams)} }` : ""}
  repository(owner: $owner, name: $name) {
    databaseId nameWithOwner
    owner { __typename login ... on Organization { databaseId } ... on User { databaseId } }
    defaultBranchRef { name target { __typename ... on Commit { ...CommitOf } } }
    ${files > 0 ? `tipFiles: defaultBranchRef { target { ... on Commit { oid ${filesOf(files)} } } }` : ""}
    pullRequest(number: $number) {
      id fullDatabaseId number title state isDraft baseRefName headRefName headRefOid changedFiles
      author { ${actor} }
      headRepository { databaseId }
      mergeCommit { oid }
      createdAt
      timelineItems(last: 1, itemTypes: [CLOSED_EVENT, REOPENED_EVENT]) { nodes {
        __typename ... on ClosedEvent { actor { ${actor} } } ... on ReopenedEvent { createdAt }
      } }
      files(first: 100) { totalCount nodes { path changeType } }
      commits(first: 100) { totalCount nodes { commit {
        oid
        authors(first: 20) { totalCount nodes { user { login databaseId } } }
        committer { email user { login databaseId } }
        signature { isValid wasSignedByGitHub }
      } } }
      latestOpinionatedReviews(first: 100) { totalCount nodes {
        fullDatabaseId state submittedAt authorCanPushToRepository
        commit { oid } author { ${actor} }
      } }
      reviewRequests(first: 50) { nodes { requestedReviewer { __typename ... on User { login } ... on Team { slug } } } }
    }
  }
}
${commitFragment}`;

export const policyQuery = `
query Policy($owner: String!, $name: String!, $oid: GitObjectID!) {
  repository(owner: $owner, name: $name) {
    databaseId
    object(oid: $oid) { __typename ... on Commit { oid ...PolicyOf } }
  }
}
${policyFragment}`;

/** Files by path at one commit; paths are variables, never part of the text. */
export const filesQuery = (count: number): string => `
query Files($owner: String!, $name: String!, $oid: GitObjectID!${variables("p", count)}) {
  repository(owner: $owner, name: $name) {
    databaseId
    object(oid: $oid) { __typename ... on Commit { oid ${filesOf(count)} } }
  }
}`;

export const branchCommitQuery = `
query BranchCommit($owner: String!, $name: String!, $oid: GitObjectID!) {
  repository(owner: $owner, name: $name) {
    databaseId
    object(oid: $oid) { __typename ... on Commit { ...CommitOf } }
  }
}
${commitFragment}`;

export const historyQuery = `
query History($owner: String!, $name: String!, $oid: GitObjectID!, $after: String) {
  repository(owner: $owner, name: $name) {
    databaseId
    object(oid: $oid) { __typename ... on Commit { oid history(first: 100, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { oid parents(first: 2) { nodes { oid } } }
    } } }
  }
}`;

/** `person`: with the permission of one person, by the variable login. */
export const workflowQuery = (person: boolean): string => `
query Workflow($owner: String!, $name: String!, $expression: String!, $path: String!${person ? ", $login: String!" : ""}) {
  repository(owner: $owner, name: $name) {
    databaseId nameWithOwner
    owner { __typename login ... on Organization { databaseId } ... on User { databaseId } }
    ${person ? "collaborators(login: $login, first: 1) { edges { permission node { databaseId } } }" : ""}
    object(expression: $expression) { __typename ... on Commit { oid file(path: $path) { ${blob} } } }
  }
}`;

export const openPullRequestsQuery = `
query Open($owner: String!, $name: String!, $after: String) {
  repository(owner: $owner, name: $name) {
    databaseId
    pullRequests(states: OPEN, first: 100, after: $after) { pageInfo { hasNextPage endCursor } nodes { number } }
  }
}`;

/** `lastEditedAt`: whoever may write here may edit the words of others, and an edited comment is nobody's. */
export const commentsQuery = `
query Comments($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    databaseId
    issueOrPullRequest(number: $number) {
      __typename
      ... on PullRequest { comments(first: 100, after: $after) { ...Said } }
      ... on Issue { comments(first: 100, after: $after) { ...Said } }
    }
  }
}
fragment Said on IssueCommentConnection {
  pageInfo { hasNextPage endCursor }
  nodes { fullDatabaseId body createdAt lastEditedAt author { ${actor} } }
}`;

/** Sets a title, and reads in the same answer who has reviewed by then: mutations are done first, then what is asked of them. */
export const titleMutation = `
mutation Title($pullRequest: ID!, $title: String!) {
  updatePullRequest(input: { pullRequestId: $pullRequest, title: $title }) {
    pullRequest { reviews(last: 100) { nodes { submittedAt author { ${actor} } } } }
  }
}`;
