import { z } from "zod";
import { RetryLater } from "../base/errors.ts";
import { commitSha, ownerId, repositoryId, userId } from "../base/ids.ts";
import { commitFile, createBranch, openPullRequest } from "./ask.ts";
import { branchCommit, commitFacts, filesAt, firstParents, policyAt, requestBlobs, Tips } from "./branch.ts";
import { commitPeople } from "./commit-people.ts";
import { Client, type ClientOptions } from "./client.ts";
import type { Facts } from "../doctor/index.ts";
import { readDoctorFacts } from "./doctor-facts.ts";
import { appReader } from "./doctor-readers.ts";
import { NotVisible } from "./errors.ts";
import { query } from "./graphql.ts";
import {
  closeIssue,
  closePullRequest,
  commentPage,
  commentsSince,
  createComment,
  createIssue,
  issue,
  issueComments,
  ourIssues,
  updateComment,
  updateIssue,
} from "./conversation.ts";
import { createLedgerBranch, ledgerCommits, ledgerTip, putLedgerFile } from "./ledger-branch.ts";
import { accountId, canWrite, Rosters, teamMember } from "./people.ts";
import { openPullRequestsQuery } from "./queries.ts";
import { readSnapshot } from "./snapshot.ts";
import type { GitHub, RepoRef } from "./types.ts";
import { blobAt, cancelRun, dispatch, run, workflowFile, workflowRuns } from "./workflows.ts";
import { merge, putCheck, requestReviewers, retitleCheck, setTitle } from "./writes.ts";

export { createResolver, type ResolveRepositories } from "./grantable-repositories.ts";
export {
  createTokenApp,
  type Installation,
  type InstallationToken,
  missingPermissions,
  type TokenApp,
} from "./token-app.ts";
export { readDoctorFacts } from "./doctor-facts.ts";
export { findApp, personReader } from "./doctor-readers.ts";
export { type Person, personCaller } from "./person.ts";
export { TokenRefused } from "./token-refused.ts";
export * from "./types.ts";

const appAnswer = z.object({ id: z.number(), slug: z.string() });

/** What doctor looks at, with the App's own eyes. Errors as those of GitHub. */
export interface DoctorFacts {
  doctorFacts(fullName: string, webUrl: string): Promise<Facts>;
}

