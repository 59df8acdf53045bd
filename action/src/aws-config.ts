import { Failure } from "./failure.ts";
import { temporaryFile } from "./handover.ts";
import type { Inputs } from "./inputs.ts";
import type { Machine } from "./runner.ts";

interface PrivateFile {
  readonly path: string;
  readonly text: string;
}

/**
 * A configuration file for AWS's tools whose `credential_process` is Countersign: whenever they want new credentials, a new OIDC
 * token of this job is exchanged, with every check. Neither file holds a secret: the bearer for OIDC tokens is in each step's environment.
 */
export function awsConfig(machine: Machine, inputs: Inputs, region: string): readonly [PrivateFile, PrivateFile] {
  const { url, target, role, request, audience } = inputs;
  const settings = temporaryFile(machine, "json");
  const command = [machine.node, machine.script("credential-process.js"), settings];
  // Some tools hand the line to a shell, others split it themselves: within double quotes these would not be the same for all.
  if (command.some((part) => /["$`\p{Cc}]/u.test(part)))
    throw new Failure(
      "no_temporary_folder",
      "RUNNER_TEMP or the runner's folder has a name that no command line can hold.",
      {
        cure: "Leave `credentials-file` out, or move the runner to a folder without quotes and dollar signs.",
      },
    );
  return [
    { path: settings, text: `${JSON.stringify({ url, target, role, request, audience })}\n` },
    {
      path: temporaryFile(machine, "ini"),
      text: `[default]\nregion = ${region}\ncredential_process = ${command.map((part) => `"${part}"`).join(" ")}\n`,
    },
  ];
}
