import * as z from "zod";
import type { Code } from "./codes.ts";
import { quote } from "./diagnostics.ts";
import { clearlyMeant } from "./suggest.ts";
import { yamlText } from "./yaml-text.ts";

// Scalars reach the schema as text only (yaml.ts), so one leaf reads, checks and converts. Its `json` says to editors what
// they see: an integer, a boolean, a text. One definition: types by z.output, the check by parse, JSON Schema by toJSONSchema.

/** What a check of a file yields, as types.ts shows it: nothing in it can be changed. */
export type Frozen<T> = T extends Date
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Frozen<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: Frozen<T[Key]> }
      : T;

interface Trouble {
  readonly code: Code;
  readonly hint?: string | undefined;
  readonly fix?: string | undefined;
}
/** Parameters of a custom issue, read by read-file.ts. */
export const troubleOf = (params: unknown): Trouble | undefined =>
  typeof params === "object" && params !== null && "code" in params ? (params as Trouble) : undefined;

type JsonMeta = Readonly<Record<string, string | number | boolean | readonly string[]>>;

interface Leaf {
  /** What editors are told, as JSON Schema keywords. */
  readonly json?: JsonMeta;
  /** What a message calls it, where `what` would be a long word for that. */
  readonly called?: string;
  readonly code?: Code;
  /** The one value that the text was meant to be, if it is clear: same meaning, other spelling. */
  readonly meant?: (text: string) => string | undefined;
}

/**
 * A scalar. `read` gives the value, or undefined where the text is not one; `what` names what is wanted
 * ("a duration such as 30m, 4h or 7d"), used in the hint, and in the message where `called` is absent.
 */
export function leaf<T>(what: string, read: (text: string) => T | undefined, more: Leaf = {}) {
  const { json = {}, called = what, code = "CS1011", meant } = more;
  return z
    .string()
    .transform((text, context): T => {
      const value = read(text);
      if (value !== undefined) return value;
      const better = text.length <= 300 ? meant?.(text) : undefined;
      // A fix is only what would be read: a suggestion that fails again helps nobody.
      const fix = better !== undefined && read(better) !== undefined ? better : undefined;
      const trouble: Trouble =
        fix === undefined ? { code, hint: `Write ${what}.` } : { code, hint: `Write ${fix}.`, fix: yamlText(fix) };
      context.issues.push({
        code: "custom",
        input: text,
        message: `${quote(text)} is not ${called}.`,
        params: { ...trouble },
      });
      return z.NEVER;
    })
    .meta({ type: "string", ...json });
}

/** Text that matches a pattern as a whole. Patterns here are anchored, without nested repetition, over clipped text. */
export const pattern = (what: string, regex: RegExp, max: number, meant?: Leaf["meant"]) =>
  leaf(what, (text) => (text.length <= max && regex.test(text) ? text : undefined), {
    json: { pattern: regex.source, maxLength: max },
    ...(meant === undefined ? {} : { meant }),
  });

/** One of a few words. */
export const oneOf = <const T extends string>(words: readonly T[], code?: Code) =>
  leaf(
    words.length === 1 ? `${words[0]}` : `one of ${words.join(", ")}`,
    (text) => words.find((word) => word === text),
    { json: { enum: words }, meant: (text) => clearlyMeant(text, words), ...(code === undefined ? {} : { code }) },
  );

/** A whole number between two limits, as decimal digits without sign, point or leading zero. */
export const integer = (min: number, max: number) =>
  leaf(
    `a whole number from ${min} to ${max}`,
    (text) => {
      if (!/^(?:0|[1-9][0-9]{0,8})$/.test(text)) return undefined;
      const value = Number(text);
      return value >= min && value <= max ? value : undefined;
    },
    { json: { type: "integer", minimum: min, maximum: max } },
  );

const spelledTrue = /^(?:true|yes|on|y)$/i;
const spelledFalse = /^(?:false|no|off|n)$/i;

/** `true` or `false`; YAML 1.1's yes, no, on and off are text, not booleans. */
export const boolean = leaf(
  "true or false",
  (text) => (text === "true" ? true : text === "false" ? false : undefined),
  {
    json: { type: "boolean" },
    meant: (text) => (spelledTrue.test(text) ? "true" : spelledFalse.test(text) ? "false" : undefined),
  },
);

/** `version: 1` */
export const version = doc(
  leaf("1, the only version", (text) => (text === "1" ? (1 as const) : undefined), {
    json: { type: "integer", const: 1 },
    meant: (text) => (/^v?1(?:\.0)?$/i.test(text) ? "1" : undefined),
  }),
  "Version of the file format",
  "Always 1.",
);

/** A mapping with exactly these keys. Unknown ones are told with what is known here. */
export function object<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, {
    // The names travel in the message: zod's issue for unknown keys does not carry the known ones.
    error: (issue) => (issue.code === "unrecognized_keys" ? JSON.stringify(Object.keys(shape)) : undefined),
  });
}

/**
 * Counts before it looks inside: to check ten thousand entries of which a hundred are taken is a hostile file's cheapest way
 * to cost time. Without a message, the usual one.
 */
export const atMost = <T extends z.ZodType>(max: number, schema: T, message?: string) =>
  z.preprocess((value, context) => {
    const size = typeof value === "object" && value !== null ? Object.keys(value).length : 0;
    if (size <= max) return value;
    if (message !== undefined) trouble(context, [], message, "CS1012");
    else context.addIssue({ code: "too_big", origin: "array", maximum: max, inclusive: true, input: value });
    return z.NEVER;
  }, schema);

export const list = <T extends z.ZodType>(item: T, min: number, max: number) =>
  atMost(max, z.array(item).min(min).max(max));

/** Title, description and examples, as editors show them. Examples are written as JSON sees the value. */
export function doc<T extends z.ZodType>(
  schema: T,
  title: string,
  description: string,
  ...examples: readonly unknown[]
): T {
  return schema.meta({ title, description, ...(examples.length === 0 ? {} : { examples: [...examples] }) });
}

/** Adds a finding to a whole object, after each of its keys is fine. */
export function trouble(
  context: { addIssue(issue: Partial<z.core.$ZodIssueCustom>): void },
  path: readonly (string | number)[],
  message: string,
  code: Code = "CS1013",
  hint?: string,
): void {
  context.addIssue({ code: "custom", path: [...path], message, params: { code, hint } });
}
