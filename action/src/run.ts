import { forMarkdownCode } from "../../src/base/text.ts";
import { type Exchanged, exchange } from "./exchange.ts";
import { explain, Failure } from "./failure.ts";
import { endToken } from "./github-token.ts";
import { isTemporaryFile } from "./handover.ts";
import { readInputs, type Inputs } from "./inputs.ts";
import { kinds } from "./kinds.ts";
import { idToken } from "./oidc.ts";
import { withRetries } from "./retry.ts";
import { Runner, type Machine } from "./runner.ts";
import { untilApproved } from "./wait.ts";

/** The main step: exit code 0, or 1 after one `::error::` that says what to do. */
export async function run(machine: Machine): Promise<0 | 1> {
  const runner = new Runner(machine);
  try {
    const inputs = readInputs(machine.env);
    const attempt = async (limitMs: number): Promise<Exchanged> => {
      const start = machine.elapsed();
      const token = await idToken(machine, runner, inputs.audience, limitMs);
      return exchange(machine, runner, inputs, token, Math.max(1, limitMs - (machine.elapsed() - start)));
    };
    const exchanged = await untilApproved(machine, runner, inputs.waitMs, () => withRetries(machine, runner, attempt));
    publish(machine, runner, inputs, exchanged);
    return 0;
  } catch (error) {
    setFailed(machine, runner, error);
    return 1;
  }
}

/**
 * The post step: deletes files, empties what `run` exported, so that later post steps of other actions hold no credentials, and ends
 * a token that can be ended.
 */
export async function cleanUp(machine: Machine): Promise<0 | 1> {
  const runner = new Runner(machine);
  try {
    const token = machine.env["STATE_revoke"];
    if (token !== undefined && token !== "") await endToken(machine, runner, token);
    for (const path of listed(machine.env["STATE_files"])) if (isTemporaryFile(machine, path)) machine.removeFile(path);
    const owned = new Set([...kinds.values()].flatMap((kind) => kind.owned));
    const names = (machine.env["STATE_exported"] ?? "").split(" ").filter((name) => owned.has(name));
    for (const name of names) runner.exportVariable(name, "");
    return 0;
  } catch (error) {
    setFailed(machine, runner, error);
    return 1;
  }
}

function publish(machine: Machine, runner: Runner, inputs: Inputs, exchanged: Exchanged): void {
  const { variables, files, outputs, grant, request, correlationId } = exchanged;
  // First, so that post knows even if the next line fails.
  runner.saveState("exported", [...variables.keys()].join(" "));
  if (exchanged.revoke !== undefined) runner.saveState("revoke", exchanged.revoke);
  if (files.length > 0) runner.saveState("files", JSON.stringify(files.map(({ path }) => path)));
  for (const { path, text } of files) machine.writePrivateFile(path, text);
  for (const [name, value] of variables) runner.exportVariable(name, value);

  for (const [name, value] of outputs) runner.setOutput(name, value);
  runner.setOutput("grant", grant ?? "");
  runner.setOutput("request", request ?? "");
  runner.setOutput("correlation-id", correlationId ?? "");

  for (const text of exchanged.warnings) runner.warning(text);
  for (const text of exchanged.said) runner.info(text);
  if (grant !== undefined) runner.info(`Grant: ${grant}`);
  runner.summary(summary(inputs, exchanged));
}

function summary(inputs: Inputs, exchanged: Exchanged): string {
  const rows: Exchanged["rows"] = [
    ["Target", inputs.target],
    ["Role", inputs.role],
    ...exchanged.rows,
    ["Grant", exchanged.grant],
    ["Request", exchanged.request ?? inputs.request],
    ["Correlation id", exchanged.correlationId],
  ];
  // A pipe would end the table's cell even inside a code span.
  const cell = (text: string) => forMarkdownCode(text, 200).replaceAll("|", "\\|");
  const lines = rows.flatMap(([name, value]) => (value === undefined ? [] : [`| ${name} | ${cell(value)} |`]));
  return ["### Countersign", "", "| | |", "| --- | --- |", ...lines, "", ""].join("\n");
}

/** A list of texts, as `publish` wrote it; anything else is none. */
function listed(json: string | undefined): readonly string[] {
  try {
    const value: unknown = JSON.parse(json ?? "[]");
    return Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
  } catch {
    return [];
  }
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
