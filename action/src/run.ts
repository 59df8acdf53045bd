import { forMarkdownCode } from "../../src/base/text.ts";
import type { AwsCredentials } from "./aws-credentials.ts";
import { exchange } from "./exchange.ts";
import { explain, Failure } from "./failure.ts";
import { readInputs, type Inputs } from "./inputs.ts";
import { idToken } from "./oidc.ts";
import { withRetries } from "./retry.ts";
import { Runner, type Machine } from "./runner.ts";
import { untilApproved } from "./wait.ts";

/**
 * Left by an earlier step, these would spoil ours: botocore takes AWS_SECURITY_TOKEN before AWS_SESSION_TOKEN and believes
 * AWS_CREDENTIAL_EXPIRATION. Empty counts as absent there (botocore credentials.py, EnvProvider).
 */
const stale = ["AWS_SECURITY_TOKEN", "AWS_CREDENTIAL_EXPIRATION"];
/** The SDK for JavaScript prefers it to ours, but the AWS CLI takes the empty string for a profile's name: it can only be told. */
const profiles = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"];

/** The main step: exit code 0, or 1 after one `::error::` that says what to do. */
export async function run(machine: Machine): Promise<0 | 1> {
  const runner = new Runner(machine);
  try {
    const inputs = readInputs(machine.env);
    const attempt = async (limitMs: number): Promise<AwsCredentials> => {
      const start = machine.elapsed();
      const token = await idToken(machine, runner, inputs.audience, limitMs);
      return exchange(machine, runner, inputs, token, Math.max(1, limitMs - (machine.elapsed() - start)));
    };
    const credentials = await untilApproved(machine, runner, inputs.waitMs, () =>
      withRetries(machine, runner, attempt),
    );
    publish(machine, runner, inputs, credentials);
    return 0;
  } catch (error) {
    setFailed(machine, runner, error);
    return 1;
  }
}

/** The post step: empties what `run` exported, so that later post steps of other actions hold no credentials. */
export function cleanUp(machine: Machine): 0 | 1 {
  const runner = new Runner(machine);
  try {
    const names = (machine.env["STATE_exported"] ?? "").split(" ").filter((name) => /^AWS_[A-Z_]+$/.test(name));
    for (const name of names) runner.exportVariable(name, "");
    return 0;
  } catch (error) {
    setFailed(machine, runner, error);
    return 1;
  }
}

function publish(machine: Machine, runner: Runner, inputs: Inputs, credentials: AwsCredentials): void {
  const variables = new Map([
    ["AWS_ACCESS_KEY_ID", credentials.accessKeyId],
    ["AWS_SECRET_ACCESS_KEY", credentials.secretAccessKey],
    ["AWS_SESSION_TOKEN", credentials.sessionToken],
    ["AWS_REGION", credentials.region],
    ["AWS_DEFAULT_REGION", credentials.region],
  ]);
  const cleared = stale.filter((name) => machine.env[name]);
  for (const name of cleared) variables.set(name, "");
  runner.saveState("exported", [...variables.keys()].join(" ")); // first, so that post knows even if the next line fails
  for (const [name, value] of variables) runner.exportVariable(name, value);

  runner.setOutput("aws-access-key-id", credentials.accessKeyId);
  runner.setOutput("aws-secret-access-key", credentials.secretAccessKey);
  runner.setOutput("aws-session-token", credentials.sessionToken);
  runner.setOutput("aws-expiration", credentials.expiration);
  runner.setOutput("aws-region", credentials.region);
  runner.setOutput("aws-account-id", credentials.accountId ?? "");
  runner.setOutput("grant", credentials.grant ?? "");
  runner.setOutput("request", credentials.request ?? "");
  runner.setOutput("correlation-id", credentials.correlationId ?? "");

  if (cleared.length > 0) runner.info(`Cleared ${cleared.join(", ")}: of an earlier step, not of these credentials.`);
  for (const name of profiles.filter((name) => machine.env[name])) {
    runner.warning(`${name} is set; some tools will use that profile and not these credentials. Unset it in this job.`);
  }
  runner.info(`Credentials for ${inputs.target} are in the environment until ${credentials.expiration}.`);
  if (credentials.grant !== undefined) runner.info(`Grant: ${credentials.grant}`);
  runner.summary(summary(inputs, credentials));
}

function summary(inputs: Inputs, credentials: AwsCredentials): string {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ["Target", inputs.target],
    ["Role", inputs.role],
    ["Account", credentials.accountId],
    ["Region", credentials.region],
    ["Session ends", credentials.expiration],
    ["Grant", credentials.grant],
    ["Request", credentials.request ?? inputs.request],
    ["Correlation id", credentials.correlationId],
  ];
  // A pipe would end the table's cell even inside a code span.
  const cell = (text: string) => forMarkdownCode(text, 200).replaceAll("|", "\\|");
  const lines = rows.flatMap(([name, value]) => (value === undefined ? [] : [`| ${name} | ${cell(value)} |`]));
  return ["### Countersign", "", "| | |", "| --- | --- |", ...lines, "", ""].join("\n");
}

function setFailed(machine: Machine, runner: Runner, error: unknown): void {
  if (!(error instanceof Failure)) {
    runner.error([error instanceof Error ? error.message : "Unknown failure"]);
    return;
  }
  runner.error(explain(error));
  if (!machine.env["GITHUB_OUTPUT"]) return; // what is missing then has just been said
  const { correlationId, pullRequest } = error.details;
  runner.setOutput("error", error.code);
  if (correlationId !== undefined) runner.setOutput("correlation-id", correlationId);
  if (pullRequest !== undefined) runner.setOutput("pull-request", pullRequest);
}
