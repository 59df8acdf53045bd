import { leaf, list, object } from "./schema.ts";
import { isAction, isResource } from "./statement-syntax.ts";

const action = leaf(
  "an action such as s3:GetObject or s3:Get*",
  (text) => (isAction(text) ? text : undefined),
  {},
  "CS1020",
);
const resource = leaf(
  "a full ARN such as arn:aws:s3:::bucket/* (six fields, literal partition and service, no ${), or a lone *",
  (text) => (isResource(text) ? text : undefined),
  {},
  "CS1020",
);

export const actions = list(action, 1, 100);
export const resources = list(resource, 1, 100);
const statement = object({ actions, resources });
export const statements = list(statement, 1, 50);
