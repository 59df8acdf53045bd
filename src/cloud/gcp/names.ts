import type { GcpPlanData } from "../../plan/types.ts";
import type { MintInput } from "../types.ts";

// Names by which a token shows in Google's log and in IAM (CLOUDS.md section 2). Ids only: no logins, no reasons.

type Who = Pick<GcpPlanData, "workload_identity_provider" | "subject">;

/**
 * Whom IAM binds roles to: the subject within the pool, whichever of its providers was used.
 * `principal://iam.googleapis.com/projects/<number>/locations/global/workloadIdentityPools/<pool>/subject/<subject>`
 */
export const principalOf = ({ workload_identity_provider, subject }: Who): string =>
  `principal://iam.googleapis.com/${workload_identity_provider.replace(/\/providers\/[^/]*$/, "")}/subject/${subject}`;

/**
 * The project in a service account's name, for tools that want one. None for direct federation: the number in the provider
 * is that of the pool's project, which need not be where the work is. None for the accounts of Compute Engine, whose names
 * have a number only.
 */
export function projectOf({ service_account }: GcpPlanData): string | undefined {
  const [, appEngine, project] =
    /^(?:([a-z0-9-]+)@appspot|[^@]+@([a-z0-9.-]+)\.iam)\.gserviceaccount\.com$/.exec(service_account ?? "") ?? [];
  const name = project ?? appEngine;
  if (name === undefined) return undefined;
  // A project of an organization with a domain of its own: `name.example.com` stands for `example.com:name`.
  const [first, ...domain] = name.split(".");
  return domain.length === 0 ? name : `${domain.join(".")}:${first}`;
}

/**
 * `countersign grant/<id> exchange/<id>`: Google's log has no claim of the assertion but the subject, and shows the agent of
 * each call as `callerSuppliedUserAgent`. What leads from there to the ledger.
 */
export const userAgent = ({ grant, exchange }: MintInput["context"]): string =>
  `countersign grant/${forHeader(grant)} exchange/${forHeader(exchange)}`;

/** The same for a check of a role, which is of no grant. */
export const checkAgent = (check: string): string => `countersign check/${forHeader(check)}`;

/** Ids of ours, and nothing that could be another header. */
const forHeader = (text: string): string => text.replace(/[^A-Za-z0-9_.-]/g, "-").slice(0, 64);
