import { parseRequest, requestText } from "../access-repo/index.ts";
import type { CloudKind, ParsedRequest, RequestFile } from "../access-repo/types.ts";
import { forTerminal } from "../base/text.ts";
import { present } from "./present.ts";
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

/** An older request that a new one starts from, and the kind of the role that is asked for now. */
export interface Older {
  readonly file: RequestFile;
  readonly kind: CloudKind;
}

export interface Drafted {
  readonly text: string;
  readonly parsed: ParsedRequest;
}

/** Says which flag of pairs holds something that is none: `dry_run` would otherwise be an input without a value. */
export function pairProblem({ permissions, buckets, inputs }: Draft): string | undefined {
  const lists = [
    ["--permission", "contents=read", permissions],
    ["--bucket", "gs://acme-logs=roles/storage.objectViewer", buckets],
    ["--input", "name=value", inputs],
  ] as const;
  for (const [flag, example, values] of lists) {
    const wrong = values?.find((value) => value.indexOf("=") < 1);
    if (wrong !== undefined) return `${flag}: write ${example}, not "${forTerminal(wrong, 100)}".`;
  }
  return undefined;
}

/** A request from what was typed and, where given, an older request; its text, and what the parser says of it. Never throws. */
export function draftRequest(draft: Draft, older?: Older): Drafted {
  const typed = rawText({ ...present({ reason: older?.file.reason }), ...draft });
  const parsed = parseRequest(typed, "new");
  if (!parsed.ok) return { text: typed, parsed };
  const text = requestText(older === undefined ? parsed.value : withOlder(draft, parsed.value, older));
  return { text, parsed: parseRequest(text, "new") };
}

/** What the older request says where nothing was typed. Its start has passed, and its emergency as well. */
function withOlder(draft: Draft, typed: RequestFile, { file, kind }: Older): RequestFile {
  const { start: _start, break_glass: _emergency, allow, sets, permissions, repositories, boundary, ...kept } = file;
  const narrowed = draft.actions !== undefined || draft.resources !== undefined || draft.sets !== undefined;
  const { runs, workflow, sets: typedSets, ...fresh } = typed;
  return {
    ...kept,
    // What narrows one kind of target means nothing to another, and no flag takes it away.
    ...(kind === "aws" && !narrowed ? present({ allow }) : {}),
    ...(kind === "github" ? present({ permissions, repositories }) : {}),
    ...(kind === "gcp" ? present({ boundary }) : {}),
    ...fresh,
    sets: narrowed || kind !== "aws" ? typedSets : sets,
    runs: draft.runs === undefined ? file.runs : runs,
    ...(workflow === undefined && file.workflow === undefined ? {} : { workflow: { ...file.workflow, ...workflow } }),
  };
}

/** A name for a file from a sentence: `Delete the log bucket left behind` becomes `delete-the-log-bucket-left-behind`. */
export function nameFrom(reason: string): string {
  const words = reason
    .slice(0, 1000)
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
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
