import { globFits } from "./glob.ts";

/** Owner literal; `*` in repository name and file stops at `/`; ref exact or with one trailing `*`. */
export interface WorkflowPattern {
  readonly text: string;
  readonly owner: string;
  readonly repository: string;
  readonly file: string;
  readonly ref: string;
}
/** The same without a ref: reusable workflows are named by commit, which no pattern has to admit. */
export type ReusablePattern = Omit<WorkflowPattern, "ref">;

const fileShape =
  /^([A-Za-z0-9](?:-?[A-Za-z0-9_]){0,99})\/([A-Za-z0-9._*-]{1,100})\/(\.github\/workflows\/[A-Za-z0-9._*-]{1,200})$/;
const refShape = /^refs\/(?:heads|tags)\/[!-~]{1,240}$/;

/**
 * `owner/repo/.github/workflows/<file>@<ref>`: the owner literal, `*` in repository and file stops at `/`, the ref exact or
 * with one trailing `*` (DESIGN.md section 3). Undefined for anything else.
 */
export function parseWorkflowPattern(text: string): WorkflowPattern | undefined {
  const at = text.indexOf("@");
  const reusable = at < 0 ? undefined : parseReusablePattern(text.slice(0, at));
  const ref = text.slice(at + 1);
  if (reusable === undefined || text.length > 500 || !refShape.test(ref)) return undefined;
  if (ref.slice(0, -1).includes("*") || /[\^:?[\\~]|\.\.|@\{/.test(ref)) return undefined;
  return { ...reusable, text, ref };
}

/** `owner/repo/.github/workflows/<file>`, as in a workflow pattern. Undefined for anything else. */
export function parseReusablePattern(text: string): ReusablePattern | undefined {
  const [, owner, repository, file] = (text.length <= 500 ? fileShape.exec(text) : null) ?? [];
  if (owner === undefined || repository === undefined || file === undefined) return undefined;
  return /\.ya?ml$|\*$/.test(file) ? { text, owner, repository, file } : undefined;
}

/** Owner without case, as GitHub compares logins; all else exactly, as git and the token's claims spell it. */
export function workflowFits(
  pattern: WorkflowPattern,
  workflow: { readonly repository: string; readonly file: string; readonly ref: string },
): boolean {
  if (!fileFits(pattern, workflow.repository, workflow.file)) return false;
  return pattern.ref.endsWith("*") ? workflow.ref.startsWith(pattern.ref.slice(0, -1)) : workflow.ref === pattern.ref;
}

/** `reusable` is `owner/repo/.github/workflows/x.yml@<40 hex>`, as the request's schema has it. */
export function reusableFits(pattern: ReusablePattern, reusable: string): boolean {
  const [owner = "", repository = "", ...rest] = (reusable.split("@")[0] ?? "").split("/");
  return fileFits(pattern, `${owner}/${repository}`, rest.join("/"));
}

function fileFits(pattern: ReusablePattern, fullName: string, file: string): boolean {
  const [owner = "", repository = "", ...rest] = fullName.split("/");
  if (rest.length > 0 || owner.toLowerCase() !== pattern.owner.toLowerCase()) return false;
  return globFits(pattern.repository, repository) && segmentsFit(pattern.file, file);
}

function segmentsFit(pattern: string, path: string): boolean {
  const patterns = pattern.split("/");
  const segments = path.split("/");
  return patterns.length === segments.length && patterns.every((p, i) => globFits(p, segments[i] ?? ""));
}
