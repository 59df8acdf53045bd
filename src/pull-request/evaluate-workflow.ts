import {
  inputMissing,
  inputNotAdmitted,
  inputUndeclared,
  requesterCannotWrite,
  workflowFileMissing,
  workflowNotDispatchable,
  workflowOfAnotherOwner,
  workflowRepositoryUnreachable,
} from "../access-repo/index.ts";
import type { Diagnostic, Locate, ResolvedRequest } from "../access-repo/types.ts";
import type { Actor, Snapshot } from "../approval/types.ts";
import type { GitHub } from "../github/types.ts";
import type { WorkflowFacts } from "../plan/types.ts";
import { readWorkflow, type WorkflowDispatch } from "./workflow-file.ts";

export type WorkflowEvaluation =
  | { readonly ok: true; readonly facts: WorkflowFacts }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

const plainFile = 0o100644;
const executable = 0o100755;

/**
 * What only GitHub knows of the workflow that a request names: same owner by id, the requester's own live write permission
 * (who may not start it by hand may not have it started by us), the file at the ref, its inputs (DESIGN.md section 4, Same
 * owner; C49). The blob that is read here is the one that the plan binds.
 */
export async function evaluateWorkflow(
  github: GitHub,
  snapshot: Pick<Snapshot, "repository">,
  requester: Actor,
  request: ResolvedRequest,
  at: Locate,
): Promise<WorkflowEvaluation> {
  const { workflow, dispatch } = request;
  const where = { file: request.path.path, at };
  const failed = (...diagnostics: Diagnostic[]): WorkflowEvaluation => ({ ok: false, diagnostics });
  const [owner] = snapshot.repository.fullName.split("/");
  // By name first: a repository of somebody else is not even asked for, and our token cannot reach it.
  if (workflow.repository.split("/")[0]?.toLowerCase() !== owner?.toLowerCase()) {
    return failed(workflowOfAnotherOwner(where, workflow.repository, owner ?? ""));
  }
  const found = await github.workflowFile(workflow.repository, workflow.ref, workflow.file, requester);
  if (!found) return failed(workflowRepositoryUnreachable(where, workflow.repository));
  if (found.repository.ownerId !== snapshot.repository.ownerId) {
    return failed(workflowOfAnotherOwner(where, workflow.repository, owner ?? ""));
  }
  if (!found.canWrite && !(await github.canWrite(workflow.repository, requester))) {
    return failed(requesterCannotWrite(where, workflow.repository, requester.login));
  }
  const { file } = found;
  if (!file || (file.mode !== plainFile && file.mode !== executable) || file.text === undefined) {
    return failed(workflowFileMissing(where, workflow.repository, workflow.file, workflow.ref));
  }
  if (dispatch) {
    const text = readWorkflow(file.text);
    if (text.kind !== "dispatch") return failed(workflowNotDispatchable(where, workflow.file));
    const wrong = checkInputs(where, dispatch.inputs, text.dispatch);
    if (wrong.length > 0) return failed(...wrong);
  }
  return {
    ok: true,
    facts: {
      repository_id: found.repository.id,
      owner_id: found.repository.ownerId,
      repository: found.repository.fullName,
      blob: file.oid,
    },
  };
}

function checkInputs(
  where: { file: string; at: Locate },
  inputs: Readonly<Record<string, string>>,
  { inputs: declared }: WorkflowDispatch,
): Diagnostic[] {
  const wrong: Diagnostic[] = [];
  for (const [name, value] of Object.entries(inputs)) {
    const input = declared.get(name);
    if (!input) wrong.push(inputUndeclared(where, name, [...declared.keys()]));
    else if (input.options && !input.options.includes(value))
      wrong.push(inputNotAdmitted(where, name, value, input.options));
  }
  for (const [name, input] of declared) {
    if (input.required && !input.hasDefault && !Object.hasOwn(inputs, name)) wrong.push(inputMissing(where, name));
  }
  return wrong;
}
