import { hasErrors, type LoadedPolicy, loadPolicy } from "../access-repo/index.ts";
import type { Diagnostic, Policy, PolicyFiles } from "../access-repo/types.ts";
import { readAccessRepo } from "./access-repo-files.ts";
import { policyInForce } from "./checks.ts";
import { render } from "./render-diagnostics.ts";
import { plainReport } from "./report.ts";

/** The policy of a working folder with the files that it was loaded from, or what is wrong with it. */
export type ReadPolicy =
  | { readonly ok: true; readonly policy: Policy; readonly files: PolicyFiles }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[]; readonly source: Source };

/** Text of a file, for the lines that findings are about. */
export type Source = (file: string) => string | undefined;

/** Reads and loads the policy of a folder. Never throws. */
export async function readPolicy(root: string): Promise<ReadPolicy> {
  const files = await readAccessRepo(root, { wanted: () => false });
  const loaded: LoadedPolicy = loadPolicy(files.policy);
  const policy = policyInForce(loaded, files);
  if (policy !== undefined) return { ok: true, policy, files: files.policy };
  const errors = [...files.findings, ...loaded.diagnostics].filter((d) => hasErrors([d]));
  return { ok: false, diagnostics: errors, source: sourceOf(files.policy) };
}

/** The texts of policy files by path. */
export function sourceOf({ settings, targets, codeowners }: PolicyFiles): Source {
  const texts = new Map([settings, ...targets, ...codeowners].map((file) => [file?.path, file?.text]));
  return (file) => texts.get(file);
}

/** Findings as `validate` shows them to people. */
export const findingsText = (diagnostics: readonly Diagnostic[], source: Source, colour: boolean): string =>
  render(plainReport(diagnostics, source), { format: "text", all: true, colour });
