import type { CloudKind } from "../access-repo/types.ts";
import { canonicalJson, type Json, sha256 } from "../base/canonical-json.ts";
import { formatInstant } from "../base/duration.ts";
import { sessionLength } from "./lifetimes.ts";
import { sorted } from "./normal.ts";
import { type Failure, failure, type Rendered } from "./rendered.ts";
import { MAX_SUBJECT_BYTES, subjectOf } from "./subject.ts";
import type { Plan, PlanCommon, PlanData, PlanInput, PlanWorkflow } from "./types.ts";

/** What the plans of all kinds share, or why the request can have none. */
export function planCommon(
  input: PlanInput,
  kind: CloudKind,
): { readonly ok: true; readonly common: PlanCommon } | Failure {
  const { request, access } = input;
  const subject = subjectOf(access.repository_id, kind, request.target.name, request.roleName);
  if (subject === undefined) {
    return failure(
      "subject_too_long",
      `The names of target ${request.target.name} and role ${request.roleName} do not fit into a subject of ${MAX_SUBJECT_BYTES} bytes: shorten one.`,
    );
  }
  return {
    ok: true,
    common: {
      plan_version: 1,
      subject,
      target: request.target.name,
      role: request.roleName,
      duration: request.duration,
      start: request.start === undefined ? null : formatInstant(request.start),
      runs: request.runs,
      last_issue_before_end: request.role.last_issue_before_end,
      workflow: planWorkflow(input),
      dispatch: request.dispatch === undefined ? null : { inputs: { ...request.dispatch.inputs } },
    },
  };
}

/** The plan of resolved data: its text, its hash, and beside them what only readers need. */
export function finish(
  data: PlanData,
  about: Pick<Plan, "narrowed" | "risks" | "notLimited" | "repositories">,
): Rendered {
  let text: string;
  try {
    text = canonicalJson(data as unknown as Json); // PlanData holds Json only; an interface just has no index signature
  } catch (error) {
    if (error instanceof TypeError)
      return failure("not_canonical", `The request cannot be written down exactly: ${error.message}.`);
    throw error;
  }
  return { ok: true, plan: { data, text, hash: sha256(text), session: sessionLength(data), ...about } };
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
    events: sorted(request.role.events),
    runners: sorted(request.role.runners),
  };
}
