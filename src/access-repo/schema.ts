import * as z from "zod";
import type { Code } from "./codes.ts";
import { quote } from "./diagnostics.ts";

// Scalars reach the schema as text only (yaml.ts), so one leaf reads, checks and converts. Its `json` says to editors what
// they see: an integer, a boolean, a text. One definition: types by z.infer, the check by parse, JSON Schema by toJSONSchema.

interface Trouble {
  readonly code: Code;
  readonly hint?: string | undefined;
}
/** Parameters of a custom issue, read by read-file.ts. */
export const troubleOf = (params: unknown): Trouble | undefined =>
  typeof params === "object" && params !== null && "code" in params ? (params as Trouble) : undefined;

type JsonMeta = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/**
 * A scalar. `read` gives the value, or undefined where the text is not one; `what` names what is wanted
 * ("a duration such as 30m, 4h or 7d"), used in message and hint.
 */
export function leaf<T>(
  what: string,
  read: (text: string) => T | undefined,
  json: JsonMeta = {},
  code: Code = "CS1011",
) {
  return z
    .string()
    .transform((text, context): T => {
      const value = read(text);
      if (value !== undefined) return value;
      const trouble: Trouble = { code, hint: `Write ${what}.` };
      context.issues.push({
        code: "custom",
        input: text,
        message: `${quote(text)} is not ${what}.`,
        params: { ...trouble },
      });
      return z.NEVER;
    })
    .meta({ type: "string", ...json });
}

/** Text that matches a pattern as a whole. Patterns here are anchored, without nested repetition, over clipped text. */
export const pattern = (what: string, regex: RegExp, max: number) =>
  leaf(what, (text) => (text.length <= max && regex.test(text) ? text : undefined), {
    pattern: regex.source,
    maxLength: max,
  });

/** One of a few words. */
export const oneOf = <const T extends string>(words: readonly T[]) =>
  leaf(
    words.length === 1 ? `${words[0]}` : `one of ${words.join(", ")}`,
    (text) => words.find((word) => word === text),
    { enum: words },
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
    { type: "integer", minimum: min, maximum: max },
  );

/** `true` or `false`; YAML 1.1's yes, no, on and off are text, not booleans. */
export const boolean = leaf(
  "true or false",
  (text) => (text === "true" ? true : text === "false" ? false : undefined),
  { type: "boolean" },
);

/** `version: 1` */
export const version = leaf("1, the only version", (text) => (text === "1" ? (1 as const) : undefined), {
  type: "integer",
  const: 1,
});

/** A mapping with exactly these keys. Unknown ones are told with what is known here. */
export function object<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, {
    // The names travel in the message: zod's issue for unknown keys does not carry the known ones.
    error: (issue) => (issue.code === "unrecognized_keys" ? JSON.stringify(Object.keys(shape)) : undefined),
  });
}

export const list = <T extends z.ZodType>(item: T, min: number, max: number) => z.array(item).min(min).max(max);

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
