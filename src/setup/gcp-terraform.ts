import { blockName, distinct } from "./common.ts";
import { attributeCondition, direct, type Grantee, impersonated, type Provider } from "./gcp-model.ts";
import { block, call, comment, reference, removed } from "./hcl.ts";
import { commentedOut } from "./shell.ts";
import type { SetupInput } from "./types.ts";

export function gcpTerraform(
  input: SetupInput,
  providers: readonly Provider[],
  grantees: readonly Grantee[],
): string[] {
  const poolType = "google_iam_workload_identity_pool";
  const providerType = "google_iam_workload_identity_pool_provider";
  const providerBlock = ({ project, pool, provider, subjects }: Provider): string =>
    block(
      "resource",
      [providerType, blockName(project, pool, provider)],
      [
        ["project", project],
        ["workload_identity_pool_id", pool],
        ["workload_identity_pool_provider_id", provider],
        ["attribute_mapping", { "google.subject": "assertion.sub" }],
        ["attribute_condition", attributeCondition(subjects)],
        ["depends_on", [reference(poolType, blockName(project, pool))]],
        { block: "oidc", body: [["issuer_uri", input.issuerUrl]] },
      ],
    );
  const poolBlock = (project: string, pool: string): string =>
    block(
      "resource",
      [poolType, blockName(project, pool)],
      [
        ["project", project],
        ["workload_identity_pool_id", pool],
      ],
    );
  if (input.remove)
    return [
      comment("In place of the blocks of the same names; `removed` needs Terraform 1.7."),
      ...grantees.map(({ role, block: name }) =>
        removed(
          role.role.service_account === undefined ? "google_project_iam_member" : "google_service_account_iam_member",
          name,
        ),
      ),
      ...providers.flatMap((each) => [
        each.subjects.length > 0
          ? providerBlock(each)
          : removed(providerType, blockName(each.project, each.pool, each.provider)),
        ...(each.poolStays
          ? []
          : [
              commentedOut(
                `The pool, where nobody else uses it; its name cannot be used again for 30 days:\n${removed(poolType, blockName(each.project, each.pool))}`,
              ),
            ]),
      ]),
    ];
  return [
    ...distinct(providers.map(({ project, pool }) => poolBlock(project, pool))),
    `${comment("No allowed_audiences: the default, the provider's own name, is what assertions have.")}\n${providers.map(providerBlock).join("\n\n")}`,
    ...grantees.map((each) => terraformGrant(each)),
  ];
}

function terraformGrant({ role, principal, block: name }: Grantee): string {
  const account = role.role.service_account;
  if (account !== undefined)
    return [
      comment(impersonated),
      block("data", ["google_service_account", name], [["account_id", account]]),
      "",
      block(
        "resource",
        ["google_service_account_iam_member", name],
        [
          ["service_account_id", reference("data", "google_service_account", name, "name")],
          ["role", "roles/iam.workloadIdentityUser"],
          ["member", principal],
        ],
      ),
    ].join("\n");
  return [
    comment(direct),
    block(
      "variable",
      [`${name}_project`],
      [
        ["type", reference("string")],
        ["description", "Project in which the subject gets its roles."],
      ],
    ),
    "",
    block(
      "variable",
      [`${name}_roles`],
      [
        ["type", call("set", reference("string"))],
        ["description", "IAM roles of the subject, such as roles/storage.objectViewer."],
      ],
    ),
    "",
    block(
      "resource",
      ["google_project_iam_member", name],
      [
        ["for_each", reference("var", `${name}_roles`)],
        ["project", reference("var", `${name}_project`)],
        ["role", reference("each", "value")],
        ["member", principal],
      ],
    ),
  ].join("\n");
}
