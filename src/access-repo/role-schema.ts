import * as z from "zod";
import { boundary, permissions, repositories } from "./kind-schema.ts";
import {
  approvals,
  duration,
  environment,
  gitRef,
  owner,
  prose,
  repository,
  reusable,
  roleName,
  workflowFile,
} from "./names.ts";
import { isReservedAudience, isReservedClaim } from "./oidc-reserved.ts";
import { boolean, integer, leaf, list, object, oneOf, pattern, trouble } from "./schema.ts";
import { actions, statements } from "./statement-schema.ts";
import { parseWorkflowPattern } from "./workflow-pattern.ts";

// Only events that people with write start, over content that is in the repository. Not: pull_request*, issue_comment,
// workflow_run and all others, which strangers cause or which run what nobody reviewed (CHECKLIST C39).
const listable = ["workflow_dispatch", "push", "schedule", "repository_dispatch", "release", "deployment"] as const;

const event = leaf(
  `one of ${listable.join(", ")}; other events cannot be listed`,
  (text): string | undefined => listable.find((known) => known === text),
  { enum: listable },
  "CS1019",
);
const workflowPattern = leaf(
  "a pattern such as acme/infra/.github/workflows/*.yml@refs/heads/main (owner literal, ref full with at most one trailing *)",
  parseWorkflowPattern,
);
const minutes = 60;
const hours = 3600;

/** Keys that every kind of role has. */
const limits = {
  max_duration: duration(minutes),
  approvals: approvals.exactOptional(),
  also_approved_by: list(
    object({ from: list(owner, 1, 20), count: integer(1, 20).exactOptional() }),
    1,
    10,
  ).exactOptional(),
  break_glass: boolean.exactOptional(),
  tickets: list(pattern("a prefix such as OPS", /^[A-Z][A-Z0-9_]{0,31}$/, 32), 1, 50).exactOptional(),
  workflows: list(workflowPattern, 1, 100).exactOptional(),
  environments: list(environment, 1, 100).exactOptional(),
  events: list(event, 1, listable.length).exactOptional(),
  runners: list(oneOf(["github-hosted", "self-hosted"]), 1, 2).exactOptional(),
  defaults: object({
    duration: duration(minutes).exactOptional(),
    workflow: object({
      repository: repository.exactOptional(),
      file: workflowFile.exactOptional(),
      ref: gitRef.exactOptional(),
      environment: environment.exactOptional(),
      reusable: reusable.exactOptional(),
      actor: oneOf(["requester", "any"]).exactOptional(),
    }).exactOptional(),
  }).exactOptional(),
  last_issue_before_end: duration(0).exactOptional(),
};
const autoApproveKeys = { requesters: list(owner, 1, 50), max_duration: duration(minutes), per_day: integer(1, 1000) };
const autoApprove = { auto_approve: object(autoApproveKeys).exactOptional() };

// Account ids keep their leading zeros. Partitions: CLOUDS.md section 1 and AWS's list of isolated regions.
const roleArn = pattern(
  "a role ARN such as arn:aws:iam::123456789012:role/countersign-operator",
  /^arn:aws(?:-us-gov|-cn|-eusc|-iso|-iso-[bef])?:iam::[0-9]{12}:role\/(?:[\w+=,.@-]{1,128}\/){0,8}[\w+=,.@-]{1,64}$/,
  600,
);
const everything = z.tuple([
  leaf('["*"], the spelling of everything', (text) => (text === "*" ? ("*" as const) : undefined)),
]);

export const awsRole = object({
  ...limits,
  role_arn: roleArn,
  allow: z.union([everything, statements]),
  max_session: duration(15 * minutes, 12 * hours).exactOptional(),
  allow_persistence: boolean.exactOptional(),
  auto_approve: object({ ...autoApproveKeys, actions: actions.exactOptional() }).exactOptional(),
});

const poolPart = "[a-z0-9-]{4,32}";
export const gcpRole = object({
  ...limits,
  ...autoApprove,
  workload_identity_provider: pattern(
    "projects/123/locations/global/workloadIdentityPools/<pool>/providers/<provider>",
    new RegExp(`^projects/[1-9][0-9]{0,18}/locations/global/workloadIdentityPools/${poolPart}/providers/${poolPart}$`),
    200,
  ),
  service_account: pattern(
    "a service account such as deployer@acme-prod.iam.gserviceaccount.com",
    /^[a-z0-9][a-z0-9-]{0,62}@(?:[a-z0-9][a-z0-9.-]{0,100}\.iam|developer|appspot)\.gserviceaccount\.com$/,
    200,
  ).exactOptional(),
  scopes: list(
    pattern(
      "a scope such as https://www.googleapis.com/auth/cloud-platform",
      /^https:\/\/www\.googleapis\.com\/auth\/[a-z0-9._/-]{1,100}$/,
      150,
    ),
    1,
    20,
  ).exactOptional(),
  boundary: boundary.exactOptional(),
  max_session: duration(10 * minutes, 12 * hours).exactOptional(),
});

const uuid = pattern("a UUID", /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, 36);
export const azureRole = object({
  ...limits,
  ...autoApprove,
  tenant_id: uuid,
  client_id: uuid,
  subscription_id: uuid.exactOptional(),
  delivery: oneOf(["token", "assertion"]).exactOptional(),
  resources: list(
    pattern(
      "a resource such as https://management.azure.com",
      /^(?:https|api):\/\/[A-Za-z0-9][A-Za-z0-9._/-]{1,200}$/,
      210,
    ),
    1,
    10,
  ).exactOptional(),
});

export const githubRole = object({ ...limits, ...autoApprove, permissions, repositories });

const audience = leaf("an audience of your relying party, without white space", (text) =>
  /^[!-~]{1,255}$/.test(text) ? text : undefined,
).superRefine((text, context) => {
  if (isReservedAudience(text)) trouble(context, [], "This audience belongs to a cloud or to GitHub.", "CS1017");
});
const claimName = leaf("a claim name such as team", (text) =>
  /^[A-Za-z][A-Za-z0-9_.:/-]{0,127}$/.test(text) ? text : undefined,
);
const claims = z.record(claimName, prose(1, 256)).superRefine((value, context) => {
  const names = Object.keys(value);
  if (names.length > 20) trouble(context, [], "A role has at most 20 claims.", "CS1012");
  for (const name of names)
    if (isReservedClaim(name)) trouble(context, [name], `The claim ${name} is reserved.`, "CS1018");
});
export const oidcRole = object({ ...limits, ...autoApprove, audience, claims: claims.exactOptional() });

export const roles = <T extends z.ZodType>(role: T) =>
  z.record(roleName, role).superRefine((value, context) => {
    const count = Object.keys(value as object).length;
    if (count === 0 || count > 100) trouble(context, [], "A target has 1 to 100 roles.", "CS1012");
  });
