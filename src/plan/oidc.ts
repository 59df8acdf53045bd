import { isReservedAudience, isReservedClaim } from "../access-repo/oidc-reserved.ts";
import type { OidcRole } from "../access-repo/types.ts";
import { finish, planCommon } from "./common.ts";
import { sortedMembers } from "./normal.ts";
import { oidcNotLimited, oidcRisks } from "./notes-oidc.ts";
import { failure, type Rendered } from "./rendered.ts";
import type { OidcPlanData, PlanInput } from "./types.ts";

/** Version 1 of the oidc plan: a token of our own issuer for one relying party. Nothing of a request narrows it. */
export function renderOidc(input: PlanInput, role: OidcRole): Rendered {
  const shared = planCommon(input, "oidc");
  if (!shared.ok) return shared;
  // The parser of the files refused these already; here is the last place before a signature is promised (C61).
  if (isReservedAudience(role.audience)) {
    return failure(
      "audience_reserved",
      `The audience ${role.audience} belongs to a cloud or to GitHub: a token for it could be traded there, past every limit.`,
    );
  }
  const reserved = Object.keys(role.claims).find(isReservedClaim);
  if (reserved !== undefined) {
    return failure("claim_reserved", `The claim ${reserved} is reserved: choose another name in the target file.`);
  }
  const data: OidcPlanData = {
    ...shared.common,
    kind: "oidc",
    audience: role.audience,
    claims: sortedMembers(role.claims),
  };
  const notes = { risks: oidcRisks(data), notLimited: oidcNotLimited(data) };
  return finish(data, { narrowed: false, ...notes, repositories: new Map() });
}
