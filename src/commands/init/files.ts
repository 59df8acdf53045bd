import { jsonSchemas, loadPolicy, type RepositoryPlace } from "../../access-repo/index.ts";
import type { TreeFile } from "../../access-repo/types.ts";
import { objectId } from "../../base/ids.ts";
import { catalogueText } from "../catalogue.ts";
import {
  awsExample,
  azureExample,
  codeowners,
  gcpExample,
  hello,
  type NewAccessRepo,
  oidcExample,
  policyTests,
  settings,
} from "./policy.ts";
import { agents, editorExtensions, editorSettings, readme, workflow } from "./texts.ts";

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
  const schemas =
    repo.url === null
      ? Object.entries(jsonSchemas()).map(
          ([name, schema]) => [`.vscode/schemas/${name}.json`, `${JSON.stringify(schema, null, 2)}\n`] as const,
        )
      : [];
  return new Map([
    ...policy,
    ["tests/policy.yml", policyTests(repo)],
    [".github/workflows/validate.yml", workflow()],
    ["README.md", readme(repo)],
    ["AGENTS.md", agents(repo)],
    ["CATALOG.md", catalogue(policy, repo, now)],
    [".gitattributes", "CATALOG.md linguist-generated\n.vscode/schemas/*.json linguist-generated\n"],
    [".vscode/settings.json", editorSettings(repo)],
    [".vscode/extensions.json", editorExtensions()],
    ...schemas,
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
  const place: RepositoryPlace = { host: repo.host, fullName: repo.repository, defaultBranch: "main" };
  return catalogueText(loaded.policy, place, now);
}
