import { formatInstant } from "../../base/duration.ts";
import { forMarkdown, forMarkdownBlock, forMarkdownCode } from "../../base/text.ts";
import type { PlanData } from "../../plan/types.ts";
import type { Db } from "../../store/index.ts";
import { type Credential, releasedCredentials } from "../credentials.ts";

/** Most that are told one by one; the rest is in the ledger. */
const most = 20;

/**
 * The credentials that live on after their grant was revoked, and how to cut them, as lines of Markdown. Only what was released:
 * the revocation is stored, and no exchange releases anything after it (C59).
 */
export async function liveCredentials(db: Db, grant: string, revokedAt: Date, now: Date): Promise<readonly string[]> {
  const row = await db.selectFrom("grant").select("plan").where("id", "=", grant).executeTakeFirstOrThrow();
  const plan = JSON.parse(row.plan) as PlanData;
  const all = await releasedCredentials(db, [grant]);
  if (all.length === 0) return ["No credentials were issued under it."];
  const live = all.filter((one) => one.until > now);
  if (live.length === 0) return ["All credentials that were issued under it have ended."];
  const shown = live.slice(0, most);
  const more = live.length - shown.length;
  return [
    `Credentials that were issued under it before (${live.length}):`,
    "",
    ...shown.map(line),
    ...(more > 0 ? [`- and ${more} more: see the entries \`issued\` of the ledger`] : []),
    ...(live.some((one) => one.ended === "no") ? ["", ...howToCut(plan, revokedAt)] : []),
  ];
}

function line({ issued, until, ended }: Credential): string {
  const { kind, identifiers, job } = issued;
  const names = Object.entries(identifiers).map(
    ([name, value]) => `${forMarkdown(name)} ${forMarkdownCode(value, 200)}`,
  );
  const end =
    ended === "gone"
      ? "Countersign has revoked it at GitHub"
      : ended === "asked"
        ? `Countersign is revoking it at GitHub; without that it would live until ${formatInstant(until)}`
        : `lives until ${formatInstant(until)}`;
  return `- ${kind}, of run ${job.run_id}: ${end}; ${names.join(", ")}`;
}

/** Plain lines for who has power over the account; Countersign has none (DESIGN.md section 4, No cloud secrets). */
function howToCut(plan: PlanData, revokedAt: Date): readonly string[] {
  switch (plan.kind) {
    case "aws":
      return cutAws(plan.role_arn, revokedAt);
    case "gcp":
      return [
        plan.service_account === null
          ? "To cut them now: disable the workload identity pool, which stops tokens of the pool that live, and can be undone:"
          : "To cut them now: disable the service account, or take its roles away; both act on everybody who uses it, within minutes:",
        "",
        forMarkdownBlock(
          plan.service_account === null
            ? poolCommand(plan.workload_identity_provider)
            : `gcloud iam service-accounts disable ${word(plan.service_account)}`,
          "sh",
        ),
        "",
        "Google does not revoke a single token; waiting is the other way.",
      ];
    case "azure":
      return [
        "To cut them now: remove the role assignments of this application, which Azure looks at on each call (up to 10 minutes), or disable its service principal, which stops new tokens only:",
        "",
        forMarkdownBlock(
          [
            `az role assignment list --assignee ${word(plan.client_id)} --all`,
            "az role assignment delete --ids ID",
            `az ad sp update --id ${word(plan.client_id)} --set accountEnabled=false`,
          ].join("\n"),
          "sh",
        ),
      ];
    case "oidc":
      return [
        `To cut them now: end the sessions at the relying party ${forMarkdownCode(plan.audience)}; Countersign cannot take a signed token back.`,
      ];
    case "github":
      return [];
  }
}

/**
 * What the console does as "Revoke active sessions" (IAM user guide, Revoke IAM role temporary security credentials): a Deny on
 * sessions that were issued before. AWS's times are whole seconds and its clock is not ours: a few seconds later.
 */
function cutAws(roleArn: string, revokedAt: Date): readonly string[] {
  const before = formatInstant(new Date(revokedAt.getTime() + 5000));
  const policy = {
    Version: "2012-10-17",
    Statement: [
      { Effect: "Deny", Action: ["*"], Resource: ["*"], Condition: { DateLessThan: { "aws:TokenIssueTime": before } } },
    ],
  };
  const role = roleArn.slice(roleArn.lastIndexOf("/") + 1);
  return [
    `To cut them now, deny every session of the role that was issued before ${before}, other people's as well; new ones are not touched. It acts within minutes:`,
    "",
    forMarkdownBlock(
      `aws iam put-role-policy --role-name ${word(role)} --policy-name AWSRevokeOlderSessions \\\n  --policy-document '${JSON.stringify(policy)}'`,
      "sh",
    ),
  ];
}

function poolCommand(provider: string): string {
  const [, project = "PROJECT", pool = "POOL"] =
    /^projects\/([^/]+)\/.*workloadIdentityPools\/([^/]+)\//.exec(provider) ?? [];
  return `gcloud iam workload-identity-pools update ${word(pool)} --project ${word(project)} --location global --disabled`;
}

/** One word of a shell. The files' schemas let nothing else through; what would be more than a word is not put into a command. */
const word = (text: string): string => (/^[\w+=,.@:/-]+$/.test(text) ? text : "NAME");
