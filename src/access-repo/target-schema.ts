import * as z from "zod";
import { prose, roleName } from "./names.ts";
import { awsRole, azureRole, gcpRole, githubRole, oidcRole, roles } from "./role-schema.ts";
import { atMost, doc, object, pattern, version } from "./schema.ts";
import { statements } from "./statement-schema.ts";

const common = {
  version,
  description: doc(
    prose(1, 300).exactOptional(),
    "Description",
    "What this target is, for people who ask.",
    "Production account",
  ),
};
const region = pattern("a region such as eu-west-1", /^[a-z]{2,4}(?:-[a-z]{2,10}){1,2}-[1-9][0-9]?$/, 30);
const sets = atMost(100, z.record(roleName, statements), "A target has at most 100 sets.");
const cloud = <const Kind extends string>(kind: Kind) =>
  doc(z.literal(kind), "Kind of target", "Decides which keys a role has.");
const rolesOf = <T extends z.ZodType>(role: T) =>
  doc(roles(role), "Roles", "Named levels of access within this target.");

/** `targets/<name>.yml` (DESIGN.md section 3); `cloud` says which keys a role has. */
export const targetSchema = z.discriminatedUnion("cloud", [
  object({
    ...common,
    cloud: cloud("aws"),
    region: doc(region.exactOptional(), "Region", "Where STS is asked, and what AWS_REGION becomes.", "eu-west-1"),
    roles: rolesOf(awsRole),
    sets: doc(sets.prefault({}), "Sets", "Named bundles of statements that a request may use: `sets: [tf-state]`."),
  }),
  object({ ...common, cloud: cloud("gcp"), roles: rolesOf(gcpRole) }),
  object({ ...common, cloud: cloud("azure"), roles: rolesOf(azureRole) }),
  object({ ...common, cloud: cloud("github"), roles: rolesOf(githubRole) }),
  object({ ...common, cloud: cloud("oidc"), roles: rolesOf(oidcRole) }),
]);
