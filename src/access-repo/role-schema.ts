import * as z from "zod";
import { boundary, permissions, repositories } from "./kind-schema.ts";
import { autoApproveKeys, autoApproveTitle, limits } from "./limits-schema.ts";
import { duration, prose, roleName } from "./names.ts";
import { isReservedAudience, isReservedClaim } from "./oidc-reserved.ts";
import { atMost, boolean, doc, leaf, list, object, oneOf, pattern, trouble } from "./schema.ts";
import { actions, maxStatements, statementList } from "./statement-schema.ts";

const minutes = 60;
const hours = 3600;
const autoApprove = { auto_approve: doc(object(autoApproveKeys).exactOptional(), ...autoApproveTitle) };

// Account ids keep their leading zeros. Partitions: CLOUDS.md section 1 and AWS's list of isolated regions.
const roleArn = pattern(
  "a role ARN such as arn:aws:iam::123456789012:role/countersign-operator",
  /^arn:aws(?:-us-gov|-cn|-eusc|-iso|-iso-[bef])?:iam::[0-9]{12}:role\/(?:[\w+=,.@-]{1,128}\/){0,8}[\w+=,.@-]{1,64}$/,
  600,
);
const everything = z.tuple([
  leaf('["*"], the spelling of everything', (text) => (text === "*" ? ("*" as const) : undefined), {
    json: { const: "*" },
  }),
]);
type Allow = z.output<typeof everything> | z.output<typeof statementList>;
const isEverything = (allow: Allow): allow is z.output<typeof everything> => allow[0] === "*";

export const awsRole = object({
  ...limits,
  role_arn: doc(
    roleArn,
    "IAM role",
    "The role that is assumed. Its trust policy names this installation's issuer and subject.",
    "arn:aws:iam::123456789012:role/countersign-operator",
  ),
  allow: doc(
    atMost(maxStatements, z.union([everything, statementList])),
    "What may be asked for at most",
    'A request stays inside; every action and resource pair inside one statement. ["*"] is how one says everything.',
    [{ actions: ["s3:Get*"], resources: ["arn:aws:s3:::acme-*/*"] }],
  ),
  max_session: doc(
    duration(15 * minutes, 12 * hours).prefault("1h"),
    "Longest session",
    "At most the role's MaxSessionDuration in AWS. AWS gives none under 15 minutes.",
    "1h",
  ),
  allow_persistence: doc(
    boolean.prefault("false"),
    "Actions that outlive the window",
    "true: requests may ask for sts:AssumeRole, iam:CreateAccessKey and their like.",
  ),
  auto_approve: doc(
    object({
      ...autoApproveKeys,
      actions: doc(
        actions.exactOptional(),
        "Actions without approval",
        "Any other action needs approval; without this list every action does.",
        ["s3:Get*"],
      ),
    }).exactOptional(),
    ...autoApproveTitle,
  ),
}).transform(({ allow, ...role }) => ({
  kind: "aws" as const,
  ...role,
  allow: isEverything(allow) ? ("everything" as const) : allow,
}));

