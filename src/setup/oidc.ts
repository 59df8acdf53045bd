import { isAsked, prose, rolesOf } from "./common.ts";
import type { Setup, SetupInput } from "./types.ts";

/** What a relying party of our own issuer must check, in its own configuration (DESIGN.md section 4, No cloud secrets). */
export function setupOidc(input: SetupInput): Setup {
  const roles = rolesOf(input, "oidc").filter((role) => isAsked(input, role));
  const checks = roles.flatMap(({ name, subject, role }) => [
    "",
    `Role ${name}:`,
    `  aud  exactly ${role.audience}`,
    `  sub  exactly ${subject}`,
    ...Object.entries(role.claims).map(([claim, value]) => `  ${claim}  ${value} (as the target file has it)`),
  ]);
  const remove = [
    "Take what trusts these subjects out of the relying party. Sessions that it opened end when it ends them; tokens expire by",
    "themselves.",
  ];
  const create = [
    "The relying party must check all of it, each value as a whole and never by a prefix or pattern:",
    `  keys  ${input.issuerUrl}/.well-known/jwks.json (discovery: ${input.issuerUrl}/.well-known/openid-configuration), read again for`,
    "        a kid that it does not know",
    "  alg  RS256, and no other",
    `  iss  exactly ${input.issuerUrl}`,
    "  exp, nbf, iat  by its own clock",
    "Without the check of sub every role of every target that has this audience gets in.",
  ];
  const warnings = input.issuerUrl.startsWith("http://") ? ["An issuer with http is for the sandbox only."] : [];
  return { ok: true, text: prose(input, [...(input.remove ? remove : create), ...checks]), warnings };
}
