import { audience, bound, type IamRole, type Place, trustPolicy } from "./aws-model.ts";
import { comment } from "./hcl.ts";
import { command, commentedOut, fixed, guard, inline } from "./shell.ts";

export function awsCli({ input, account, providerArn, othersHere }: Place, roles: readonly IamRole[]): string[] {
  const iam = (...words: readonly string[]): string => command("aws", "iam", ...words);
  const check = guard(
    fixed("aws sts get-caller-identity --query Account --output text"),
    account,
    `Sign in to AWS account ${account} first.`,
  );
  const removeProvider = iam("delete-open-id-connect-provider", "--open-id-connect-provider-arn", providerArn);
  const document = ({ subjects }: IamRole): string =>
    JSON.stringify(trustPolicy(providerArn, input.issuerUrl, subjects), null, 2);
  const replace = (role: IamRole): string =>
    iam("update-assume-role-policy", "--role-name", role.name, "--policy-document", document(role));
  if (input.remove)
    return [
      check,
      ...roles.map((role) => (role.subjects.length > 0 ? replace(role) : removeRole(role))),
      othersHere
        ? comment("The OIDC provider stays: other roles of this access repo need it.")
        : commentedOut(
            `The OIDC provider, where no other access repo of this server uses the account:\n${removeProvider}`,
          ),
    ];
  const exists = iam("get-open-id-connect-provider", "--open-id-connect-provider-arn", providerArn);
  const create = iam("create-open-id-connect-provider", "--url", input.issuerUrl, "--client-id-list", audience);
  return [
    check,
    `${comment("The provider: once for the account.")}\n${exists} > /dev/null 2>&1 ||\n  ${create.replaceAll("\n", "\n  ")}`,
    comment(bound),
    ...roles.map((role) =>
      [
        iam(
          "create-role",
          "--role-name",
          role.name,
          "--path",
          role.path,
          "--max-session-duration",
          String(role.maxSession),
          "--assume-role-policy-document",
          document(role),
        ),
        comment("Is the role there already? This replaces its whole trust policy, whoever else is in it:"),
        commentedOut(replace(role)),
      ].join("\n"),
    ),
  ];
}

/** IAM deletes no role that has policies. With them go the permissions of sessions that are out. */
function removeRole({ name }: IamRole): string {
  const each = (list: string, query: string, remove: string, option: string): string =>
    [
      `for policy in $(${inline("aws", "iam", list, "--role-name", name, "--query", query, "--output", "text")}); do`,
      `  ${inline("aws", "iam", remove, "--role-name", name, option, { source: '"$policy"' })}`,
      "done",
    ].join("\n");
  return [
    each("list-role-policies", "PolicyNames[]", "delete-role-policy", "--policy-name"),
    each("list-attached-role-policies", "AttachedPolicies[].PolicyArn", "detach-role-policy", "--policy-arn"),
    command("aws", "iam", "delete-role", "--role-name", name),
  ].join("\n");
}
