import * as z from "zod";
import { atMost, doc, type Frozen, leaf, list, object } from "./schema.ts";
import { isAction, isResource } from "./statement-syntax.ts";

const action = leaf("an action such as s3:GetObject or s3:Get*", (text) => (isAction(text) ? text : undefined), {
  json: { pattern: "^(\\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+)$" },
  code: "CS1020",
});
const resource = leaf(
  "a full ARN such as arn:aws:s3:::bucket/* (six fields, literal partition and service, no ${), or a lone *",
  (text) => (isResource(text) ? text : undefined),
  // What s3 alone is often asked for by; no other service has names without account and region.
  {
    json: { pattern: "^(\\*|arn:aws[a-z-]*:[a-z0-9-]+:[^:]*:[^:]*:[^$]+)$" },
    called: "a resource that can be compared",
    code: "CS1020",
    meant: (text) => (text.startsWith("s3://") ? `arn:aws:s3:::${text.slice(5)}` : undefined),
  },
);

export const actions = list(action, 1, 100);
export const resources = list(resource, 1, 100);
const statement = object({
  actions: doc(actions, "Actions", "service:Action; * and ? are wildcards in the action. Case does not count.", [
    "s3:DeleteBucket",
  ]),
  resources: doc(
    resources,
    "Resources",
    "Full ARNs; * and ? are wildcards, not in partition and service. Or a lone *.",
    ["arn:aws:s3:::acme-stale-logs"],
  ),
});
export const maxStatements = 50;
/** Uncounted, for a union with another list: the schema library takes a key for optional where one side of a union is counted. */
export const statementList = z.array(statement).min(1).max(maxStatements);
export const statements = atMost(maxStatements, statementList);
export type Statement = Frozen<z.output<typeof statement>>;
