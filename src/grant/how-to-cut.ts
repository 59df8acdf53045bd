import { formatInstant } from "../base/duration.ts";
import type { PlanData } from "../plan/types.ts";

/** What ends credentials that are out. Not escaped for any sink. */
export interface Cut {
  readonly say: string;
  /** What to run in a shell, where a line may be continued in the next; for oidc the audience. */
  readonly lines: readonly string[];
  readonly after: string | null;
}

/**
 * For who has power over the account; Countersign has none (DESIGN.md section 4, No cloud secrets). Null for github, whose tokens
 * Countersign revokes itself.
 */
export function howToCut(plan: PlanData, revokedAt: Date): Cut | null {
  switch (plan.kind) {
    case "aws":
      return cutAws(plan.role_arn, revokedAt);
    case "gcp":
      return {
        say:
          plan.service_account === null
            ? "To cut them now: disable the workload identity pool, which stops tokens of the pool that live, and can be undone:"
            : "To cut them now: disable the service account, or take its roles away; both act on everybody who uses it, within minutes:",
        lines: [
          plan.service_account === null
            ? poolCommand(plan.workload_identity_provider)
            : `gcloud iam service-accounts disable ${word(plan.service_account)}`,
        ],
        after: "Google does not revoke a single token; waiting is the other way.",
      };
    case "azure":
      return {
        say: "To cut them now: remove the role assignments of this application, which Azure looks at on each call (up to 10 minutes), or disable its service principal, which stops new tokens only:",
        lines: [
          `az role assignment list --assignee ${word(plan.client_id)} --all`,
          "az role assignment delete --ids ID",
          `az ad sp update --id ${word(plan.client_id)} --set accountEnabled=false`,
        ],
        after: null,
      };
    case "oidc":
      return {
        say: "To cut them now: end the sessions at the relying party; Countersign cannot take a signed token back. It is:",
        lines: [plan.audience],
        after: null,
      };
    case "github":
      return null;
  }
}

/**
 * What the console does as "Revoke active sessions" (IAM user guide, Revoke IAM role temporary security credentials): a Deny on
 * sessions that were issued before. AWS's times are whole seconds and its clock is not ours: a few seconds later.
 */
function cutAws(roleArn: string, revokedAt: Date): Cut {
  const before = formatInstant(new Date(revokedAt.getTime() + 5000));
  const policy = {
    Version: "2012-10-17",
    Statement: [
      { Effect: "Deny", Action: ["*"], Resource: ["*"], Condition: { DateLessThan: { "aws:TokenIssueTime": before } } },
    ],
  };
  const role = roleArn.slice(roleArn.lastIndexOf("/") + 1);
  return {
    say: `To cut them now, deny every session of the role that was issued before ${before}, other people's as well; new ones are not touched. It acts within minutes:`,
    lines: [
      `aws iam put-role-policy --role-name ${word(role)} --policy-name AWSRevokeOlderSessions \\`,
      `  --policy-document '${JSON.stringify(policy)}'`,
    ],
    after: null,
  };
}

function poolCommand(provider: string): string {
  const [, project = "PROJECT", pool = "POOL"] =
    /^projects\/([^/]+)\/.*workloadIdentityPools\/([^/]+)\//.exec(provider) ?? [];
  return `gcloud iam workload-identity-pools update ${word(pool)} --project ${word(project)} --location global --disabled`;
}

/** One word of a shell. The files' schemas let nothing else through; what would be more than a word is not put into a command. */
const word = (text: string): string => (/^[\w+=,.@:/-]+$/.test(text) ? text : "NAME");
