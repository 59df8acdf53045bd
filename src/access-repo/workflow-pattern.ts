import { globFits } from "./glob.ts";
import type { WorkflowBinding, WorkflowPattern } from "./types.ts";

const shape =
  /^([A-Za-z0-9](?:-?[A-Za-z0-9_]){0,99})\/([A-Za-z0-9._*-]{1,100})\/(\.github\/workflows\/[A-Za-z0-9._*-]{1,200})@(refs\/(?:heads|tags)\/[!-~]{1,240})$/;

/**
 * `owner/repo/.github/workflows/<file>@<ref>`: the owner literal, `*` in repository and file stops at `/`, the ref exact or
 * with one trailing `*` (DESIGN.md section 3). Undefined for anything else.
 */
export function parseWorkflowPattern(text: string): WorkflowPattern | undefined {
  const [, owner, repository, file, ref] = (text.length <= 500 ? shape.exec(text) : null) ?? [];
  if (owner === undefined || repository === undefined || file === undefined || ref === undefined) return undefined;
  if (!/\.ya?ml$|\*$/.test(file) || ref.slice(0, -1).includes("*") || /[\^:?[\\~]|\.\.|@\{/.test(ref)) return undefined;
  return { text, owner, repository, file, ref };
}

/** Owner without case, as GitHub compares logins; all else exactly, as git and the token's claims spell it. */
export function workflowFits(
  pattern: WorkflowPattern,
  workflow: Pick<WorkflowBinding, "repository" | "file" | "ref">,
): boolean {
  const [owner = "", repository = "", ...rest] = workflow.repository.split("/");
  if (rest.length > 0 || owner.toLowerCase() !== pattern.owner.toLowerCase()) return false;
  if (!globFits(pattern.repository, repository) || !segmentsFit(pattern.file, workflow.file)) return false;
  return pattern.ref.endsWith("*") ? workflow.ref.startsWith(pattern.ref.slice(0, -1)) : workflow.ref === pattern.ref;
}

function segmentsFit(pattern: string, path: string): boolean {
  const patterns = pattern.split("/");
  const segments = path.split("/");
  return patterns.length === segments.length && patterns.every((p, i) => globFits(p, segments[i] ?? ""));
}
