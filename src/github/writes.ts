import { z } from "zod";
import { RetryLater } from "../base/errors.ts";
import { type CommitSha, commitSha } from "../base/ids.ts";
import type { Diagnostic } from "../access-repo/types.ts";
import { actorAnswer, time } from "./answers.ts";
import type { Client } from "./client.ts";
import { httpFailure } from "./errors.ts";
import { titleMutation } from "./queries.ts";
import type { CheckContent, MergeResult, RepoRef, ReviewTime } from "./types.ts";

/** What each check run of ours is called, and its button. Branch rules pin the first; the other decides nothing. */
const checks = {
  "pull-request": {
    name: "countersign",
    actions: [{ label: "Re-evaluate", description: "Read everything again and decide", identifier: "re-evaluate" }],
  },
  roles: {
    name: "countersign / roles",
    actions: [{ label: "Check again", description: "Ask the clouds once more", identifier: "check-again" }],
  },
} as const;

const annotation = (d: Diagnostic) => ({
  path: d.file,
  start_line: d.line,
  end_line: d.line,
  // GitHub takes columns only where start and end line are the same, which holds: a diagnostic is on one line.
  start_column: d.column,
  end_column: d.column + d.length - 1,
  annotation_level: d.severity === "error" ? ("failure" as const) : ("warning" as const),
  title: d.code,
  message: `${d.message}\n${d.hint}`.slice(0, 64_000),
});

/**
 * See GitHub.putCheck. `external_id` says which pull request: two with one head share its check runs, and a check on a SHA
 * is no evidence for a pull request (C31). The time is GitHub's `Date` of the answer, not ours.
 */
export async function putCheck(
  client: Client,
  repo: RepoRef,
  head: CommitSha,
  externalId: string,
  content: CheckContent,
  existing: number | null,
): Promise<{ id: number; at: Date }> {
  const annotations = content.annotations.map(annotation);
  const output = {
    title: content.title,
    // Never cut here: what does not fit is for the page to say (pull-request/page-limits.ts). A longer one is GitHub's to refuse.
    summary: content.summary,
    // An update without it would leave the text of before.
    ...(content.text === undefined && existing === null ? {} : { text: content.text ?? "" }),
    annotations: annotations.slice(0, 50),
  };
  const { name, actions } = checks[content.about ?? "pull-request"];
  const body = {
    name,
    actions: [...actions],
    external_id: externalId,
    status: content.status,
    ...(content.conclusion ? { conclusion: content.conclusion } : {}),
    output,
  };
  // Annotations are appended by PATCH and never replaced: new annotations need a new check run.
  const creates = existing === null || annotations.length > 0;
  const first = await client.call(
    repo,
    "review",
    "check run",
    (o, name) =>
      answered(
        creates
          ? o.rest.checks.create({ ...name, ...body, head_sha: head })
          : o.rest.checks.update({ ...name, ...body, check_run_id: existing }),
      ),
    creates ? { write: "check" } : {},
  );
  const { id } = first;
  for (let i = 50; i < annotations.length; i += 50) {
    await client.call(
      repo,
      "review",
      "check run",
      (o, name) =>
        o.rest.checks.update({
          ...name,
          check_run_id: id,
          output: { ...output, annotations: annotations.slice(i, i + 50) },
        }),
      { write: "check" },
    );
  }
  client.kept.summaries.set(String(id), output.summary);
  const at = Date.parse(first.date ?? "");
  if (!Number.isFinite(at)) throw new RetryLater("github_answer", "GitHub's answer has no Date.");
  return { id, at: new Date(at) };
}

/** See GitHub.retitleCheck. Its conclusion stays: waiting neither passes nor fails anything. */
export async function retitleCheck(
  client: Client,
  repo: RepoRef,
  checkRun: number,
  title: string,
  line: string,
): Promise<void> {
  const before = client.kept.summaries.get(String(checkRun));
  const summary = before === undefined ? line : `${line}\n\n${before}`.slice(0, 65_000);
  await client.call(
    repo,
    "review",
    "check run",
    (o, name) => o.rest.checks.update({ ...name, check_run_id: checkRun, output: { title, summary } }),
    { urgent: true },
  );
}

async function answered(
  response: Promise<{ data: { id: number | bigint }; headers: { date?: string } }>,
): Promise<{ id: number; date: string | undefined }> {
  const { data, headers } = await response;
  return { id: Number(data.id), date: headers.date };
}

const titled = z.object({
  data: z.object({
    updatePullRequest: z.object({
      pullRequest: z.object({
        reviews: z.object({
          nodes: z.array(z.object({ submittedAt: time.nullable(), author: actorAnswer }).nullable()),
        }),
      }),
    }),
  }),
});

/**
 * See GitHub.setTitle. By GraphQL where we have read the pull request, since that spares a call; where its answer is not the
 * whole one, by REST, which says what is wrong.
 */
export async function setTitle(
  client: Client,
  repo: RepoRef,
  number: number,
  title: string,
): Promise<readonly ReviewTime[] | null> {
  const pullRequest = client.kept.node(repo.id, number);
  const write = { write: "comment" } as const;
  if (pullRequest !== undefined) {
    const call = {
      method: "POST",
      url: client.graphqlUrl,
      query: titleMutation,
      variables: { pullRequest, title },
    } as const;
    const answer = await client.call(repo, "review", "title", (o) => o.request(call), {
      ...write,
      resource: "graphql",
    });
    const parsed = titled.safeParse(answer.data);
    if (parsed.success) {
      const { nodes } = parsed.data.data.updatePullRequest.pullRequest.reviews;
      return nodes.flatMap((r) =>
        r?.submittedAt ? [{ author: r.author?.id ?? null, submittedAt: r.submittedAt }] : [],
      );
    }
  }
  await client.call(
    repo,
    "review",
    "title",
    (o, name) => o.rest.pulls.update({ ...name, pull_number: number, title }),
    write,
  );
  return null;
}

/** See GitHub.requestReviewers. 422 where one of them may not review here: the check names them all the same. */
export async function requestReviewers(
  client: Client,
  repo: RepoRef,
  number: number,
  reviewers: { users: readonly string[]; teams: readonly string[] },
): Promise<void> {
  try {
    await client.call(
      repo,
      "review",
      "reviewers",
      (o, name) =>
        o.rest.pulls.requestReviewers({
          ...name,
          pull_number: number,
          reviewers: [...reviewers.users],
          team_reviewers: [...reviewers.teams],
        }),
      { write: "comment", expected: [422] },
    );
  } catch (error) {
    if (httpFailure(error)?.status !== 422) throw error;
  }
}

/** See GitHub.merge. `sha` pins the head that was evaluated; GitHub answers 409 when it moved (GITHUB.md 2.4). */
export async function merge(
  client: Client,
  repo: RepoRef,
  number: number,
  head: CommitSha,
  title: string,
  message: string,
): Promise<MergeResult> {
  try {
    const { data } = await client.call(
      repo,
      "merge",
      "merge",
      (o, name) =>
        o.rest.pulls.merge({
          ...name,
          pull_number: number,
          sha: head,
          merge_method: "squash",
          commit_title: title,
          commit_message: message,
        }),
      { write: "merge", expected: [405, 409, 422] },
    );
    return { kind: "merged", sha: commitSha(data.sha) };
  } catch (error) {
    const failure = httpFailure(error);
    if (failure && (failure.status === 405 || failure.status === 409 || failure.status === 422)) {
      return { kind: "refused", status: failure.status, message: failure.message };
    }
    throw error;
  }
}
