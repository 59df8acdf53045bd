import { type LoadedPolicy, loadPolicy } from "../access-repo/index.ts";
import type { Policy, PolicyFiles } from "../access-repo/types.ts";
import { readAccessRepo } from "./access-repo-files.ts";
import { policyInForce } from "./checks.ts";
import type { Io } from "./io.ts";
import { render } from "./render-diagnostics.ts";
import { plainReport } from "./report.ts";

/** The policy of a working folder, with the files that it was loaded from. */
export interface ReadPolicy {
  readonly policy: Policy;
  readonly files: PolicyFiles;
}

/** Reads and loads the policy of a folder; where it has errors, they are printed to standard error and there is none. */
export async function readPolicy(root: string, io: Io): Promise<ReadPolicy | undefined> {
  const files = await readAccessRepo(root, { wanted: () => false });
  const loaded: LoadedPolicy = loadPolicy(files.policy);
  const policy = policyInForce(loaded, files);
  if (policy !== undefined) return { policy, files: files.policy };
  const texts = new Map(
    [files.policy.settings, ...files.policy.targets, ...files.policy.codeowners].map((file) => [
      file?.path,
      file?.text,
    ]),
  );
  const errors = [...files.findings, ...loaded.diagnostics].filter((d) => d.severity === "error");
  const report = { ...plainReport(errors, (file) => texts.get(file)), policyChecked: false };
  io.err(render(report, { format: "text", all: true, colour: false }));
  return undefined;
}
