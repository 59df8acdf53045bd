import { z } from "zod";
import type { Actor } from "../approval/types.ts";
import { type CommitSha, type ObjectId, ownerId, repositoryId, type RunId, runId } from "../base/ids.ts";
import { fileAnswer, ownerAnswer, restUser, sha, time, treeFile } from "./answers.ts";
import { filesAt } from "./branch.ts";
import type { Client } from "./client.ts";
import { httpFailure, NotVisible } from "./errors.ts";
import { queryAll } from "./graphql.ts";
import { workflowQuery } from "./queries.ts";
import type { DispatchResult, Run, WorkflowFile } from "./types.ts";

const shape = z.object({
  databaseId: z.number().transform(repositoryId),
  nameWithOwner: z.string(),
  owner: ownerAnswer,
  object: z.object({ file: fileAnswer.optional() }).nullable(),
  collaborators: z
    .object({
      edges: z
        .array(z.object({ permission: z.string(), node: z.object({ databaseId: z.number().nullish() }) }).nullable())
        .nullish(),
    })
    .nullish(),
});
const mayWrite: ReadonlySet<string> = new Set(["ADMIN", "MAINTAIN", "WRITE"]);

/**
 * See GitHub.workflowFile. A ref that does not exist and a file that does not both give `file: null`. The person's permission
 * comes along where GitHub tells it; only a yes is taken from here, by the account's id (C07), so that a "no" is always that
 * of the endpoint that is made for the question.
 */
export async function workflowFile(
  client: Client,
  fullName: string,
  ref: string,
  file: string,
  person?: Actor,
): Promise<WorkflowFile | null> {
  try {
    const about = client.permissions.has(fullName) ? undefined : person;
    const { repository: answer } = await queryAll(
      client,
      { fullName },
      "target-read",
      workflowQuery(about !== undefined),
      { expression: ref, path: file, ...(about && { login: about.login }) },
      shape,
      ["repository.collaborators"],
    );
    if (about && !answer.collaborators) client.permissions.note(fullName);
    const allowed = (answer.collaborators?.edges ?? []).some(
      (edge) => edge && about && edge.node.databaseId === about.id && mayWrite.has(edge.permission),
    );
    return {
      repository: { id: answer.databaseId, ownerId: ownerId(answer.owner.databaseId), fullName: answer.nameWithOwner },
      file: treeFile(file, answer.object?.file ?? null),
      ...(allowed && { canWrite: true }),
    };
  } catch (error) {
    if (notInstalled(error)) return null;
    throw error;
  }
}

/** 404: no such repository, or the App is not installed there; 422: the token cannot be narrowed to that name. */
const notInstalled = (error: unknown): boolean =>
  error instanceof NotVisible || (error instanceof Error && httpFailure(error.cause)?.status === 422);

/** See GitHub.blobAt. */
export async function blobAt(
  client: Client,
  fullName: string,
  commit: CommitSha,
  file: string,
): Promise<ObjectId | null> {
  const [found] = await filesAt(client, { fullName }, "target-read", commit, [file]);
  return found?.oid ?? null;
}

const runShape = z.object({
  id: z.number(),
  run_attempt: z.number().default(1),
  event: z.string(),
  status: z.string().nullable(),
  head_sha: sha,
  created_at: time,
  actor: restUser,
  triggering_actor: restUser,
});
const toRun = (data: unknown): Run => {
  const r = runShape.parse(data);
  return {
    id: runId(r.id),
    attempt: r.run_attempt,
    event: r.event,
    status: r.status ?? "unknown",
    actor: r.actor,
    triggeringActor: r.triggering_actor,
    headSha: r.head_sha,
    createdAt: r.created_at,
  };
};

/** See GitHub.run. With `attempt`, the run as that attempt had it: `triggering_actor` is who pressed the button (C63). */
export async function run(client: Client, fullName: string, id: RunId, attempt?: number): Promise<Run | null> {
  try {
    const { data } = await client.call(
      { fullName },
      "target-read",
      "run",
      (o, name) =>
        attempt === undefined
          ? o.rest.actions.getWorkflowRun({ ...name, run_id: id })
          : o.rest.actions.getWorkflowRunAttempt({ ...name, run_id: id, attempt_number: attempt }),
      { expected: [404] },
    );
    return toRun(data);
  } catch (error) {
    if (httpFailure(error)?.status === 404) return null;
    throw error;
  }
}

const fileName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** See GitHub.workflowRuns: `workflow_dispatch` runs of one workflow since a time, newest first, at most 100. */
export async function workflowRuns(
  client: Client,
  fullName: string,
  file: string,
  since: Date,
): Promise<readonly Run[]> {
  const { data } = await client.call({ fullName }, "target-read", "runs", (o, name) =>
    o.rest.actions.listWorkflowRuns({
      ...name,
      workflow_id: fileName(file),
      event: "workflow_dispatch",
      created: `>=${since.toISOString().slice(0, 19)}Z`,
      per_page: 100,
    }),
  );
  return data.workflow_runs.map(toRun);
}

const dispatchAnswer = z.object({ workflow_run_id: z.number() });

/** See GitHub.dispatch. `return_run_details` (2026-02-19) makes GitHub answer with the run's id; older servers answer 204. */
export async function dispatch(
  client: Client,
  fullName: string,
  file: string,
  ref: string,
  inputs: Readonly<Record<string, string>>,
): Promise<DispatchResult> {
  try {
    const { data, status } = await client.call(
      { fullName },
      "dispatch",
      "dispatch",
      (o, name) =>
        o.request("POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches", {
          ...name,
          workflow_id: fileName(file),
          ref: ref.replace(/^refs\/(heads|tags)\//, ""),
          inputs: { ...inputs },
          return_run_details: true,
        }),
      { write: "merge", expected: [404, 422] },
    );
    const answer = dispatchAnswer.safeParse(data);
    if ((status as number) === 200 && answer.success) return { kind: "run", runId: runId(answer.data.workflow_run_id) };
    return { kind: "accepted" };
  } catch (error) {
    const failure = httpFailure(error);
    if (failure?.status === 404 || failure?.status === 422)
      return { kind: "refused", status: failure.status, message: failure.message };
    throw error;
  }
}

/** See GitHub.cancelRun. A run that has ended (409) needs no cancelling. */
export async function cancelRun(client: Client, fullName: string, id: RunId): Promise<void> {
  try {
    await client.call(
      { fullName },
      "dispatch",
      "cancel",
      (o, name) => o.rest.actions.cancelWorkflowRun({ ...name, run_id: id }),
      { write: "merge", expected: [409, 404] },
    );
  } catch (error) {
    const status = httpFailure(error)?.status;
    if (status !== 409 && status !== 404) throw error;
  }
}