/** The one way to GitHub, see the interface in types.ts. Nothing is asked before the first call. */
export function createGitHub(options: ClientOptions): GitHub & DoctorFacts {
  const client = new Client(options);
  const tips = new Tips(client);
  const rosters = new Rosters(client, options.clock);
  let namesRuns = false;
  let bot: GitHub["bot"] | undefined;
  const identified = (): GitHub["bot"] => {
    if (!bot) throw new RetryLater("github_unidentified", "GitHub has not told yet which bot account we are.");
    return bot;
  };
  /** One for all that ask at once. */
  let identifying: Promise<void> | undefined;
  const identify = async (repo: RepoRef): Promise<void> => {
    const app = appAnswer.parse((await client.asApp((o) => o.request("GET /app"), "app")).data);
    const login = `${app.slug}[bot]`;
    // By an installation token: the App's own signature opens nothing but /app.
    const { data } = await client.call(repo, "read", "bot", (o) => o.rest.users.getByUsername({ username: login }));
    bot = { id: userId(data.id), login, appId: app.id };
  };
  return {
    get bot() {
      return identified();
    },
    async identify(repo) {
      if (bot) return;
      identifying ??= identify(repo).finally(() => {
        identifying = undefined;
      });
      await identifying;
    },
    skewSeconds: () => client.skewSeconds(),
    async repository(fullName) {
      try {
        const installationId = await client.installation(fullName);
        const { data } = await client.call({ fullName }, "read", "repository", (o, name) => o.rest.repos.get(name));
        return {
          id: repositoryId(data.id),
          ownerId: ownerId(data.owner.id),
          fullName: data.full_name,
          defaultBranch: data.default_branch,
          installationId,
        };
      } catch (error) {
        if (error instanceof NotVisible) return null;
        throw error;
      }
    },
    snapshot: (repo, number, options) => readSnapshot(client, repo, number, options),
    async reviewTimes(repo, number) {
      const { data } = await client.call(repo, "read", "reviews", (o, name) =>
        o.rest.pulls.listReviews({ ...name, pull_number: number, per_page: 100 }),
      );
      return data.flatMap((r) =>
        r.submitted_at ? [{ author: r.user ? userId(r.user.id) : null, submittedAt: new Date(r.submitted_at) }] : [],
      );
    },
    files: (repo, commit, paths) => filesAt(client, repo, "read", commit, paths),
    policyAt: (repo, commit) => policyAt(client, repo, commit),
    async mergeBase(repo, base, head) {
      const known = client.kept.mergeBase(repo.id, base, head);
      if (known) return known;
      const { data } = await client.call(repo, "read", "compare", (o, name) =>
        o.rest.repos.compareCommitsWithBasehead({ ...name, basehead: `${base}...${head}`, per_page: 1 }),
      );
      const found = commitSha(data.merge_base_commit.sha);
      client.kept.keepMergeBase(repo.id, base, head, found);
      return found;
    },
    tip: (repo, branch) => tips.read(repo, branch),
    async commitsBetween(repo, from, to) {
      const chain = await firstParents(client, repo, from, to);
      if (chain === null) return null;
      const commits = [];
      for (const sha of chain) {
        const commit = await branchCommit(client, repo, sha);
        if (commit === null) return null;
        commits.push(commit);
      }
      return commits;
    },
    commit: (repo, sha) => commitFacts(client, repo, sha),
    commitPeople: (repo, branch, commits) => commitPeople(client, repo, branch, commits),
    requestBlobs: (repo, commit) => requestBlobs(client, repo, commit),
    openPullRequests: (repo) => openPullRequests(client, repo),
    teamMember: (repo, org, slug, login) => teamMember(client, repo, org, slug, login),
    teamRoster: (repo, org, slug) => rosters.read(repo, org, slug),
    accountId: (repo, login) => accountId(client, repo, login),
    canWrite: (fullName, person) => canWrite(client, fullName, person),
    workflowFile: (fullName, ref, file, person) => workflowFile(client, fullName, ref, file, person),
    blobAt: (fullName, commit, file) => blobAt(client, fullName, commit, file),
    run: (fullName, id, attempt) => run(client, fullName, id, attempt),
    workflowRuns: (fullName, file, since) => workflowRuns(client, fullName, file, since),
    issueComments: (repo, number) => issueComments(client, repo, number),
    commentPage: (repo, number, after) => commentPage(client, repo, number, after),
    commentsSince: (repo, since) => commentsSince(client, repo, since),
    createComment: (repo, number, body) => createComment(client, repo, number, body),
    updateComment: (repo, comment, body) => updateComment(client, repo, comment, body),
    createIssue: (repo, what) => createIssue(client, repo, what),
    updateIssue: (repo, number, change) => updateIssue(client, repo, number, change),
    closeIssue: (repo, number, reason) => closeIssue(client, repo, number, reason),
    closePullRequest: (repo, number) => closePullRequest(client, repo, number),
    issue: (repo, number) => issue(client, repo, number),
    ourIssues: async (repo) => ourIssues(client, repo, identified()),
    putCheck: (repo, head, externalId, content, existing) =>
      putCheck(client, repo, head, externalId, content, existing),
    retitleCheck: (repo, checkRun, title, line) => retitleCheck(client, repo, checkRun, title, line),
    setTitle: (repo, number, title) => setTitle(client, repo, number, title),
    requestReviewers: (repo, number, reviewers) => requestReviewers(client, repo, number, reviewers),
    merge: (repo, number, head, title, message) => merge(client, repo, number, head, title, message),
    commitFile: (repo, parent, path, content, message) => commitFile(client, repo, parent, path, content, message),
    createBranch: (repo, branch, commit) => createBranch(client, repo, branch, commit),
    openPullRequest: async (repo, pullRequest) => openPullRequest(client, repo, identified().id, pullRequest),
    async dispatch(fullName, file, ref, inputs) {
      const result = await dispatch(client, fullName, file, ref, inputs);
      if (result.kind !== "refused") namesRuns = result.kind === "run";
      return result;
    },
    get namesRuns() {
      return namesRuns;
    },
    cancelRun: (fullName, id) => cancelRun(client, fullName, id),
    ledgerTip: (repo) => ledgerTip(tips, repo),
    createLedgerBranch: (repo, path, content, message) => createLedgerBranch(client, repo, path, content, message),
    putLedgerFile: (repo, path, content, message) => putLedgerFile(client, repo, path, content, message),
    ledgerCommits: (repo, from, to) => ledgerCommits(client, repo, from, to),
    ledgerWait: (repo) => client.ledgerWait(repo),
    doctorFacts(fullName, webUrl) {
      const { appId: id, login } = identified();
      const app = { id, slug: login.replace(/\[bot\]$/, "") };
      return readDoctorFacts(client, fullName, appReader(client, { host: new URL(webUrl).host, webUrl, app }));
    },
  };
}

async function openPullRequests(client: Client, repo: RepoRef): Promise<readonly number[]> {
  const shape = z.object({
    pullRequests: z.object({
      pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
      nodes: z.array(z.object({ number: z.number() })),
    }),
  });
  const numbers: number[] = [];
  let after: string | null = null;
  for (;;) {
    const { pullRequests: page }: z.infer<typeof shape> = await query(
      client,
      repo,
      "read",
      openPullRequestsQuery,
      { after },
      shape,
    );
    numbers.push(...page.nodes.map((n) => n.number));
    if (!page.pageInfo.hasNextPage) return numbers;
    after = page.pageInfo.endCursor;
  }
}
