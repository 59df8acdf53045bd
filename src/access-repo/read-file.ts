import type * as z from "zod";
import { oneLine } from "../base/text.ts";
import { clipped, finding, findings, hasErrors, inOrder, mostFindings, quote } from "./diagnostics.ts";
import { troubleOf } from "./schema.ts";
import { adviseKey } from "./suggest.ts";
import type { Diagnostic, Locate } from "./types.ts";
import { readYaml } from "./yaml.ts";

/** A file that fits its schema, or what is wrong with it, each finding at its line and column. */
export type ReadFile<T> =
  | { readonly ok: true; readonly value: T; readonly at: Locate; readonly diagnostics: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** Text to value through YAML and schema. Never throws; several findings at once. */
export function readFile<Schema extends z.ZodType>(
  text: string | undefined,
  file: string,
  schema: Schema,
): ReadFile<z.output<Schema>> {
  const yaml = readYaml(text, file);
  if (yaml.value === undefined) return { ok: false, diagnostics: yaml.diagnostics };
  const found = findings();
  for (const d of yaml.diagnostics) found.add(d);
  const result = schema.safeParse(yaml.value);
  if (!result.success) {
    // Where the YAML itself is at fault, the schema's word about the same place would only repeat it.
    const taken = new Set(yaml.diagnostics.map((d) => `${d.line}:${d.column}`));
    for (const issue of result.error.issues) {
      if (found.full()) break;
      for (const d of explain(issue, [], yaml.at, file, yaml.value)) {
        if (!taken.has(`${d.line}:${d.column}`) || d.code === "CS1009") found.add(d);
      }
    }
  }
  const diagnostics = inOrder(found.all);
  if (result.success && !hasErrors(diagnostics)) return { ok: true, value: result.data, at: yaml.at, diagnostics };
  return { ok: false, diagnostics };
}

/** One issue of the schema as findings that say what to write. */
function explain(
  issue: z.core.$ZodIssue,
  above: readonly (string | number)[],
  at: Locate,
  file: string,
  root: unknown,
): Diagnostic[] {
  const path = [...above, ...issue.path.filter((p) => typeof p !== "symbol")];
  const name = clipped(path.join("."), 200) || "This file";
  switch (issue.code) {
    case "unrecognized_keys": {
      const known = knownKeys(issue.message);
      const here = valueAt(root, path);
      const taken = (key: string): boolean => typeof here === "object" && here !== null && Object.hasOwn(here, key);
      return issue.keys
        .slice(0, mostFindings)
        .map((key) =>
          finding(
            "CS1007",
            file,
            at([...path, key], "key"),
            `Unknown key ${quote(key)}.`,
            adviseKey(key, known, taken),
          ),
        );
    }
    case "invalid_key":
      return issue.issues.flatMap((inner) =>
        inner.code === "custom" ? explain({ ...inner, path: [] }, path, (where) => at(where, "key"), file, root) : [],
      );
    case "invalid_union": {
      if (valueAt(root, path) === undefined) return [missing(path, at, file)];
      const branch = likeliest(issue.errors);
      if (branch) return branch.slice(0, mostFindings).flatMap((inner) => explain(inner, path, at, file, root));
      const options = "options" in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
      const hint = options.length > 0 ? `Write one of ${options.join(", ")}.` : undefined;
      return [finding("CS1011", file, at(path), `${name} has a value that is not accepted.`, { hint })];
    }
    case "invalid_type":
      if (valueAt(root, path) === undefined) return [missing(path, at, file)];
      return [wrongKind(issue.expected, path, name, at, file)];
    case "too_small": {
      const hint = `Write at least ${issue.minimum}.`;
      return [finding("CS1012", file, at(path), `${name} has too few entries.`, { hint })];
    }
    case "too_big": {
      const hint = `Write at most ${issue.maximum}.`;
      return [finding("CS1012", file, at(path), `${name} has too many entries.`, { hint })];
    }
    case "custom": {
      const trouble = troubleOf(issue.params);
      const more = { hint: trouble?.hint, fix: trouble?.fix };
      return [finding(trouble?.code ?? "CS1011", file, at(path), issue.message, more)];
    }
    case "invalid_element":
    case "invalid_format":
    case "invalid_value":
    case "not_multiple_of":
    default:
      return [finding("CS1011", file, at(path), `${name} has a value that is not accepted.`)];
  }
}

/** Of the alternatives, the one that the writer came closest to: it failed deepest, then with the fewest findings. */
function likeliest(branches: readonly z.core.$ZodIssue[][]): readonly z.core.$ZodIssue[] | undefined {
  const depth = (issues: readonly z.core.$ZodIssue[]) => issues.reduce((most, i) => Math.max(most, i.path.length), 0);
  return [...branches].sort((a, b) => depth(b) - depth(a) || a.length - b.length)[0];
}

/** What a kind is called, and how it is written under a key. */
const kinds: Readonly<Record<string, readonly [name: string, hint: (key: string) => string]>> = {
  string: ["one value", (key) => `Write \`${key}: value\` on one line, without [ ] and { }.`],
  array: ["a list", (key) => `Write \`${key}: [first, second]\`, or each entry on a line of its own behind \`- \`.`],
  object: ["a mapping", (key) => `Write its keys below \`${key}:\`, indented, as in \`  name: value\`.`],
  record: ["a mapping", (key) => `Write names below \`${key}:\`, indented, as in \`  name: value\`.`],
};

function wrongKind(
  expected: string,
  path: readonly (string | number)[],
  name: string,
  at: Locate,
  file: string,
): Diagnostic {
  const [kind, hint] = kinds[expected] ?? [expected];
  const key = path.findLast((step) => typeof step === "string");
  // An entry of a list has no key to show.
  const shown = typeof path.at(-1) === "string" && key !== undefined && hint ? hint(oneLine(key, 40)) : undefined;
  return finding("CS1010", file, at(path), `${name} must be ${kind}.`, { hint: shown });
}

function missing(path: readonly (string | number)[], at: Locate, file: string): Diagnostic {
  const key = String(path.at(-1) ?? "");
  return finding("CS1009", file, at(path), `The key ${quote(key)} is missing.`, { hint: `Add \`${key}:\` here.` });
}

function knownKeys(message: string): readonly string[] {
  const parsed: unknown = JSON.parse(message.startsWith("[") ? message : "[]");
  return Array.isArray(parsed) ? parsed.map(String) : [];
}

function valueAt(root: unknown, path: readonly (string | number)[]): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}
