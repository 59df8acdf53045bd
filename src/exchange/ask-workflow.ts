import { type RequestFields, workflowFits } from "../access-repo/index.ts";
import type { RequestFile, Role } from "../access-repo/types.ts";
import type { Claims } from "./claims.ts";

/** The workflow that a job runs in, as request files spell it. */
export interface OwnWorkflow {
  readonly repository: string;
  readonly file: string;
  readonly ref: string;
  readonly environment?: string;
  /** The reusable workflow that the job runs inside, with its commit. */
  readonly reusable?: string;
}

const pinned = /@[0-9a-f]{40}$/;

/** Undefined where the claims name none that a request can: another ref, or a reusable workflow without its commit. */
export function ownWorkflow(claims: Claims): OwnWorkflow | undefined {
  const { repository, ref, workflowRef, jobWorkflowRef } = claims;
  const [before, after] = [`${repository}/`, `@${ref}`];
  if (!workflowRef.startsWith(before) || !workflowRef.endsWith(after)) return undefined;
  const file = workflowRef.slice(before.length, -after.length);
  const inside = jobWorkflowRef === workflowRef ? undefined : (jobWorkflowRef ?? "");
  if (inside !== undefined && !pinned.test(inside)) return undefined;
  return {
    repository,
    file,
    ref,
    ...(claims.environment === undefined ? {} : { environment: claims.environment }),
    ...(inside === undefined ? {} : { reusable: inside }),
  };
}

/** Whether a role lists the job's own workflow and admits how it runs. A role that lists none takes no requests of jobs. */
export const admits = (role: Role, own: OwnWorkflow, claims: Claims): boolean =>
  role.workflows?.some((pattern) => workflowFits(pattern, own)) === true &&
  role.events.some((event) => event === claims.eventName) &&
  role.runners.some((runner) => runner === claims.runnerEnvironment);

/**
 * The request with the job's own workflow filled in, or what of it is not the job's own. A job asks for itself: which file, at
 * which ref, inside which reusable workflow is not its to choose. Environment, commit and actor are.
 */
export function forOwnWorkflow(request: RequestFile, own: OwnWorkflow): RequestFields | string {
  const { workflow = {} } = request;
  const wrong = (["repository", "file", "ref", "reusable"] as const).find(
    (key) => workflow[key] !== undefined && !same(key, workflow[key], own[key]),
  );
  if (wrong !== undefined) return `workflow.${wrong} is not the job's own: leave it out.`;
  if (request.break_glass !== undefined) return "break_glass is for people: leave it out.";
  return { ...request, workflow: { ...own, ...workflow, repository: own.repository } };
}

/** Names of repositories have no case; all else is compared as git and the token's claims spell it. */
const same = (key: string, a: string, b: string | undefined): boolean =>
  key === "repository" ? a.toLowerCase() === b?.toLowerCase() : a === b;
