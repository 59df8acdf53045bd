import { forTerminal } from "../base/text.ts";

// Terraform's language, as far as we write it (github.com/hashicorp/hcl, hclsyntax/spec.md). Values come from policy files, so no
// value may leave its string, and none may be a template (C62).

const source: unique symbol = Symbol("source");
/** An expression of our own making: the address of another block, never a text of people. No object of values can be one. */
export interface Reference {
  readonly [source]: string;
}
export type HclValue = string | number | boolean | Reference | readonly HclValue[] | HclObject;
export interface HclObject {
  readonly [key: string]: HclValue;
}
/** Attributes and nested blocks, in the order in which they are written. */
export type HclBody = readonly (
  | readonly [name: string, value: HclValue]
  | { readonly block: string; readonly body: HclBody }
)[];

const identifier = /^[A-Za-z][A-Za-z0-9_-]*$/;

/** `aws_iam_role.countersign_x.arn`. @throws TypeError for what is no address: the caller's mistake, no value of people */
export function reference(...parts: readonly string[]): Reference {
  if (parts.length === 0 || !parts.every((part) => identifier.test(part))) throw new TypeError("not an address");
  return { [source]: parts.join(".") };
}

/**
 * A quoted template that is nothing but its text. `${` and `%{` would begin a template; written as escapes of their first
 * character they cannot, whatever stands before them (`$$${` has two readings).
 */
export function quoted(text: string): string {
  let out = "";
  const points = Array.from(text.toWellFormed());
  for (const [i, c] of points.entries()) {
    if (c === "\\" || c === '"') out += `\\${c}`;
    else if (c === "\n") out += "\\n";
    else if ((c === "$" || c === "%") && points[i + 1] === "{") out += unicode(c);
    else out += c >= " " && c <= "~" ? c : unicode(c);
  }
  return `"${out}"`;
}

function unicode(c: string): string {
  const code = (c.codePointAt(0) ?? 0).toString(16);
  return code.length > 4 ? `\\U${code.padStart(8, "0")}` : `\\u${code.padStart(4, "0")}`;
}

/** `resource "aws_iam_role" "x" { … }`, without a newline at its end. */
export const block = (type: string, labels: readonly string[], body: HclBody): string =>
  [[type, ...labels.map(quoted), "{"].join(" "), ...lines(body, 1), "}"].join("\n");

/** Destroys a block that the configuration no longer has; Terraform 1.7. */
export const removed = (type: string, name: string): string =>
  block("removed", [], [["from", reference(type, name)], { block: "lifecycle", body: [["destroy", true]] }]);

function lines(body: HclBody, depth: number): string[] {
  const pad = "  ".repeat(depth);
  const isAttribute = (item: HclBody[number]): item is readonly [string, HclValue] => Array.isArray(item);
  const width = Math.max(0, ...body.filter(isAttribute).map(([name]) => name.length));
  return body.flatMap((item) =>
    isAttribute(item)
      ? [`${pad}${item[0].padEnd(width)} = ${value(item[1], depth)}`]
      : [`${pad}${item.block} {`, ...lines(item.body, depth + 1), `${pad}}`],
  );
}

/** An expression, with the lines after its first indented to `depth`. */
export function value(of: HclValue, depth = 0): string {
  if (typeof of === "string") return quoted(of);
  if (typeof of === "number" || typeof of === "boolean") return String(of);
  const pad = "  ".repeat(depth + 1);
  const end = `\n${"  ".repeat(depth)}`;
  if (isList(of)) {
    if (of.length <= 1) return `[${of.map((item) => value(item, depth)).join("")}]`;
    return `[\n${of.map((item) => `${pad}${value(item, depth + 1)},\n`).join("")}${end.slice(1)}]`;
  }
  if (isReference(of)) return of[source];
  const members = Object.entries(of).map(([key, member]) => `${pad}${quoted(key)} = ${value(member, depth + 1)}`);
  return members.length === 0 ? "{}" : `{\n${members.join("\n")}${end}}`;
}

/** A function or type of Terraform's with one argument: `jsonencode(…)`, `set(string)`. */
export const call = (name: "jsonencode" | "set", of: HclValue): Reference => ({
  [source]: `${name}(${value(of, 1)})`,
});

const isList = (of: HclValue): of is readonly HclValue[] => Array.isArray(of);
const isReference = (of: Reference | HclObject): of is Reference => source in of;

/** A comment of Terraform and of a shell alike: one line, whatever the text holds. */
export const comment = (text: string): string => `# ${forTerminal(text, 1000)}`.trimEnd();
