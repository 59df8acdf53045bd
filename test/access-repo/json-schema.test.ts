import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import * as fc from "fast-check";
import { FAILSAFE_SCHEMA, load } from "js-yaml";
import { describe, expect, test } from "vitest";
import { outdated } from "../../docs/build.ts";
import { jsonSchemas, parseRequest, parseSettings, parseTarget } from "../../src/access-repo/index.ts";
import { otherKinds, otherTarget, requestText, settingsText, targetText } from "./examples.ts";

const schemas = jsonSchemas();
/** Every scalar reaches us as text; where the schema says integer or boolean, the text is read as an editor would. */
function compile(schema: object) {
  const ajv = new Ajv2020({ strict: true, strictTypes: false, coerceTypes: true });
  formats.default(ajv);
  return ajv.compile(schema);
}
const accepts = {
  request: compile(schemas.request),
  target: compile(schemas.target),
  settings: compile(schemas.settings),
};

type Node = { readonly [key: string]: unknown };
const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && !Array.isArray(value);

/** Every schema of a property, with the path to it. */
function* properties(node: unknown, path = ""): Generator<readonly [string, Node]> {
  if (Array.isArray(node)) for (const item of node) yield* properties(item, path);
  if (!isNode(node)) return;
  if (isNode(node.properties)) {
    for (const [name, child] of Object.entries(node.properties)) {
      if (isNode(child)) yield [`${path}.${name}`, child];
      yield* properties(child, `${path}.${name}`);
    }
  }
  for (const key of ["items", "anyOf", "oneOf", "prefixItems", "additionalProperties"])
    yield* properties(node[key], path);
}

describe("the JSON Schemas", () => {
  test("that are committed are what the code says", async () => expect(await outdated()).toEqual([]));

  test.each(Object.entries(schemas))("%s: draft 2020-12, titled and described to the last key", (_, schema) => {
    expect(schema).toMatchObject({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      title: expect.any(String),
      description: expect.any(String),
    });
    const found = [...properties(schema)];
    expect(found.length).toBeGreaterThan(5);
    const bare = found.filter(([, p]) => typeof p.title !== "string" || typeof p.description !== "string");
    expect(bare.map(([path]) => path)).toEqual([]);
  });

  test.each(Object.entries(schemas))("%s: every example and default is a value of its own key", (_, schema) => {
    let checked = 0;
    for (const [path, property] of properties(schema)) {
      const { examples = [], default: standard, ...own } = property;
      const ajv = new Ajv2020({ strict: false });
      formats.default(ajv);
      const fits = ajv.compile(own);
      for (const value of [
        ...(Array.isArray(examples) ? examples : []),
        ...(standard === undefined ? [] : [standard]),
      ]) {
        expect(fits(value), `${path}: ${JSON.stringify(value)}`).toBe(true);
        checked++;
      }
    }
    expect(checked).toBeGreaterThan(3);
  });

  test("say integer and boolean where an editor sees them", () => {
    const ajv = new Ajv2020({ strict: false });
    formats.default(ajv);
    const settings = ajv.compile(schemas.settings);
    expect(settings({ version: 1, approvals: 2, frozen: ["all", { target: "aws-prod" }] })).toBe(true);
    expect(settings({ version: 1, approvals: "2" })).toBe(false);
    expect(settings({ version: 1, approvals: 0 })).toBe(false);
    const request = ajv.compile(schemas.request);
    const least = { version: 1, role: "operator", reason: "Delete the old log bucket" };
    expect(request({ ...least, runs: 2, dispatch: { inputs: { dry_run: true, count: 3 } } })).toBe(true);
    expect(request({ ...least, rns: 2 })).toBe(false);
  });
});

const files = [
  ["request", parseRequest, requestText],
  ["settings", parseSettings, settingsText],
  ["target", parseTarget, targetText],
  ...(["gcp", "azure", "github", "oidc"] as const).map(
    (kind) => ["target", parseTarget, otherTarget(kind, "", otherKinds[kind])] as const,
  ),
] as const;

describe("the check and the schema agree", () => {
  test.each(files)("a real %s passes both", (kind, parse, text) => {
    expect(parse(text, "targets/a.yml").diagnostics).toEqual([]);
    expect(accepts[kind](load(text, { schema: FAILSAFE_SCHEMA }))).toBe(true);
  });

  test("C14 C16 a spoilt file never passes the check where the schema, read by others, refuses it", () => {
    // Line surgery keeps much of it valid, so that both answers are met.
    const spoil = fc.tuple(
      fc.constantFrom(...files),
      fc.nat(),
      fc.constantFrom(
        "",
        "x: 1",
        "version: 2",
        "- a",
        "  extra: { a: b }",
        "roles: {}",
        "reason: short",
        "{}",
        "a: &a b",
      ),
      fc.boolean(),
    );
    let passed = 0;
    fc.assert(
      fc.property(spoil, ([[kind, parse, text], at, put, replace]) => {
        const lines = text.split("\n");
        lines.splice(at % lines.length, replace ? 1 : 0, put);
        const spoilt = lines.join("\n");
        if (!parse(spoilt, "targets/a.yml").ok) return;
        passed++;
        expect(accepts[kind](load(spoilt, { schema: FAILSAFE_SCHEMA }))).toBe(true);
      }),
      { numRuns: 1500 },
    );
    expect(passed).toBeGreaterThan(0);
  });
});
