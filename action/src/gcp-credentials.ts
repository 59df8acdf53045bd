import { alsoSet, type Kind, optionalWord, strange, temporaryFile, word } from "./handover.ts";
import type { Inputs } from "./inputs.ts";
import type { Machine, Runner } from "./runner.ts";

const accessTokenType = "urn:ietf:params:oauth:token-type:access_token";

/** gcloud takes the first, Terraform's providers the second; client libraries take neither. */
const tokenVariables = ["CLOUDSDK_AUTH_ACCESS_TOKEN", "GOOGLE_OAUTH_ACCESS_TOKEN"];
/** Client libraries (and through them Terraform) take the first, gcloud the second. */
const fileVariables = ["GOOGLE_APPLICATION_CREDENTIALS", "CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE"];
/** Those that google-github-actions/auth sets: libraries and tools disagree about the name. */
const projectVariables = [
  "CLOUDSDK_CORE_PROJECT",
  "CLOUDSDK_PROJECT",
  "GCLOUD_PROJECT",
  "GCP_PROJECT",
  "GOOGLE_CLOUD_PROJECT",
];
/** gcloud takes a token before any file (store.py, _Load), and Terraform too: a token of an earlier step would never be renewed. */
const staleForFile = ["CLOUDSDK_AUTH_ACCESS_TOKEN", "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE", "GOOGLE_OAUTH_ACCESS_TOKEN"];
/** Keys that Terraform's providers take before the default credentials. */
const keys = ["GOOGLE_CREDENTIALS", "GOOGLE_CLOUD_KEYFILE_JSON", "GCLOUD_KEYFILE_JSON"];

/** `access_token` is an access token of Google, as it is. */
export const gcp: Kind = {
  owned: [...tokenVariables, ...fileVariables, ...projectVariables, ...staleForFile],
  read({ body }, { machine, runner, inputs }) {
    if (body?.["issued_token_type"] !== accessTokenType) throw strange("it holds no access token of Google");
    const token = word(body, "access_token");
    const ends = word(body, "gcp_expiration");
    const account = optionalWord(body, "gcp_service_account");
    const project = optionalWord(body, "gcp_project");
    const file = inputs.credentialsFile ? credentialsFile(runner, inputs, machine) : undefined;
    const values: readonly (readonly [string, string])[] = file
      ? fileVariables.map((name) => [name, file.path] as const)
      : tokenVariables.map((name) => [name, token] as const);
    const cleared = file ? alsoSet(machine, staleForFile) : [];
    return {
      variables: new Map([
        ...values,
        ...(project === undefined ? [] : projectVariables.map((name) => [name, project] as const)),
        ...cleared.map((name) => [name, ""] as const),
      ]),
      files: file ? [file] : [],
      outputs: new Map([
        ["gcp-access-token", token],
        ["gcp-expiration", ends],
        ["gcp-service-account", account ?? ""],
        ["gcp-project", project ?? ""],
        ["gcp-credentials-file", file?.path ?? ""],
      ]),
      said: [
        ...(cleared.length > 0 ? [`Cleared ${cleared.join(", ")}: of an earlier step, not of these credentials.`] : []),
        file
          ? `Tools exchange with ${file.path} whenever they need a new token of ${inputs.target}, while the grant lasts.`
          : `A token of ${inputs.target} is in ${tokenVariables.join(" and ")} until ${ends}.`,
      ],
      warnings: [...rivals(machine, file !== undefined), ...unnamed(inputs, file !== undefined)],
      rows: [
        ["Service account", account],
        ["Project", project],
        ["Token ends", ends],
      ],
    };
  },
};

/** Variables that some tools take before ours. */
const rivals = (machine: Machine, file: boolean): readonly string[] =>
  file
    ? alsoSet(machine, keys).map(
        (name) => `${name} is set; Terraform will use that key and not these credentials. Unset it in this job.`,
      )
    : alsoSet(machine, ["GOOGLE_APPLICATION_CREDENTIALS"]).map(
        (name) =>
          `${name} is set; client libraries use that file and not this token. Unset it in this job, or ask for \`credentials-file: true\`.`,
      );

/** Client libraries say the target, and nothing else of ours. */
const unnamed = (inputs: Inputs, file: boolean): readonly string[] =>
  file && (inputs.role ?? inputs.request) !== undefined
    ? ["The credentials file cannot name `role` or `request`: it works while this job matches one grant of the target."]
    : [];

/**
 * A configuration of Google's client libraries (AIP-4117) whose token service is Countersign's: every refresh asks GitHub for a
 * new OIDC token of this job and exchanges it, with every check, and neither an assertion nor a key is in it. What it holds is
 * what the job's every step has: the address and bearer with which the job asks GitHub for OIDC tokens.
 */
function credentialsFile(runner: Runner, inputs: Inputs, machine: Machine): { path: string; text: string } {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url = "", ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer = "" } = machine.env;
  runner.mask(bearer);
  const configuration = {
    type: "external_account",
    audience: inputs.target,
    subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
    token_url: `${inputs.url}/token`,
    credential_source: {
      url: `${url}&audience=${encodeURIComponent(inputs.audience)}`,
      headers: { Authorization: `Bearer ${bearer}` },
      format: { type: "json", subject_token_field_name: "value" },
    },
  };
  // Not in the workspace, where a later step might commit or upload it.
  return { path: temporaryFile(machine, "json"), text: `${JSON.stringify(configuration, null, 2)}\n` };
}
