import { z } from "zod";
import {
  ownerId,
  repositoryId,
  runId,
  userId,
  type OwnerId,
  type RepositoryId,
  type RunId,
  type UserId,
} from "../base/ids.ts";

/**
 * The claims that we read. `sub` is not among them, on purpose: its form varies by repository, organization and year, and
 * administrators may shape it freely (C38).
 */
export interface Claims {
  readonly iss: string;
  readonly jti: string;
  /** Seconds since 1970, GitHub's clock. */
  readonly iat: number;
  readonly exp: number;
  readonly nbf?: number;
  readonly repository: string;
  readonly repositoryId: RepositoryId;
  readonly repositoryOwnerId: OwnerId;
  readonly workflowRef: string;
  readonly workflowSha: string;
  readonly jobWorkflowRef?: string;
  readonly jobWorkflowSha?: string;
  readonly ref: string;
  readonly environment?: string;
  readonly eventName: string;
  readonly runId: RunId;
  readonly runAttempt: number;
  readonly actorId: UserId;
  readonly sha: string;
  readonly runnerEnvironment: string;
}

// GitHub sends every id as a decimal string; a number is not GitHub's and loses digits above 2^53.
const decimal = z.string().regex(/^[1-9][0-9]{0,15}$/);
const text = z.string().min(1).max(1000);
const hex40 = z.string().regex(/^[0-9a-f]{40}$/);
const seconds = z.int().positive();
const shape = z.object({
  iss: text,
  jti: z.string().min(1).max(200),
  iat: seconds,
  exp: seconds,
  nbf: seconds.optional(),
  repository: z.string().regex(/^[A-Za-z0-9_.-]+\/[A-Za-z0-9_.-]+$/),
  repository_id: decimal.transform(repositoryId),
  repository_owner_id: decimal.transform(ownerId),
  workflow_ref: text,
  workflow_sha: hex40,
  job_workflow_ref: text.optional(),
  job_workflow_sha: hex40.optional(),
  ref: text,
  environment: text.optional(),
  event_name: text,
  run_id: decimal.transform(runId),
  run_attempt: decimal.transform(Number),
  actor_id: decimal.transform(userId),
  sha: hex40,
  runner_environment: text,
});

/** Undefined where a claim is missing or of another form: not a token of a GitHub Actions job. */
export function parseClaims(payload: unknown): Claims | undefined {
  const parsed = shape.safeParse(payload);
  if (!parsed.success) return undefined;
  const c = parsed.data;
  return {
    iss: c.iss,
    jti: c.jti,
    iat: c.iat,
    exp: c.exp,
    ...(c.nbf === undefined ? {} : { nbf: c.nbf }),
    repository: c.repository,
    repositoryId: c.repository_id,
    repositoryOwnerId: c.repository_owner_id,
    workflowRef: c.workflow_ref,
    workflowSha: c.workflow_sha,
    ...(c.job_workflow_ref === undefined ? {} : { jobWorkflowRef: c.job_workflow_ref }),
    ...(c.job_workflow_sha === undefined ? {} : { jobWorkflowSha: c.job_workflow_sha }),
    ref: c.ref,
    ...(c.environment === undefined ? {} : { environment: c.environment }),
    eventName: c.event_name,
    runId: c.run_id,
    runAttempt: c.run_attempt,
    actorId: c.actor_id,
    sha: c.sha,
    runnerEnvironment: c.runner_environment,
  };
}

/** Ids of a job for a log line: nothing that people wrote, and the token's id only as a digest elsewhere. */
export const claimIds = (claims: Claims): Readonly<Record<string, unknown>> => ({
  repository_id: claims.repositoryId,
  run_id: claims.runId,
  run_attempt: claims.runAttempt,
  actor_id: claims.actorId,
});
