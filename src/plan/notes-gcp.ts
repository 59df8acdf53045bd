import { formatDuration } from "../base/duration.ts";
import { GCP_ORDINARY_MAX } from "./lifetimes.ts";
import { jobRisks, note, notNarrowed, whatIsDoneStays } from "./notes.ts";
import type { GcpPlanData, RiskNote } from "./types.ts";

// Sources, all Google's own: "Credential Access Boundaries overview" (Cloud Storage only), the references of STS and
// of generateAccessToken, "Managing workload identity pools" (disabling a pool).

const cloudPlatform = "https://www.googleapis.com/auth/cloud-platform";

/** What a reviewer should not overlook, each a plain sentence. */
export function gcpRisks(data: GcpPlanData, narrowed: boolean): readonly RiskNote[] {
  const { boundary, service_account, scopes, max_session } = data;
  const long = service_account !== null && max_session > GCP_ORDINARY_MAX;
  return [
    ...notNarrowed(narrowed),
    ...note(
      scopes.includes(cloudPlatform),
      "broad_scope",
      "The scope cloud-platform covers every API of Google Cloud: what the token can do there is for IAM alone to decide.",
    ),
    ...note(
      boundary !== null,
      "boundary_storage_only",
      "The boundary narrows Cloud Storage only: do not count on it for any other service.",
    ),
    ...jobRisks(data),
    ...note(long, "long_session", `A token that cannot be recalled may live up to ${formatDuration(max_session)}.`),
  ];
}

/** What Google does not let us limit, each a plain sentence. */
export function gcpNotLimited({ boundary, service_account }: GcpPlanData): readonly string[] {
  const whole = "the token can do all that its scopes and IAM allow";
  return [
    boundary === null
      ? `Nothing narrows it: ${whole}, at every API of Google.`
      : `A boundary is for Cloud Storage only: at every other API of Google ${whole}.`,
    service_account === null
      ? "A single token cannot be recalled: only disabling the workload identity pool, or taking away roles, ends it early, and that ends others as well."
      : "A single token cannot be recalled: only disabling the service account, or taking away its roles, ends it early, and that ends others as well.",
    ...(service_account === null
      ? []
      : ["The life of the token is counted from Google's answer: it can end some seconds after the grant."]),
    "Keys, tokens and role bindings that IAM lets it make do not end with the grant.",
    whatIsDoneStays,
  ];
}
