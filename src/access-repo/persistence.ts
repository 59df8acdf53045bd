import { globsMeet } from "./glob.ts";
import type { Statement } from "./types.ts";

/**
 * Actions that make credentials or standing access which outlive the session, so that neither the session policy nor its Deny
 * at the end reaches what they made (CLOUDS.md section 8). Lower case; `*` as IAM has it.
 */
const persistent = [
  // Credentials: chained sessions, federated users, tokens, passwords, keys.
  "sts:assumero*",
  "sts:getfederationtoken",
  "sts:getsessiontoken",
  "sts:getservicebearertoken",
  "sts:getwebidentitytoken",
  "iam:createaccesskey",
  "iam:updateaccesskey",
  "iam:createloginprofile",
  "iam:updateloginprofile",
  "iam:createservicespecificcredential",
  "iam:resetservicespecificcredential",
  "iam:updateservicespecificcredential",
  "iam:uploadsshpublickey",
  "iam:updatesshpublickey",
  "iam:uploadsigningcertificate",
  "iam:updatesigningcertificate",
  "iam:deactivatemfadevice",
  "iam:changepassword",
  // Identities, and who may become them.
  "iam:createuser",
  "iam:createrole",
  "iam:createservicelinkedrole",
  "iam:updateassumerolepolicy",
  "iam:addusertogroup",
  "iam:addroletoinstanceprofile",
  "iam:createopenidconnectprovider",
  "iam:updateopenidconnectproviderthumbprint",
  "iam:addclientidtoopenidconnectprovider",
  "iam:createsamlprovider",
  "iam:updatesamlprovider",
  "rolesanywhere:create*",
  "rolesanywhere:update*",
  "rolesanywhere:enable*",
  // Power of existing identities.
  "iam:attach*policy",
  "iam:put*policy",
  "iam:createpolicyversion",
  "iam:setdefaultpolicyversion",
  "iam:detachrolepolicy",
  "iam:detachuserpolicy",
  "iam:delete*permissionsboundary",
  "iam:put*permissionsboundary",
  "sso:createaccountassignment",
  "sso:createpermissionset",
  "sso:provisionpermissionset",
  "sso:attach*policy*",
  "sso:put*policy*",
  "identitystore:createuser",
  "identitystore:creategroupmembership",
  // A service that was handed a role acts on after the window, with code of the one who handed it.
  "iam:passrole",
];

/** The persistence action or family that an action pattern reaches, also by its wildcards; undefined where it reaches none. */
function persistenceOf(action: string): string | undefined {
  const lower = action.toLowerCase();
  const start = literalStart(lower);
  // Most pairs differ before any wildcard and need no closer look.
  return persistent.find((pattern) => {
    const other = literalStart(pattern);
    return (start.startsWith(other) || other.startsWith(start)) && globsMeet(lower, pattern);
  });
}

const literalStart = (pattern: string): string => /^[^*?]*/.exec(pattern)?.[0] ?? "";

/** The first action of the statements that reaches persistence, with its place. */
export function firstPersistence(
  statements: readonly Statement[],
):
  | { readonly statement: number; readonly index: number; readonly action: string; readonly reaches: string }
  | undefined {
  for (const [statement, { actions }] of statements.entries()) {
    for (const [index, action] of actions.entries()) {
      const reaches = persistenceOf(action);
      if (reaches !== undefined) return { statement, index, action, reaches };
    }
  }
  return undefined;
}
