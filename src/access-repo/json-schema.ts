import * as z from "zod";
import { requestSchema } from "./request-schema.ts";
import { settingsSchema } from "./settings-file.ts";
import { targetSchema } from "./target-schema.ts";

/** JSON Schema (draft 2020-12) of the three files, from the same definition that checks them; for editors and `/schemas/*.json`. */
export const jsonSchemas = (): { readonly request: object; readonly target: object; readonly settings: object } => ({
  request: z.toJSONSchema(requestSchema, { io: "input" }),
  target: z.toJSONSchema(targetSchema, { io: "input" }),
  settings: z.toJSONSchema(settingsSchema, { io: "input" }),
});
