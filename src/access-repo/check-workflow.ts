import type { Report } from "./report.ts";
import { listed, quote } from "./diagnostics.ts";
import { advise, nearest } from "./suggest.ts";
import type { RequestFile, ResolvedRequest, Role, WorkflowBinding, WorkflowPattern } from "./types.ts";
import { onlyMisfit, reusableFits, workflowFits } from "./workflow-pattern.ts";

/** The workflow that the grant will be bound to, complete after the role's defaults. Undefined where a part is missing. */
export function checkWorkflow(file: RequestFile, role: Role, report: Report): WorkflowBinding | undefined {
  const written = { ...role.defaults?.workflow, ...file.workflow };
  const { repository, file: workflowFile, ref } = written;
  for (const key of ["repository", "file", "ref"] as const) {
    if (written[key] !== undefined) continue;
    const message = `Neither the request nor the role's defaults give workflow.${key}.`;
    report("CS2019", ["workflow", key], message, `Add \`${key}:\` under \`workflow:\`.`);
  }
  checkEnvironment(written.environment, role, report);
  checkDispatch(file, role, report);
  if (repository === undefined || workflowFile === undefined || ref === undefined) return undefined;
  const binding: WorkflowBinding = {
    ...written,
    repository,
    file: workflowFile,
    ref,
    // Who may use the grant is the requester alone, unless target or request says so.
    actor: written.actor ?? "requester",
  };
  if (role.workflows !== undefined && !role.workflows.some((pattern) => workflowFits(pattern, binding)))
    refuseWorkflow(file, binding, role.workflows, report);
  checkReusable(binding, role, report);
  return binding;
}

const textsOf = (patterns: readonly { readonly text: string }[]): readonly string[] => patterns.map(({ text }) => text);

/** The finger goes on the one part that is wrong, where a pattern admits the other two; else on the whole. */
function refuseWorkflow(
  file: RequestFile,
  binding: WorkflowBinding,
  admitted: readonly WorkflowPattern[],
  report: Report,
): void {
  const what = `${binding.repository}/${binding.file}@${binding.ref}`;
  const message = `${quote(what, 300)} is not among the role's workflows.`;
  const hint = `The role admits ${listed("and", textsOf(admitted))}.`;
  const parts = new Set(admitted.map((pattern) => onlyMisfit(pattern, binding)));
  parts.delete(undefined);
  const [part] = parts;
  if (part === undefined || parts.size > 1 || file.workflow?.[part] === undefined) {
    report("CS2020", ["workflow"], message, hint);
    return;
  }
  // What a wildcard admits cannot be guessed; what is written out can be.
  const literal = admitted
    .filter((pattern) => onlyMisfit(pattern, binding) === part)
    .map((pattern) => (part === "repository" ? `${pattern.owner}/${pattern.repository}` : pattern[part]))
    .filter((text) => !text.includes("*"));
  const meant = advise(binding[part], new Set(literal));
  report(
    "CS2020",
    ["workflow", part],
    message,
    nearest(binding[part], literal) === undefined ? hint : { ...meant, hint: `${meant.hint} ${hint}` },
  );
}

/**
 * Its commit pins what runs, but a commit of a fork goes by the parent's name as well, so the name alone vouches for nothing:
 * by default its owner is the one who vouches for the workflow itself.
 */
function checkReusable({ reusable, repository }: WorkflowBinding, role: Role, report: Report): void {
  if (reusable === undefined) return;
  const admitted = role.reusable_workflows;
  const owner = (name: string): string => (name.split("/")[0] ?? "").toLowerCase();
  if (admitted === undefined ? owner(reusable) === owner(repository) : admitted.some((p) => reusableFits(p, reusable)))
    return;
  const hint =
    admitted === undefined
      ? `Name a reusable workflow of ${quote(repository.split("/")[0] ?? "")}, or have the target's owners list it under reusable_workflows.`
      : `The role admits ${listed("and", textsOf(admitted))}.`;
  report("CS2027", ["workflow", "reusable"], `${quote(reusable, 300)} is not a reusable workflow of this role.`, hint);
}

/** The token's claim is compared exactly; without an environment there is no claim, which no list admits. */
function checkEnvironment(environment: string | undefined, role: Role, report: Report): void {
  if (role.environments === undefined || (environment !== undefined && role.environments.includes(environment))) return;
  const message =
    environment === undefined
      ? "This role wants an environment."
      : `${quote(environment)} is not among the role's environments.`;
  const { fix } = advise(environment ?? "", role.environments);
  const hint = `Write ${listed(
    "or",
    role.environments.map((name) => quote(name)),
  )}.`;
  report("CS2022", ["workflow", "environment"], message, { hint, ...(fix === undefined ? {} : { fix }) });
}

/** Started by us, so only what the target's owners listed (CHECKLIST C49). */
function checkDispatch(file: RequestFile, role: Role, report: Report): void {
  if (file.dispatch === undefined) return;
  if (role.workflows === undefined) {
    report("CS2021", ["dispatch"], "This role lists no workflows, so none is started for it.");
  }
  if (!role.events.includes("workflow_dispatch")) {
    const hint = "Remove dispatch, or have the target's owners add workflow_dispatch to the role's events.";
    report("CS2021", ["dispatch"], "This role does not admit the event workflow_dispatch.", hint);
  }
}

/**
 * True where two requests of one pull request, both dispatched, share one run (DESIGN.md section 4, Dispatch): repository,
 * file, ref, environment and inputs are equal. Repository names are compared without case, as GitHub does.
 */
export function sameDispatch(a: ResolvedRequest, b: ResolvedRequest): boolean {
  if (a.dispatch === undefined || b.dispatch === undefined) return false;
  const { workflow: v } = a;
  const { workflow: w } = b;
  if (v.repository.toLowerCase() !== w.repository.toLowerCase() || v.file !== w.file) return false;
  if (v.ref !== w.ref || v.environment !== w.environment) return false;
  const left = a.dispatch.inputs;
  const right = b.dispatch.inputs;
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => Object.hasOwn(right, name) && left[name] === right[name])
  );
}
