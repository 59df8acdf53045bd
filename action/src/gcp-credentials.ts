import { alsoSet, type Kind, optionalWord, strange, temporaryFile, word } from "./handover.ts";
import type { Inputs } from "./inputs.ts";
import type { Machine, Runner } from "./runner.ts";

const accessTokenType = "urn:ietf:params:oauth:token-type:access_token";

/** gcloud takes it before anything else (store.py, _Load); client libraries do not know it. */
const forGcloud = "CLOUDSDK_AUTH_ACCESS_TOKEN";
/** Terraform's providers take it before any file. */
const forTerraform = "GOOGLE_OAUTH_ACCESS_TOKEN";
/** Client libraries take it, and through them Terraform. */
const forLibraries = "GOOGLE_APPLICATION_CREDENTIALS";
/** Those that google-github-actions/auth sets: libraries and tools disagree about the name. */
const projectVariables = [
  "CLOUDSDK_CORE_PROJECT",
  "CLOUDSDK_PROJECT",
  "GCLOUD_PROJECT",
  "GCP_PROJECT",
  "GOOGLE_CLOUD_PROJECT",
];
/** Keys that Terraform's providers take before the default credentials. */
const keys = ["GOOGLE_CREDENTIALS", "GOOGLE_CLOUD_KEYFILE_JSON", "GCLOUD_KEYFILE_JSON"];

/** `access_token` is an access token of Google, as it is. */
export const gcp: Kind = {
  owned: [forGcloud, forTerraform, forLibraries, ...projectVariables],
  read({ body }, { machine, runner, inputs }) {
    if (body?.["issued_token_type"] !== accessTokenType) throw strange("it holds no access token of Google");
    const token = word(body, "access_token");
    const ends = word(body, "gcp_expiration");
    const account = optionalWord(body, "gcp_service_account");
    const project = optionalWord(body, "gcp_project");
    const file = inputs.credentialsFile ? credentialsFile(runner, inputs, machine) : undefined;
    const cleared = file ? alsoSet(machine, [forTerraform]) : [];
    return {
      variables: new Map([
        // gcloud asks Google about the token of such a file and refuses what its STS did not issue (introspect.py): it gets the token.
        [forGcloud, token],
        file ? ([forLibraries, file.path] as const) : ([forTerraform, token] as const),
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
          ? `Client libraries exchange with ${file.path} whenever they need a new token of ${inputs.target}, while the grant lasts; gcloud has one in ${forGcloud} until ${ends}.`
          : `A token of ${inputs.target} is in ${forGcloud} and ${forTerraform} until ${ends}.`,
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
    : alsoSet(machine, [forLibraries]).map(
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
