import type { MintInput } from "../types.ts";

// Names by which a session shows in CloudTrail and in policies (CLOUDS.md section 1). Ids only: no logins, no reasons.

type Context = MintInput["context"];

/** The default client id of an IAM OIDC provider, in every partition. */
export const audience = "sts.amazonaws.com";

/** What STS takes in session names and source identities: `[\w+=,.@-]`, 2 to 64 characters. */
const forName = (text: string): string => text.replace(/[^A-Za-z0-9_+=,.@-]/g, "-").slice(0, 64);

/** What STS takes in tag values, without the spaces and non-ASCII letters that it would take as well; at most 256. */
const forTag = (text: string): string => text.replace(/[^A-Za-z0-9_.:/=+@-]/g, "_").slice(0, 256);

/** `cs-<12 hex of the grant>-pr<n>-<run>-<attempt>`: the same for every exchange of one run attempt under one grant. */
export const roleSessionName = (c: Context): string =>
  forName(`cs-${c.grant.replaceAll("-", "").slice(0, 12)}-pr${c.pullRequest}-${c.runId}-${c.runAttempt}`);

/** `countersign-check-<12 hex of the check>`: no grant's session has such a name. */
export const checkSessionName = (check: string): string =>
  forName(`countersign-check-${check.replaceAll("-", "").slice(0, 12)}`);

/**
 * `cs-<grant id>`, whole: 39 of 64 characters. It cannot be changed by role chaining, so that one `Deny` on
 * `aws:SourceIdentity` ends all that one grant left behind.
 */
export const sourceIdentity = (c: Context): string => forName(`cs-${c.grant}`);

/**
 * Claims that only AWS reads. Session tags reach policies as `aws:PrincipalTag/…`; they are not transitive: a chained
 * role has not been approved for this grant, and must not look as if. `roles` pins the assertion to the one role, before
 * any trust policy is asked.
 */
export function awsClaims(c: Context, roleArn: string): Readonly<Record<string, unknown>> {
  const tags: Readonly<Record<string, string>> = {
    CountersignGrant: c.grant,
    CountersignPullRequest: String(c.pullRequest),
    CountersignRun: `${c.runId}.${c.runAttempt}`,
    CountersignRequester: String(c.requesterId),
    CountersignAccessRepository: String(c.accessRepositoryId),
  };
  return {
    "https://aws.amazon.com/tags": {
      // STS wants each value as an array of one.
      principal_tags: Object.fromEntries(Object.entries(tags).map(([key, value]) => [key, [forTag(value)]])),
    },
    "https://aws.amazon.com/source_identity": sourceIdentity(c),
    "https://aws.amazon.com/roles": [roleArn],
  };
}
