import { loadPolicy } from "../../access-repo/index.ts";
import type { TreeFile } from "../../access-repo/types.ts";
import { objectId } from "../../base/ids.ts";
import { catalogueFile, catalogueText, monthOf } from "../catalogue.ts";
import { agents } from "./agents.ts";
import { editorFiles } from "./editor.ts";
import { codeowners, settings } from "./policy.ts";
import { policyTests } from "./policy-tests.ts";
import { readme } from "./readme.ts";
import type { NewAccessRepo } from "./repo.ts";
import { awsExample, azureExample, gcpExample, hello, oidcExample } from "./targets.ts";
import { workflow } from "./workflow.ts";

/** Every file of a complete access repo: path to text. */
export function accessRepoFiles(repo: NewAccessRepo, now: Date): ReadonlyMap<string, string> {
  const policy = new Map([
    [".github/countersign.yml", settings()],
    [".github/CODEOWNERS", codeowners(repo)],
    ["targets/hello.yml", hello(repo)],
    ["targets/aws-example.yml", awsExample(repo)],
    ["targets/gcp-example.yml", gcpExample(repo)],
    ["targets/azure-example.yml", azureExample(repo)],
    ["targets/oidc-example.yml", oidcExample(repo)],
  ]);
  return new Map([
    ...policy,
    ["tests/policy.yml", policyTests(repo)],
    [".github/workflows/validate.yml", workflow(repo)],
    ["README.md", readme(repo, monthOf(now))],
    ["AGENTS.md", agents(repo, monthOf(now))],
    [catalogueFile, catalogue(policy, repo, now)],
    // Not the catalogue, though it is generated: GitHub would fold its diff away, and people press its links.
    [".gitattributes", ".vscode/schemas/*.json linguist-generated\n"],
    ...editorFiles(repo),
  ]);
}

function catalogue(files: ReadonlyMap<string, string>, repo: NewAccessRepo, now: Date): string {
  // The policy is only read for its words here; ids of blobs play no part in them.
  const file = (path: string): TreeFile => ({
    path,
    text: files.get(path),
    mode: 0o100644,
    oid: objectId("0".repeat(40)),
  });
  const loaded = loadPolicy({
    settings: file(".github/countersign.yml"),
    targetsTree: undefined,
    targets: [...files.keys()].filter((path) => path.startsWith("targets/")).map(file),
    codeowners: [file(".github/CODEOWNERS"), undefined, undefined],
  });
  if (!loaded.ok) throw new RangeError(loaded.diagnostics.map((d) => `${d.file}:${d.line} ${d.message}`).join("; "));
  return catalogueText(loaded.policy, repo.place, now);
}
