import { azureClouds } from "../plan/azure-requests.ts";
import { blockName, distinct, isAsked, pages, rolesOf, type Trusted } from "./common.ts";
import { block, comment, reference, removed } from "./hcl.ts";
import { command, commentedOut, fixed, guard } from "./shell.ts";
import { problem, type Setup, type SetupInput } from "./types.ts";

/** Entra: federated credentials of one app registration or managed identity (CLOUDS.md section 3). */
const mostCredentials = 20;
const warnAt = 18;

/** A federated credential: issuer, subject and audience match exactly, so there is one for each role. */
interface Credential {
  /** 3 to 120 characters, and never changed: the access repo's id keeps two of them apart. */
  readonly name: string;
  readonly client: string;
  readonly tenant: string;
  readonly subject: string;
  readonly audience: string;
  readonly block: string;
}

/** Federated identity credentials on the app registration that a role names (CLOUDS.md section 3). */
export function setupAzure(input: SetupInput): Setup {
  const all = rolesOf(input, "azure");
  const asked = all.filter((role) => isAsked(input, role));
  const credentials = asked.map((role) => credentialOf(input, role));
  const known = credentials.filter((each) => each !== undefined);
  const [first] = known;
  if (!first || known.length < credentials.length)
    return problem("tenant_id or client_id is not a UUID, or the resources of a role are of different Azure clouds.");
  if (known.some(({ tenant }) => tenant !== first.tenant))
    return problem("These roles are in different Entra tenants: name those of one tenant with --role.");
  const pieces = input.format === "terraform" ? terraform(input, known) : cli(input, known);
  return { ok: true, text: pages(input, "the trust of Entra", pieces), warnings: warnings(input, known, all) };
}

function credentialOf(input: SetupInput, { target, name, subject, role }: Trusted<"azure">): Credential | undefined {
  const [cloud, ...others] = azureClouds(role.resources);
  const [client, tenant] = [role.client_id.toLowerCase(), role.tenant_id.toLowerCase()];
  const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
  if (!uuid.test(client) || !uuid.test(tenant) || others.length > 0) return undefined;
  return {
    name: `cs-${input.repositoryId}-${target}-${name}`,
    client,
    tenant,
    subject,
    audience: cloud.audience,
    block: blockName(target, name),
  };
}

const bound = "What the application may do is the outer bound, and yours to assign: Azure does not narrow a token.";
const notYet =
  "No application yet? `az ad app create --display-name NAME --query appId`, and its id becomes client_id of the target file.";

function terraform(input: SetupInput, credentials: readonly Credential[]): string[] {
  const type = "azuread_application_federated_identity_credential";
  if (input.remove)
    return [
      comment("In place of the blocks of the same names; `removed` needs Terraform 1.7."),
      ...credentials.map(({ block: name }) => removed(type, name)),
    ];
  return [
    [notYet, bound].map(comment).join("\n"),
    ...distinct(credentials.map(({ client }) => client)).map((client) =>
      block("data", ["azuread_application", blockName(client)], [["client_id", client]]),
    ),
    ...credentials.map(({ name, client, subject, audience, block: label }) =>
      block(
        "resource",
        [type, label],
        [
          ["application_id", reference("data", "azuread_application", blockName(client), "id")],
          ["display_name", name],
          ["issuer", input.issuerUrl],
          ["subject", subject],
          ["audiences", [audience]],
        ],
      ),
    ),
  ];
}

function cli(input: SetupInput, credentials: readonly Credential[]): string[] {
  const tenant = credentials[0]?.tenant ?? "";
  const check = guard(
    fixed("az account show --query tenantId --output tsv"),
    tenant,
    `Sign in to Entra tenant ${tenant} first.`,
  );
  const federated = (verb: string, client: string, ...more: readonly string[]): string =>
    command(...fixed("az ad app federated-credential"), verb, "--id", client, ...more);
  if (input.remove)
    return [
      check,
      ...credentials.map(({ client, name }) => federated("delete", client, "--federated-credential-id", name)),
    ];
  return [
    check,
    [notYet, bound].map(comment).join("\n"),
    ...distinct(credentials.map(({ client }) => client)).map((client) => {
      const principal = (verb: string): string => command("az", "ad", "sp", verb, "--id", client);
      return `${principal("show")} > /dev/null 2>&1 || ${principal("create")}`;
    }),
    ...credentials.map(({ client, name, subject, audience }) =>
      [
        federated(
          "create",
          client,
          "--parameters",
          JSON.stringify({ name, issuer: input.issuerUrl, subject, audiences: [audience] }, null, 2),
        ),
        comment("A user-assigned managed identity instead:"),
        commentedOut(
          command(
            ...fixed("az identity federated-credential create --identity-name NAME --resource-group GROUP --name"),
            name,
            "--issuer",
            input.issuerUrl,
            "--subject",
            subject,
            "--audiences",
            audience,
          ),
        ),
      ].join("\n"),
    ),
  ];
}

function warnings(input: SetupInput, asked: readonly Credential[], all: readonly Trusted<"azure">[]): string[] {
  const counted = distinct(asked.map(({ client }) => client)).flatMap((client) => {
    const count = all.filter(({ role }) => role.client_id.toLowerCase() === client).length;
    if (input.remove || count < warnAt) return [];
    const said = `Application ${client} has ${count} roles in this access repo, and Entra takes ${mostCredentials} federated credentials for each`;
    return [
      count > mostCredentials
        ? `${said}: ${count - mostCredentials} of them cannot work. Use another application for some.`
        : `${said}: use another application for what comes next.`,
    ];
  });
  return [
    ...counted,
    ...(input.issuerUrl.startsWith("http://")
      ? ["Entra takes no issuer with http: this is for the sandbox only."]
      : []),
    ...(input.remove
      ? ["Tokens that were issued live on for up to 90 minutes: to end them, disable the service principal."]
      : []),
  ];
}
