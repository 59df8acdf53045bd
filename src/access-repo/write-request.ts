import { formatDuration, formatInstant } from "../base/duration.ts";
import type { RequestFile, WorkflowBinding } from "./types.ts";
import { yamlText } from "./yaml-text.ts";

/** What a request is written from: as parsed, so that a request can be written from an older one. */
export type RequestFields = Omit<RequestFile, "version" | "sets" | "runs"> &
  Partial<Pick<RequestFile, "sets" | "runs">>;

const flow = (values: readonly string[]): string => `[${values.map(quoted).join(", ")}]`;
/** In lists people expect quotes around patterns and ARNs, needed or not. */
const quoted = (text: string): string => (/^[a-z0-9-]+$/.test(text) ? yamlText(text) : JSON.stringify(text));
const workflowKeys = ["repository", "file", "ref", "environment", "sha", "reusable", "actor"] as const;

/**
 * The text of a request file, keys in the order of DESIGN.md section 3. `parseRequest` of it gives the same fields. Whether the
 * policy admits them is for `checkRequest` to say.
 */
export function requestText(request: RequestFields): string {
  const lines = ["version: 1", `role: ${yamlText(request.role)}`, `reason: ${yamlProse(request.reason)}`];
  const put = (key: string, value: string | undefined): void => {
    if (value !== undefined) lines.push(`${key}: ${value}`);
  };
  put("ticket", request.ticket === undefined ? undefined : yamlProse(request.ticket));
  lines.push(...narrowing(request));
  put("duration", request.duration === undefined ? undefined : formatDuration(request.duration));
  put("start", request.start === undefined ? undefined : formatInstant(request.start));
  put("runs", request.runs === undefined || request.runs === 1 ? undefined : String(request.runs));
  lines.push(...workflowLines(request.workflow ?? {}));
  if (request.dispatch !== undefined) {
    const inputs = Object.entries(request.dispatch.inputs);
    lines.push(
      "dispatch:",
      ...(inputs.length === 0 ? ["  inputs: {}"] : ["  inputs:"]),
      ...inputs.map(([name, value]) => `    ${yamlText(name)}: ${yamlProse(value)}`),
    );
  }
  put("break_glass", request.break_glass === undefined ? undefined : yamlProse(request.break_glass));
  return `${lines.join("\n")}\n`;
}

function narrowing({ allow, sets, permissions, repositories, boundary }: RequestFields): string[] {
  const lines: string[] = [];
  const [only, ...more] = allow ?? [];
  if (only !== undefined && more.length === 0) {
    lines.push(`actions: ${flow(only.actions)}`, `resources: ${flow(only.resources)}`);
  } else if (allow !== undefined) {
    lines.push("allow:");
    for (const s of allow) lines.push(`  - actions: ${flow(s.actions)}`, `    resources: ${flow(s.resources)}`);
  }
  if (sets !== undefined && sets.length > 0) lines.push(`sets: ${flow(sets)}`);
  if (permissions !== undefined) {
    lines.push("permissions:", ...Object.entries(permissions).map(([name, level]) => `  ${name}: ${level}`));
  }
  if (repositories !== undefined) lines.push(`repositories: ${flow(repositories)}`);
  if (boundary !== undefined) {
    lines.push("boundary:");
    for (const rule of boundary)
      lines.push(`  - resource: ${quoted(rule.resource)}`, `    permissions: ${flow(rule.permissions)}`);
  }
  return lines;
}

function workflowLines(workflow: Partial<WorkflowBinding>): string[] {
  const lines = workflowKeys.flatMap((key) => {
    const value = workflow[key];
    return value === undefined ? [] : [`  ${key}: ${key === "environment" ? yamlProse(value) : yamlText(value)}`];
  });
  return lines.length === 0 ? [] : ["workflow:", ...lines];
}

// What YAML reads as a plain sentence of a block mapping: no indicator at its start, no `: ` and no ` #`.
const plainSentence = /^[A-Za-z0-9][^\u0000-\u001f\u007f-\u{10ffff}]*$/u;

/** Prose without needless quotes. */
const yamlProse = (text: string): string =>
  plainSentence.test(text) && !/: |:$| #| $|^null$/i.test(text) ? text : JSON.stringify(text);
