import {
  alsoSet,
  expiration,
  type Handover,
  type Kind,
  optionalWord,
  strange,
  temporaryFile,
  word,
} from "./handover.ts";
import type { Answer } from "./http.ts";
import type { Machine } from "./runner.ts";

/** Left by an earlier step, azurerm would find it before our file, or refuse the two as different. Empty is absent to Terraform. */
const stale = ["ARM_OIDC_TOKEN"];
/**
 * SDKs and azurerm take a secret or a certificate before an assertion. Azure's SDK for Python takes an empty one for a secret: it
 * can only be told.
 */
const before = [
  "AZURE_CLIENT_SECRET",
  "AZURE_CLIENT_CERTIFICATE_PATH",
  "ARM_CLIENT_SECRET",
  "ARM_CLIENT_CERTIFICATE",
  "ARM_CLIENT_CERTIFICATE_PATH",
];

export const azure: Kind = {
  owned: [
    "AZURE_ACCESS_TOKEN",
    "AZURE_CLIENT_ID",
    "AZURE_TENANT_ID",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_AUTHORITY_HOST",
    "ARM_USE_OIDC",
    "ARM_CLIENT_ID",
    "ARM_TENANT_ID",
    "ARM_SUBSCRIPTION_ID",
    "ARM_OIDC_TOKEN_FILE_PATH",
    "ARM_ENVIRONMENT",
    ...stale,
  ],
  read(answer, { machine, inputs }) {
    const { body } = answer;
    const kind = `${String(body?.["issued"])} ${String(body?.["issued_token_type"])}`;
    if (kind === "token urn:ietf:params:oauth:token-type:access_token") return token(answer, machine, inputs.target);
    if (kind === "assertion urn:ietf:params:oauth:token-type:jwt") return assertion(answer, machine, inputs.target);
    throw strange("it holds neither a token nor an assertion of Azure");
  },
};

const idsOf = (body: Answer["body"]) => ({
  tenant: word(body, "azure_tenant_id"),
  client: word(body, "azure_client_id"),
  subscription: optionalWord(body, "azure_subscription_id"),
});
const idOutputs = ({ tenant, client, subscription }: ReturnType<typeof idsOf>): [string, string][] => [
  ["azure-tenant-id", tenant],
  ["azure-client-id", client],
  ["azure-subscription-id", subscription ?? ""],
];

/**
 * One variable only. No tool of Microsoft's reads a bare token from the environment; `curl`, `az rest --skip-authorization-header`
 * and `Connect-AzAccount -AccessToken` are given it. Ids beside it would make every SDK look for the rest of a login.
 */
function token(answer: Answer, machine: Machine, target: string): Handover {
  const { body } = answer;
  const value = word(body, "access_token");
  const ends = expiration(answer, machine);
  const resource = word(body, "azure_resource");
  const ids = idsOf(body);
  return {
    variables: new Map([["AZURE_ACCESS_TOKEN", value]]),
    files: [],
    outputs: new Map([
      ["azure-access-token", value],
      ["azure-resource", resource],
      ["azure-expiration", ends],
      ...idOutputs(ids),
    ]),
    said: [`A token of ${target} for ${resource} is in AZURE_ACCESS_TOKEN until ${ends}.`],
    warnings: [],
    rows: [
      ["Application", ids.client],
      ["Resource", resource],
      ["Token ends", ends],
    ],
  };
}

/** What every SDK (workload identity) and Terraform's azurerm read: the assertion in a file, and whose it is. */
function assertion(answer: Answer, machine: Machine, target: string): Handover {
  const { body } = answer;
  const path = temporaryFile(machine);
  const text = word(body, "access_token");
  const ends = expiration(answer, machine);
  const ids = idsOf(body);
  const authority = word(body, "azure_authority_host");
  if (!/^https:\/\/[a-z0-9.-]+\/?$/.test(authority)) throw strange("its azure_authority_host is no host of Entra");
  const until = word(body, "tokens_until");
  const cleared = alsoSet(machine, stale);
  const { subscription } = ids;
  return {
    variables: new Map([
      ["AZURE_CLIENT_ID", ids.client],
      ["AZURE_TENANT_ID", ids.tenant],
      ["AZURE_FEDERATED_TOKEN_FILE", path],
      ["AZURE_AUTHORITY_HOST", authority],
      ["ARM_USE_OIDC", "true"],
      ["ARM_CLIENT_ID", ids.client],
      ["ARM_TENANT_ID", ids.tenant],
      ...(subscription === undefined ? [] : [["ARM_SUBSCRIPTION_ID", subscription] as const]),
      ["ARM_OIDC_TOKEN_FILE_PATH", path],
      ["ARM_ENVIRONMENT", word(body, "azure_environment")],
      ...cleared.map((name) => [name, ""] as const),
    ]),
    files: [{ path, text }],
    outputs: new Map([
      ["azure-federated-token-file", path],
      ["azure-expiration", ends],
      ["azure-tokens-until", until],
      ...idOutputs(ids),
    ]),
    said: [
      ...(cleared.length > 0 ? [`Cleared ${cleared.join(", ")}: of an earlier step, not of this assertion.`] : []),
      `An assertion for ${target} is in the file of AZURE_FEDERATED_TOKEN_FILE until ${ends}: log in before, or run this step again.`,
      `Tokens that it is traded for may live until ${until}.`,
    ],
    warnings: alsoSet(machine, before).map(
      (name) => `${name} is set; some tools will use it and not this assertion. Unset it in this job.`,
    ),
    rows: [
      ["Application", ids.client],
      ["Subscription", subscription],
      ["Assertion ends", ends],
      ["Its tokens end by", until],
    ],
  };
}
