import { audience, bound, type IamRole, type Place, trustPolicy } from "./aws-model.ts";
import { blockName } from "./common.ts";
import { block, call, comment, reference, removed } from "./hcl.ts";
import { command, commentedOut } from "./shell.ts";

export function awsTerraform({ input, account, providerArn, othersHere }: Place, roles: readonly IamRole[]): string[] {
  const providerBlock = blockName(account);
  const provider = reference("aws_iam_openid_connect_provider", providerBlock, "arn");
  const role = ({ block: name, name: roleName, path, maxSession, subjects }: IamRole): string =>
    block(
      "resource",
      ["aws_iam_role", name],
      [
        ["name", roleName],
        ["path", path],
        ["max_session_duration", maxSession],
        ["assume_role_policy", call("jsonencode", trustPolicy(provider, input.issuerUrl, subjects))],
      ],
    );
  if (input.remove)
    return [
      comment(`For account ${account}. In place of the blocks of the same names; \`removed\` needs Terraform 1.7.`),
      ...roles.map((each) => (each.subjects.length > 0 ? role(each) : removed("aws_iam_role", each.block))),
      othersHere
        ? comment("The OIDC provider stays: other roles of this access repo need it.")
        : commentedOut(
            `The OIDC provider, where no other access repo of this server uses the account:\n${removed("aws_iam_openid_connect_provider", providerBlock)}`,
          ),
    ];
  return [
    comment(`For account ${account}: the provider once, for all targets in it. Is it there already? Then first:`) +
      `\n${commentedOut(command("terraform", "import", `aws_iam_openid_connect_provider.${providerBlock}`, providerArn))}`,
    block(
      "resource",
      ["aws_iam_openid_connect_provider", providerBlock],
      [
        ["url", input.issuerUrl],
        ["client_id_list", [audience]],
      ],
    ),
    comment(bound),
    ...roles.map(role),
  ];
}
