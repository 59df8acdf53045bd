import { formatDuration } from "../base/duration.ts";
import { azureTail, sessionLength } from "./lifetimes.ts";
import { jobRisks, note, whatIsDoneStays } from "./notes.ts";
import type { AzurePlanData, RiskNote } from "./types.ts";

// Sources, all Microsoft Learn: "Access tokens in the Microsoft identity platform" (60 to 90 minutes), "Configurable token lifetimes"
// (cannot be revoked), "Continuous access evaluation for workload identities" (24 hours, Microsoft Graph only).

/** What a reviewer should not overlook, each a plain sentence. */
export function azureRisks(data: AzurePlanData): readonly RiskNote[] {
  const { outlives } = sessionLength(data);
  const handed = data.delivery === "assertion";
  const { ordinary, graph } = azureTail(data);
  return [
    ...note(
      true,
      "not_narrowed",
      "Not narrowed: Azure has no way to narrow a token, so it can do all that the application may do at the resource.",
    ),
    ...note(
      handed,
      "assertion_delivered",
      "The job gets the assertion itself and may trade it for a token of any resource that the application can reach, not of the listed ones only.",
    ),
    ...jobRisks(data),
    ...note(
      !handed && outlives > 0,
      "session_tail",
      `Azure tokens cannot be revoked: one issued near the end lives up to ${formatDuration(outlives)} past it.`,
    ),
    ...note(
      handed && outlives > 0,
      "session_tail",
      `Azure tokens cannot be revoked: those that the job trades an assertion for live up to ${formatDuration(ordinary)} past the end, at Microsoft Graph up to ${formatDuration(graph)}.`,
    ),
  ];
}

/** What Azure does not let us limit, each a plain sentence. */
export function azureNotLimited(data: AzurePlanData): readonly string[] {
  const handed = data.delivery === "assertion";
  return [
    `Azure does not narrow tokens: the roles and permissions of application ${data.client_id} decide what they can do.`,
    ...(data.subscription_id === null
      ? []
      : [
          `The subscription ${data.subscription_id} is where tools work by default; the application's roles in others count as well.`,
        ]),
    ...(handed
      ? [
          "An assertion is good for every resource that the application can reach, as often as the job trades it until it expires.",
          "Who trades it may ask Microsoft Graph for continuous access evaluation, whose tokens live up to 24 hours.",
        ]
      : []),
    "Tokens that were issued cannot be revoked: only taking away the application's roles ends what they can do, for everybody and after some minutes.",
    "60 to 90 minutes are Microsoft's default: a token lifetime policy of the tenant may set another life.",
    "Secrets, credentials and role assignments that the application may make do not end with the grant.",
    whatIsDoneStays,
  ];
}