const poolPart = "[a-z0-9-]{4,32}";
export const gcpRole = object({
  ...limits,
  ...autoApprove,
  workload_identity_provider: doc(
    pattern(
      "projects/123/locations/global/workloadIdentityPools/<pool>/providers/<provider>",
      new RegExp(
        `^projects/[1-9][0-9]{0,18}/locations/global/workloadIdentityPools/${poolPart}/providers/${poolPart}$`,
      ),
      200,
    ),
    "Workload identity provider",
    "The provider of the pool that trusts this installation's issuer. The project by its number.",
    "projects/123456789/locations/global/workloadIdentityPools/countersign/providers/countersign",
  ),
  service_account: doc(
    pattern(
      "a service account such as deployer@acme-prod.iam.gserviceaccount.com",
      /^[a-z0-9][a-z0-9-]{0,62}@(?:[a-z0-9][a-z0-9.-]{0,100}\.iam|developer|appspot)\.gserviceaccount\.com$/,
      200,
    ).exactOptional(),
    "Service account",
    "Impersonated with the federated token. Without it: direct federation, and tokens end exactly with the grant.",
    "deployer@acme-prod.iam.gserviceaccount.com",
  ),
  scopes: doc(
    list(
      pattern(
        "a scope such as https://www.googleapis.com/auth/cloud-platform",
        /^https:\/\/www\.googleapis\.com\/auth\/[a-z0-9._/-]{1,100}$/,
        150,
      ),
      1,
      20,
    ).prefault(["https://www.googleapis.com/auth/cloud-platform"]),
    "OAuth scopes",
    "What the token may be used for, at most; IAM decides within it.",
    ["https://www.googleapis.com/auth/cloud-platform"],
  ),
  boundary: doc(
    boundary.exactOptional(),
    "Credential Access Boundary",
    "A ceiling for Cloud Storage; it narrows no other service. A request may narrow it further.",
  ),
  max_session: doc(
    duration(10 * minutes, 12 * hours).prefault("1h"),
    "Longest token",
    "Over 1h only where the organization policy extends the lifetime for the service account.",
    "1h",
  ),
}).transform((role) => ({ kind: "gcp" as const, ...role }));

const uuid = pattern("a UUID", /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, 36);
const anId = "11111111-1111-1111-1111-111111111111";
export const azureRole = object({
  ...limits,
  ...autoApprove,
  tenant_id: doc(uuid, "Entra tenant", "Its id.", anId),
  client_id: doc(uuid, "App registration or user-assigned managed identity", "Its client id.", anId),
  subscription_id: doc(uuid.exactOptional(), "Subscription", "For tools that want one; limits nothing.", anId),
  delivery: doc(
    oneOf(["token", "assertion"]).prefault("token"),
    "What the job gets",
    "token: an access token for one resource. assertion: a federated assertion of 5 minutes that the job's tools trade themselves.",
    "token",
  ),
  resources: doc(
    list(
      pattern(
        "a resource such as https://management.azure.com",
        /^(?:https|api):\/\/[A-Za-z0-9][A-Za-z0-9._/-]{1,200}$/,
        210,
      ),
      1,
      10,
    ).prefault(["https://management.azure.com"]),
    "Resources",
    "Tokens are for one of these.",
    ["https://management.azure.com"],
  ),
}).transform((role) => ({ kind: "azure" as const, ...role }));

export const githubRole = object({
  ...limits,
  ...autoApprove,
  permissions: doc(permissions, "Permissions", "What the token may do, at most.", { contents: "write" }),
  repositories: doc(repositories, "Repositories", "On which repositories. All of one owner.", ["acme/infra"]),
}).transform((role) => ({ kind: "github" as const, ...role }));

const audience = leaf("an audience of your relying party, without white space", (text) =>
  /^[!-~]{1,255}$/.test(text) ? text : undefined,
).superRefine((text, context) => {
  if (isReservedAudience(text)) trouble(context, [], "A cloud or GitHub takes tokens for this audience.", "CS1017");
});
const claimName = leaf("a claim name such as team", (text) =>
  /^[A-Za-z][A-Za-z0-9_.:/-]{0,127}$/.test(text) ? text : undefined,
).superRefine((name, context) => {
  if (isReservedClaim(name)) trouble(context, [], `The claim ${name} is reserved.`, "CS1018");
});
const claims = atMost(20, z.record(claimName, prose(1, 256)), "A role has at most 20 claims.");
export const oidcRole = object({
  ...limits,
  ...autoApprove,
  audience: doc(
    audience,
    "Audience",
    "The aud of the token; your relying party alone accepts it.",
    "https://vault.acme.example",
  ),
  claims: doc(claims.prefault({}), "Further claims", "Names and texts that the token carries as they are.", {
    team: "platform",
  }),
}).transform((role) => ({ kind: "oidc" as const, ...role }));

const howMany = "A target has 1 to 100 roles.";
export const roles = <T extends z.ZodType>(role: T) =>
  atMost(100, z.record(roleName, role), howMany).superRefine((value, context) => {
    if (Object.keys(value).length === 0) trouble(context, [], howMany, "CS1012");
  });
