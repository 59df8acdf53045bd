import { awsConfig } from "./aws-config.ts";
import { alsoSet, type Kind, optionalWord, strange, word } from "./handover.ts";

const tokenType = "urn:countersign:params:oauth:token-type:aws-credentials";

/**
 * Left by an earlier step, these would spoil ours: botocore takes AWS_SECURITY_TOKEN before AWS_SESSION_TOKEN and believes
 * AWS_CREDENTIAL_EXPIRATION. Empty counts as absent there (botocore credentials.py, EnvProvider).
 */
const stale = ["AWS_SECURITY_TOKEN", "AWS_CREDENTIAL_EXPIRATION"];
/** The SDK for JavaScript prefers it to ours, but the AWS CLI takes the empty string for a profile's name: it can only be told. */
const profiles = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"];

const keys = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] as const;
const regions = ["AWS_REGION", "AWS_DEFAULT_REGION"] as const;
/** AWS_SDK_LOAD_CONFIG: the older SDKs for Go and JavaScript read no configuration file without it. */
const configured = ["AWS_CONFIG_FILE", "AWS_SDK_LOAD_CONFIG"] as const;

/** `access_token` is what `credential_process` prints. Masks whatever may be secret first, then looks at it. */
export const aws: Kind = {
  owned: [...keys, ...regions, ...configured, ...stale],
  read({ body }, { machine, runner, inputs }) {
    const process = parse(body?.["access_token"]);
    for (const name of ["SecretAccessKey", "SessionToken", "AccessKeyId"]) {
      const value = process[name];
      if (typeof value === "string") runner.mask(value);
    }
    if (body?.["issued_token_type"] !== tokenType) throw strange("it holds no AWS credentials");
    const id = word(process, "AccessKeyId");
    const secret = word(process, "SecretAccessKey");
    const session = word(process, "SessionToken");
    const ends = word(process, "Expiration");
    const region = word(body, "aws_region");
    const account = optionalWord(body, "aws_account_id");
    const files = inputs.credentialsFile ? awsConfig(machine, inputs, region) : [];
    const config = files[1]?.path;
    // Keys in the environment come before any file.
    const cleared = alsoSet(machine, config === undefined ? stale : [...keys, ...stale]);
    const values: readonly (readonly [string, string])[] = [
      ...(config === undefined ? keys.map((name, i) => [name, [id, secret, session][i] ?? ""] as const) : []),
      ...regions.map((name) => [name, region] as const),
      ...(config === undefined
        ? []
        : ([
            ["AWS_CONFIG_FILE", config],
            ["AWS_SDK_LOAD_CONFIG", "1"],
          ] as const)),
    ];
    return {
      variables: new Map([...values, ...cleared.map((name) => [name, ""] as const)]),
      files,
      outputs: new Map([
        ["aws-access-key-id", id],
        ["aws-secret-access-key", secret],
        ["aws-session-token", session],
        ["aws-expiration", ends],
        ["aws-region", region],
        ["aws-account-id", account ?? ""],
        ["aws-config-file", config ?? ""],
      ]),
      said: [
        ...(cleared.length > 0 ? [`Cleared ${cleared.join(", ")}: of an earlier step, not of these credentials.`] : []),
        config === undefined
          ? `Credentials for ${inputs.target} are in the environment until ${ends}.`
          : `Tools of AWS get credentials for ${inputs.target} by AWS_CONFIG_FILE, new ones whenever they need some, while the grant lasts.`,
      ],
      warnings: alsoSet(machine, profiles).map(
        (name) => `${name} is set; some tools will use that profile and not these credentials. Unset it in this job.`,
      ),
      rows: [
        ["Account", account],
        ["Region", region],
        ["Session ends", ends],
      ],
    };
  },
};

function parse(token: unknown): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(String(token));
    if (typeof value === "object" && value !== null) return { ...value };
  } catch {
    // falls through: the parser's message would quote the secret
  }
  throw strange("its access_token is no credential_process document");
}
