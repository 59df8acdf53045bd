import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Ajv, type ValidateFunction } from "ajv";
import addFormatsModule from "ajv-formats";
import type { Json } from "./types.ts";

// The CommonJS default export arrives one level down under nodenext.
const addFormats = addFormatsModule as unknown as (ajv: Ajv) => void;

interface Description {
  readonly paths: Record<string, Record<string, { responses: Record<string, Json> }>>;
  readonly "x-webhooks": Record<string, { post: { requestBody: { content: Record<string, { schema: Json }> } } }>;
  readonly components: Record<string, Record<string, Json>>;
}

// Absent from the description though answered and used by Octokit, or described in error.
const UNDOCUMENTED: Readonly<Record<string, Json>> = {
  "GET /repositories/{repository_id} 200": { $ref: "gh#/components/schemas/full-repository" },
  // Described with an account that is a user AND an enterprise, which nothing can be; the shared schema says OR.
  "GET /app/installations 200": { type: "array", items: { $ref: "gh#/components/schemas/installation" } },
};

let loaded: { description: Description; ajv: Ajv } | undefined;
const compiled = new Map<string, ValidateFunction | null>();

/** GitHub's own description, once per process: the form with references is a fifth of the dereferenced one. */
function load(): { description: Description; ajv: Ajv } {
  if (loaded) return loaded;
  const file = createRequire(import.meta.url).resolve("@octokit/openapi/generated/api.github.com.json");
  const description = JSON.parse(readFileSync(file, "utf8")) as Description;
  convert(description);
  const ajv = new Ajv({ strict: false, allErrors: false, validateSchema: false, logger: false });
  addFormats(ajv);
  ajv.addFormat("uri-template", true); // `{+path}` is valid RFC 6570, which the format's regular expression refuses
  ajv.addFormat("repo.nwo", true);
  // Commits carry whatever address git was given, and an App's holds `[bot]`: GitHub's own payloads fail this format.
  ajv.addFormat("email", true);
  ajv.addSchema({ $id: "gh", components: description.components });
  loaded = { description, ajv };
  return loaded;
}

/** OpenAPI 3.0 to JSON Schema: `nullable` becomes null in type or enum, `discriminator` and examples go. */
function convert(node: unknown): void {
  if (Array.isArray(node)) {
    for (const n of node) convert(n);
    return;
  }
  if (typeof node !== "object" || node === null) return;
  const o = node as Json;
  delete o["discriminator"];
  delete o["example"];
  delete o["examples"];
  if (typeof o["$ref"] === "string" && o["$ref"].startsWith("#/")) o["$ref"] = `gh${o["$ref"]}`;
  for (const v of Object.values(o)) convert(v);
  if (o["nullable"] !== true) return;
  delete o["nullable"];
  if (Array.isArray(o["enum"]) && !o["enum"].includes(null)) o["enum"].push(null);
  if (typeof o["type"] === "string") o["type"] = [o["type"], "null"];
  for (const key of ["oneOf", "anyOf"]) if (Array.isArray(o[key])) o[key].push({ type: "null" });
  if (Array.isArray(o["allOf"])) {
    const rest = { ...o };
    for (const k of Object.keys(o)) delete o[k];
    o["anyOf"] = [{ type: "null" }, rest];
  }
}

function responseSchema(key: string, endpoint: string, status: number): Json | null {
  const named = UNDOCUMENTED[key];
  if (named) return named;
  const [method = "", template = ""] = endpoint.split(" ");
  const { description } = load();
  let response = description.paths[template]?.[method.toLowerCase()]?.responses[String(status)];
  const ref = response?.["$ref"];
  if (typeof ref === "string") response = description.components["responses"]?.[ref.split("/").pop() ?? ""];
  const content = response?.["content"] as Record<string, { schema: Json }> | undefined;
  const schema = content?.["application/json"]?.schema ?? content?.["application/vnd.github.v3+json"]?.schema;
  // Two error forms of which one contains the other cannot match "exactly one".
  if (schema && status >= 400 && Array.isArray(schema["oneOf"])) return { anyOf: schema["oneOf"] as unknown[] };
  if (schema) return schema;
  // Errors that an endpoint does not document still have GitHub's common form.
  return status >= 400 ? { $ref: "gh#/components/schemas/basic-error" } : null;
}

/** Checks every answer and webhook against what GitHub publishes; a double's own beliefs prove nothing. */
export class Validation {
  checked = 0;
  readonly #unvalidated = new Set<string>();
  readonly failures: { what: string; errors: string }[] = [];
  readonly #endpoints = new Set<string>();
  readonly #webhooks = new Set<string>();

  get unvalidated(): readonly string[] {
    return [...this.#unvalidated].sort();
  }
  get endpoints(): readonly string[] {
    return [...this.#endpoints].sort();
  }
  get webhooks(): readonly string[] {
    return [...this.#webhooks].sort();
  }

  response(endpoint: string, status: number, body: unknown): void {
    this.#endpoints.add(endpoint);
    if (body === undefined) return;
    const key = `${endpoint} ${status}`;
    this.#check(key, body, () => responseSchema(key, endpoint, status));
  }

  webhook(event: string, payload: Json): void {
    const action = typeof payload["action"] === "string" ? `-${payload["action"]}` : "";
    const name = `${event}${action}`.replaceAll("_", "-");
    this.#webhooks.add(name);
    this.#check(
      `webhook ${name}`,
      payload,
      () => load().description["x-webhooks"][name]?.post.requestBody.content["application/json"]?.schema ?? null,
    );
  }

  #check(key: string, value: unknown, find: () => Json | null): void {
    let validate = compiled.get(key);
    if (validate === undefined) {
      const schema = find();
      validate = schema ? load().ajv.compile(schema) : null;
      compiled.set(key, validate);
    }
    if (!validate) {
      this.#unvalidated.add(key);
      return;
    }
    this.checked++;
    if (!validate(value)) this.failures.push({ what: key, errors: load().ajv.errorsText(validate.errors) });
  }
}
