import * as z from "zod";
import { prose, roleName } from "./names.ts";
import { awsRole, azureRole, gcpRole, githubRole, oidcRole, roles } from "./role-schema.ts";
import { object, pattern, trouble, version } from "./schema.ts";
import { statements } from "./statement-schema.ts";

const common = { version, description: prose(1, 300).exactOptional() };
const region = pattern("a region such as eu-west-1", /^[a-z]{2,4}(?:-[a-z]{2,10}){1,2}-[1-9][0-9]?$/, 30);
const sets = z.record(roleName, statements).superRefine((value, context) => {
  if (Object.keys(value).length > 100) trouble(context, [], "A target has at most 100 sets.", "CS1012");
});

/** `targets/<name>.yml` (DESIGN.md section 3); `cloud` says which keys a role has. */
export const targetSchema = z.discriminatedUnion("cloud", [
  object({
    ...common,
    cloud: z.literal("aws"),
    region: region.exactOptional(),
    roles: roles(awsRole),
    sets: sets.exactOptional(),
  }),
  object({ ...common, cloud: z.literal("gcp"), roles: roles(gcpRole) }),
  object({ ...common, cloud: z.literal("azure"), roles: roles(azureRole) }),
  object({ ...common, cloud: z.literal("github"), roles: roles(githubRole) }),
  object({ ...common, cloud: z.literal("oidc"), roles: roles(oidcRole) }),
]);
