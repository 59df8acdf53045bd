import { distinct } from "./common.ts";
import { attributeCondition, direct, type Grantee, impersonated, type Provider } from "./gcp-model.ts";
import { comment } from "./hcl.ts";
import { command, commentedOut, fixed, guard, inline, type Word } from "./shell.ts";
import type { SetupInput } from "./types.ts";

/** The same for `gcloud`: scripts that stop at the first command that fails. */
export function gcpCli(input: SetupInput, providers: readonly Provider[], grantees: readonly Grantee[]): string[] {
  const projects = distinct(providers.map(({ project }) => project));
  const lookUp = projects
    .map((project) => {
      const id = inline(...fixed("gcloud projects describe"), project, "--format", "value(projectId)");
      return `${variable(project)}="$(${id})"`;
    })
    .join("\n");
  if (input.remove)
    return [lookUp, ...grantees.map((each) => grant(each, "remove")), ...providers.map((each) => removeProvider(each))];
  const apis = "gcloud services enable iam.googleapis.com iamcredentials.googleapis.com sts.googleapis.com --project";
  return [
    lookUp,
    ...projects.map((project) => command(...fixed(apis), valueOf(project))),
    ...distinct(
      providers.map((each) => `${inPool("describe", each)} > /dev/null 2>&1 ||\n  ${inPool("create", each)}`),
    ),
    ...providers.map((each) => createProvider(each, input.issuerUrl)),
    ...grantees.map((each) => grant(each, "add")),
  ];
}

// gcloud's --project takes no number, which is what a provider's name has.
const variable = (project: string): string => `PROJECT_${project}`;
const valueOf = (project: string): Word => ({ source: `"$${variable(project)}"` });

const place = ({ project }: Provider): readonly Word[] => ["--location", "global", "--project", valueOf(project)];
const inPool = (verb: string, each: Provider, ...more: readonly Word[]): string =>
  inline(...fixed("gcloud iam workload-identity-pools"), verb, each.pool, ...place(each), ...more);
const provider = (verb: string, each: Provider, ...more: readonly Word[]): readonly Word[] => [
  ...fixed("gcloud iam workload-identity-pools providers"),
  verb,
  each.provider,
  ...place(each),
  "--workload-identity-pool",
  each.pool,
  ...more,
];
const setCondition = (each: Provider): string =>
  command(...provider("update-oidc", each, "--attribute-condition", attributeCondition(each.subjects)));

/** One that is there must be ours: with our condition a provider of somebody else's would admit nobody. */
function createProvider(each: Provider, issuerUrl: string): string {
  const indent = (text: string): string => text.replaceAll("\n", "\n  ");
  const issuer = provider("describe", each, "--format", "value(oidc.issuerUri)");
  const create = command(
    ...provider("create-oidc", each, "--issuer-uri", issuerUrl),
    "--attribute-mapping",
    "google.subject=assertion.sub",
    "--attribute-condition",
    attributeCondition(each.subjects),
  );
  return [
    comment("No allowed audiences: the default, the provider's own name, is what assertions have."),
    `if ${inline(...provider("describe", each))} > /dev/null 2>&1; then`,
    `  ${guard(issuer, issuerUrl, `Provider ${each.provider} is there and has another issuer.`)}`,
    `  ${indent(setCondition(each))}`,
    "else",
    `  ${indent(create)}`,
    "fi",
  ].join("\n");
}

function removeProvider(each: Provider): string {
  const stays = each.subjects.length > 0;
  const gone = stays ? setCondition(each) : inline(...provider("delete", each, "--quiet"));
  if (each.poolStays) return gone;
  return [
    gone,
    comment("The pool, where nobody else uses it. Its name cannot be used again for 30 days:"),
    commentedOut(inPool("delete", each, "--quiet")),
  ].join("\n");
}

function grant({ role, principal }: Grantee, verb: "add" | "remove"): string {
  const account = role.role.service_account;
  const member = ["--member", principal, "--condition", "None"];
  const user = ["--role", "roles/iam.workloadIdentityUser"];
  if (account !== undefined)
    return [
      ...(verb === "add" ? [comment(impersonated)] : []),
      command(...fixed(`gcloud iam service-accounts ${verb}-iam-policy-binding`), account, ...user, ...member),
    ].join("\n");
  // Names of roles have no `_`, so no two of them become one variable.
  const [project, iamRole] = ["PROJECT", "ROLE"].map((what) => `GRANT_${what}_${role.name.replaceAll("-", "_")}`);
  return [
    comment(
      verb === "add" ? direct : "Direct federation: every IAM role that the subject was given, one after the other.",
    ),
    `: "\${${project}:?set it to the project}" "\${${iamRole}:?set it to the IAM role, such as roles/storage.objectViewer}"`,
    command(
      ...fixed(`gcloud projects ${verb}-iam-policy-binding`),
      { source: `"$${project}"` },
      "--role",
      { source: `"$${iamRole}"` },
      ...member,
    ),
  ].join("\n");
}
