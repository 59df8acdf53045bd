import { jsonSchemas } from "../src/access-repo/index.ts";

// docs/files.md: every key of every file, from the schemas that check them.

type Node = { readonly [key: string]: unknown };
const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && !Array.isArray(value);
const nodes = (value: unknown): readonly Node[] => (Array.isArray(value) ? value.filter(isNode) : []);
const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** As YAML writes it in one line. JSON is YAML; only the quotes around plain words go. */
function spelled(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spelled).join(", ")}]`;
  if (isNode(value) && Object.keys(value).length === 0) return "{}";
  if (isNode(value))
    return `{ ${Object.entries(value)
      .map(([key, v]) => `${/^[\w-]+$/.test(key) ? key : JSON.stringify(key)}: ${spelled(v)}`)
      .join(", ")} }`;
  return typeof value === "string" && /^[A-Za-z0-9][A-Za-z0-9 _./:+-]*$/.test(value) && !value.includes(": ")
    ? value
    : JSON.stringify(value);
}
/** Prose in a table. */
const prose = (value: unknown): string => text(value).replace(/[*<|_]/g, (c) => (c === "<" ? "&lt;" : `\\${c}`));
/** In a code span of a table. */
const code = (value: unknown): string => `\`${spelled(value).replaceAll("`", "'").replaceAll("|", "\\|")}\``;

function kindOf(node: Node): string {
  if ("const" in node) return code(node.const);
  if (Array.isArray(node.enum)) return node.enum.map(code).join(" or ");
  const alternatives = [...nodes(node.anyOf), ...nodes(node.oneOf)];
  if (alternatives.length > 0) return [...new Set(alternatives.map(kindOf))].join(" or ");
  if (node.type === "array") {
    if (Array.isArray(node.prefixItems)) return `[${nodes(node.prefixItems).map(kindOf).join(", ")}]`;
    return isNode(node.items) ? `list of ${kindOf(node.items)}` : "list";
  }
  if (node.type === "object") return isNode(node.properties) ? "mapping" : "names to values";
  if (node.type === "integer") return `number, ${String(node.minimum)} to ${String(node.maximum)}`;
  return node.format === "date-time"
    ? "time"
    : Array.isArray(node.type)
      ? "text"
      : node.type === "boolean"
        ? "true or false"
        : "text";
}

/** A row for each key, those of mappings below theirs. */
function rows(node: Node, prefix: string): string[] {
  if (!isNode(node.properties)) return [];
  const required = new Set(Array.isArray(node.required) ? node.required : []);
  return Object.entries(node.properties).flatMap(([key, value]) => {
    if (!isNode(value)) return [];
    const name = `${prefix}${key}`;
    const facts = [
      `${prose(value.title)}. ${prose(value.description)}`,
      ...(value.default === undefined ? [] : [`Default ${code(value.default)}.`]),
      ...(Array.isArray(value.examples) && value.examples.length > 0 ? [`Example ${code(value.examples[0])}.`] : []),
    ];
    const need = required.has(key) ? "yes" : "";
    return [`| \`${name}\` | ${kindOf(value)} | ${need} | ${facts.join(" ")} |`, ...below(value, name)];
  });
}

/** Keys inside: of a mapping, of each item of a list, of each named thing. Kinds of role have sections of their own. */
function below(node: Node, name: string): string[] {
  if (name === "roles") return [];
  if (isNode(node.properties)) return rows(node, `${name}.`);
  const inner = isNode(node.items)
    ? node.items
    : isNode(node.additionalProperties)
      ? node.additionalProperties
      : undefined;
  const mark = isNode(node.items) ? "[]" : ".<name>";
  if (inner === undefined) return nodes(node.anyOf).flatMap((one) => below(one, name));
  const alternatives = nodes(inner.anyOf);
  return alternatives.length > 0
    ? alternatives.flatMap((one) => rows(one, `${name}${mark}.`))
    : isNode(inner.properties)
      ? rows(inner, `${name}${mark}.`)
      : below(inner, `${name}${mark}`);
}

const head = ["| key | value | needed | meaning |", "| --- | --- | --- | --- |"];

/** The reference as Markdown. */
export function filesReference(): string {
  const { request, target, settings, test } = jsonSchemas();
  const kinds = isNode(target) ? [...nodes(target.oneOf), ...nodes(target.anyOf)] : [];
  const section = (title: string, path: string, schema: object): string[] => [
    `## ${title}`,
    "",
    `\`${path}\``,
    "",
    ...head,
    ...(isNode(schema) ? rows(schema, "") : []),
    "",
  ];
  const ofKind = (kind: Node): string[] => {
    const properties = isNode(kind.properties) ? kind.properties : {};
    const name = isNode(properties.cloud) ? text(properties.cloud.const) : "";
    const roles =
      isNode(properties.roles) && isNode(properties.roles.additionalProperties)
        ? properties.roles.additionalProperties
        : {};
    return [
      `## Target: ${name}`,
      "",
      "`targets/<target>.yml`",
      "",
      ...head,
      ...rows(kind, ""),
      "",
      `Keys of a role (\`roles.<role>\`) of kind \`${name}\`:`,
      "",
      ...head,
      ...rows(roles, ""),
      "",
    ];
  };
  return `${[
    "# Files of an access repo",
    "",
    "Every key, from the definition that checks the files (`npm run build:docs` writes this page). The design is section 3 of",
    "[DESIGN.md](DESIGN.md); what the codes of findings mean is in [diagnostics.md](diagnostics.md). Schemas for editors:",
    "[request](schemas/request.json), [target](schemas/target.json), [settings](schemas/settings.json), [test](schemas/test.json).",
    "",
    "All files are strict YAML, at most 64 KiB: one document, no unknown or duplicate keys, anchors, aliases, merge keys or tags. Every scalar is text",
    "first: `no`, `012` and `1e3` stay what they are. Durations are `30m`, `4h`, `7d`; times are UTC, `2026-11-24T09:00:00Z`; owners are `@login` or `@org/team`.",
    "",
    ...section("Request", "requests/<target>/[<YYYY-MM>/]<name>.yml", request),
    ...section("Settings", ".github/countersign.yml", settings),
    ...kinds.flatMap(ofKind),
    ...section("Policy tests", "tests/*.yml", test),
  ]
    .join("\n")
    .trimEnd()}\n`;
}
