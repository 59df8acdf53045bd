import { parseRequest, requestText } from "../access-repo/index.ts";
import type { ParsedRequest, RequestFile } from "../access-repo/types.ts";
import { yamlText } from "../access-repo/yaml-text.ts";

/** Values of a new request as they were typed; the parser of files says what is wrong with them. */
export interface Draft {
  readonly role?: string;
  readonly reason?: string;
  readonly ticket?: string;
  readonly actions?: readonly string[];
  readonly resources?: readonly string[];
  readonly sets?: readonly string[];
  /** `contents=read` */
  readonly permissions?: readonly string[];
  readonly repositories?: readonly string[];
  /** `gs://bucket=roles/storage.objectViewer,…` */
  readonly buckets?: readonly string[];
  readonly duration?: string;
  readonly start?: string;
  readonly runs?: string;
  readonly workflow?: Readonly<Partial<Record<WorkflowKey, string>>>;
  readonly dispatch?: boolean;
  /** `name=value` */
  readonly inputs?: readonly string[];
  readonly breakGlass?: string;
}
type WorkflowKey = "repository" | "file" | "ref" | "environment" | "sha" | "reusable" | "actor";

const split = (pair: string): readonly [string, string] => {
  const at = pair.indexOf("=");
  return at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
};
const list = (values: readonly string[]): string => `[${values.map(yamlText).join(", ")}]`;

/** The text of what was typed, valid or not, so that findings have a line to point at. */
function rawText(draft: Draft): string {
  const lines = ["version: 1"];
  const put = (key: string, value: string | undefined): void => {
    if (value !== undefined) lines.push(`${key}: ${yamlText(value)}`);
  };
  const putList = (key: string, values: readonly string[] | undefined): void => {
    if (values !== undefined) lines.push(`${key}: ${list(values)}`);
  };
  put("role", draft.role);
  put("reason", draft.reason);
  put("ticket", draft.ticket);
  putList("actions", draft.actions);
  putList("resources", draft.resources);
  putList("sets", draft.sets);
  const pairs = (key: string, values: readonly string[] | undefined, indent: string): void => {
    if (values === undefined) return;
    lines.push(
      `${indent}${key}:`,
      ...values.map(split).map(([name, value]) => `${indent}  ${yamlText(name)}: ${yamlText(value)}`),
    );
  };
  pairs("permissions", draft.permissions, "");
  putList("repositories", draft.repositories);
  if (draft.buckets !== undefined) {
    lines.push("boundary:");
    for (const [bucket, roles] of draft.buckets.map(split)) {
      lines.push(
        `  - resource: ${yamlText(bucketResource(bucket))}`,
        `    permissions: ${list(roles.split(",").map(inRole))}`,
      );
    }
  }
  put("duration", draft.duration);
  put("start", draft.start);
  put("runs", draft.runs);
  const workflow = Object.entries(draft.workflow ?? {}).filter(([, value]) => value !== undefined);
  if (workflow.length > 0) lines.push("workflow:", ...workflow.map(([key, value]) => `  ${key}: ${yamlText(value)}`));
  if (draft.dispatch === true || draft.inputs !== undefined) {
    lines.push("dispatch:", ...(draft.inputs === undefined ? ["  inputs: {}"] : []));
    pairs("inputs", draft.inputs, "  ");
  }
  put("break_glass", draft.breakGlass);
  return `${lines.join("\n")}\n`;
}

const bucketResource = (bucket: string): string =>
  bucket.startsWith("//")
    ? bucket
    : `//storage.googleapis.com/projects/_/buckets/${bucket.replace(/^gs:\/\//, "").replace(/\/$/, "")}`;
const inRole = (role: string): string => (role.startsWith("inRole:") ? role : `inRole:${role}`);

/** What the older request says where nothing was typed. Its start has passed, and its emergency as well. */
function withOlder(draft: Draft, older: RequestFile): { readonly text: string; readonly parsed: ParsedRequest } {
  const typed = rawText({ ...draft, role: draft.role ?? older.role, reason: draft.reason ?? older.reason });
  const parsed = parseRequest(typed, "new");
  if (!parsed.ok) return { text: typed, parsed };
  const { start: _start, break_glass: _emergency, allow, sets, ...kept } = older;
  const narrowed = draft.actions !== undefined || draft.resources !== undefined || draft.sets !== undefined;
  const { version: _version, runs, workflow, sets: newSets, ...fresh } = parsed.value;
  const value: RequestFile = {
    ...kept,
    ...(narrowed || allow === undefined ? {} : { allow }),
    ...fresh,
    sets: narrowed ? newSets : sets,
    runs: draft.runs === undefined ? older.runs : runs,
    ...(workflow === undefined && older.workflow === undefined ? {} : { workflow: { ...older.workflow, ...workflow } }),
  };
  const text = requestText(value);
  return { text, parsed: parseRequest(text, "new") };
}

/** A request from what was typed and, where given, an older request; its text, and what the parser says of it. */
export function draftRequest(
  draft: Draft,
  older?: RequestFile,
): { readonly text: string; readonly parsed: ParsedRequest } {
  if (older !== undefined) return withOlder(draft, older);
  const typed = rawText(draft);
  const parsed = parseRequest(typed, "new");
  return parsed.ok
    ? { text: requestText(parsed.value), parsed: parseRequest(requestText(parsed.value), "new") }
    : { text: typed, parsed };
}

/** A name for a file from a sentence: `Delete the log bucket left behind` becomes `delete-the-log-bucket-left-behind`. */
export function nameFrom(reason: string): string {
  const words = reason
    .normalize("NFKD")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
  let name = "";
  for (const word of words) {
    const longer = name === "" ? word.slice(0, 40) : `${name}-${word}`;
    if (longer.length > 40) break;
    name = longer;
  }
  return name === "" ? "request" : name;
}
