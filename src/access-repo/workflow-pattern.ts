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

interface Parts {
  readonly repository: string;
  readonly file: string;
  readonly ref: string;
}

/** Owner without case, as GitHub compares logins; all else exactly, as git and the token's claims spell it. */
export const workflowFits = (pattern: WorkflowPattern, workflow: Parts): boolean =>
  misfits(pattern, workflow).length === 0;

/** The part that alone keeps a workflow from fitting; undefined where it fits, or more than one part is another. */
export function onlyMisfit(pattern: WorkflowPattern, workflow: Parts): keyof Parts | undefined {
  const [only, ...more] = misfits(pattern, workflow);
  return more.length === 0 ? only : undefined;
}

function misfits(pattern: WorkflowPattern, workflow: Parts): readonly (keyof Parts)[] {
  const stem = pattern.ref.slice(0, -1);
  const refFits = pattern.ref.endsWith("*") ? workflow.ref.startsWith(stem) : workflow.ref === pattern.ref;
  const found: (keyof Parts)[] = [];
  if (!repositoryFits(pattern, workflow.repository)) found.push("repository");
  if (!segmentsFit(pattern.file, workflow.file)) found.push("file");
  if (!refFits) found.push("ref");
  return found;
}

/** `reusable` is `owner/repo/.github/workflows/x.yml@<40 hex>`, as the request's schema has it. */
export function reusableFits(pattern: ReusablePattern, reusable: string): boolean {
  const [owner = "", repository = "", ...rest] = (reusable.split("@")[0] ?? "").split("/");
  return repositoryFits(pattern, `${owner}/${repository}`) && segmentsFit(pattern.file, rest.join("/"));
}

function repositoryFits(pattern: ReusablePattern, fullName: string): boolean {
  const [owner = "", repository = "", ...rest] = fullName.split("/");
  if (rest.length > 0 || owner.toLowerCase() !== pattern.owner.toLowerCase()) return false;
  return globFits(pattern.repository, repository);
}

function segmentsFit(pattern: string, path: string): boolean {
  const patterns = pattern.split("/");
  const segments = path.split("/");
  return patterns.length === segments.length && patterns.every((p, i) => globFits(p, segments[i] ?? ""));
}
