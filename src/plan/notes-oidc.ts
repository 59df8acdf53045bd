import { jobRisks, note, whatIsDoneStays } from "./notes.ts";
import type { OidcPlanData, RiskNote } from "./types.ts";

/** What a reviewer should not overlook, each a plain sentence. */
export function oidcRisks(data: OidcPlanData): readonly RiskNote[] {
  return [
    ...note(
      true,
      "not_narrowed",
      `Not narrowed: a request cannot make the token worth less; ${data.audience} decides what it is good for.`,
    ),
    ...jobRisks(data),
  ];
}

/** What a relying party decides, each a plain sentence. */
export function oidcNotLimited({ audience }: OidcPlanData): readonly string[] {
  return [
    `${audience} alone decides what the token allows there.`,
    "It also decides how long a session lives that the token opens: that may be long after the end of the grant.",
    "The token cannot be recalled, and whoever holds it may present it until it expires.",
    whatIsDoneStays,
  ];
}
