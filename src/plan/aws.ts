import type { AwsRole } from "../access-repo/types.ts";
import { canonicalJson, type Json, sha256 } from "../base/canonical-json.ts";
import { formatInstant } from "../base/duration.ts";
import { awsNotLimited, awsRisks } from "./notes.ts";
import { awsRegion } from "./region.ts";
import { oversize } from "./session-policy.ts";
import { normalStatements } from "./statements.ts";
import { MAX_SUBJECT_BYTES, subjectOf } from "./subject.ts";
import type { AwsPlanData, PlanInput, PlanWorkflow } from "./types.ts";
import { failure, type Rendered } from "./rendered.ts";

/** Version 1 of the aws plan. What it yields for old grants never changes; what would change it is version 2. */
export function renderAws(input: PlanInput, role: AwsRole): Rendered {
  const { request, access } = input;
  const subject = subjectOf(access.repository_id, "aws", request.target.name, request.roleName);
  if (subject === undefined) {
    return failure(
      "subject_too_long",
      `The names of target ${request.target.name} and role ${request.roleName} do not fit into a subject of ${MAX_SUBJECT_BYTES} bytes: shorten one.`,
    );
  }
  const region = awsRegion(role.role_arn, request.target.region);
  if (region === undefined) {
    return failure(
      "region_not_of_partition",
      `Region ${request.target.region ?? "(none)"} is not of the partition of ${role.role_arn}: correct one of them in the target file.`,
    );
  }
  if (request.allow === undefined || request.allow.length === 0) {
    return failure("nothing_allowed", "The request allows nothing: name actions and resources.");
  }
  const data: AwsPlanData = {
    plan_version: 1,
    kind: "aws",
    subject,
    target: request.target.name,
    role: request.roleName,
    role_arn: role.role_arn,
    region,
    max_session: role.max_session,
    statements: normalStatements(request.allow),
    duration: request.duration,
    start: request.start === undefined ? null : formatInstant(request.start),
    runs: request.runs,
    last_issue_before_end: role.last_issue_before_end,
    workflow: planWorkflow(input),
    dispatch: request.dispatch === undefined ? null : { inputs: { ...request.dispatch.inputs } },
  };
  const problem = oversize(data);
  if (problem !== undefined) return failure("policy_too_long", `${problem} Ask for less, or in two requests.`);
  return finish(data, role, request.narrowed);
}

function finish(data: AwsPlanData, role: AwsRole, narrowed: boolean): Rendered {
  let text: string;
  try {
    text = canonicalJson(data as unknown as Json); // PlanData holds Json only; an interface just has no index signature
  } catch (error) {
    if (error instanceof TypeError)
      return failure("not_canonical", `The request cannot be written down exactly: ${error.message}.`);
    throw error;
  }
  return {
    ok: true,
    plan: {
      data,
      text,
      hash: sha256(text),
      narrowed,
      risks: awsRisks(data, role, narrowed),
      notLimited: awsNotLimited(data, role),
    },
  };
}

/** The binding that the exchange matches. Ids and the blob decide; the repository's name is for display and not in the hash. */
function planWorkflow({ request, workflow }: PlanInput): PlanWorkflow {
  const { file, ref, environment, sha, reusable, actor } = request.workflow;
  return {
    repository_id: workflow.repository_id,
    owner_id: workflow.owner_id,
    file,
    ref,
    environment: environment ?? null,
    sha: sha ?? null,
    reusable: reusable ?? null,
    actor,
    blob: workflow.blob,
    events: [...new Set(request.role.events)].sort(),
    runners: [...new Set(request.role.runners)].sort(),
  };
}
