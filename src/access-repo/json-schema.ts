import * as z from "zod";
import { policyTestSchema } from "./policy-test-schema.ts";
import { requestSchema } from "./request-schema.ts";
import { settingsSchema } from "./settings-schema.ts";
import { targetSchema } from "./target-schema.ts";

/** JSON Schemas (draft 2020-12) by name, as in `/schemas/<name>.json`. */
export interface JsonSchemas {
  readonly request: object;
  readonly target: object;
  readonly settings: object;
  readonly test: object;
}

/** From the same definitions that check the files; for editors, for `/schemas/*.json`, and committed in docs/schemas. */
export const jsonSchemas = (): JsonSchemas => ({
  request: schema(requestSchema, "A request of Countersign", "requests/<target>/[<YYYY-MM>/]<name>.yml"),
  target: schema(targetSchema, "A target of Countersign", "targets/<target>.yml"),
  settings: schema(settingsSchema, "Settings of a Countersign access repo", ".github/countersign.yml"),
  test: schema(policyTestSchema, "Policy tests of a Countersign access repo", "tests/*.yml"),
});

function schema(of: z.ZodType, title: string, where: string): object {
  const json = z.toJSONSchema(of.meta({ title, description: `The file ${where}.` }), {
    io: "input",
    override: ({ zodSchema, jsonSchema }) => {
      // zod leaves out the examples of what it transforms, since those could be of the outcome; ours are of the input.
      const examples: unknown = z.globalRegistry.get(zodSchema)?.examples;
      if (Array.isArray(examples)) jsonSchema.examples = examples;
      // Every scalar is text to our parser; an editor sees numbers and booleans, and so must it see their defaults.
      const { type, default: value } = jsonSchema;
      if ((type === "integer" || type === "boolean") && typeof value === "string")
        jsonSchema.default = JSON.parse(value);
    },
  });
  return { ...json };
}
