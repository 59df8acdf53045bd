import {
  type ChangesExample,
  type CodeExample,
  type ExampleFile,
  type FilesExample,
  type PolicyCommits,
} from "../src/access-repo/code-example.ts";
import { exampleBase, exampleNow, paths } from "../src/access-repo/code-example-texts.ts";
import { allLines, unmarked } from "../src/access-repo/example-text.ts";
import {
  type Change,
  classifyChanges,
  codeownersPlaces,
  isPolicyTestPath,
  loadPolicy,
  parsePolicyTests,
  policyDigest,
} from "../src/access-repo/index.ts";
import type { CloudKind, Diagnostic, Policy, PolicyFiles, TreeFile } from "../src/access-repo/types.ts";
import { openCatalogue } from "../src/action-catalogue/index.ts";
import { idleTests } from "../src/commands/beside-policy.ts";
import { checkCatalogue } from "../src/commands/checks.ts";
import { judgeRequest } from "../src/commands/judge-request.ts";
import { runPolicyTests } from "../src/commands/policy-tests.ts";
import { commitSha, objectId } from "../src/base/ids.ts";
import { sha256 } from "../src/base/canonical-json.ts";
import { evaluatePolicy } from "../src/pull-request/evaluate-policy.ts";
import { evaluateRequests } from "../src/pull-request/index.ts";
import { commits, exampleGitHub, exampleSnapshot, treeFile } from "./example-github.ts";

const allKinds: readonly CloudKind[] = ["aws", "gcp", "azure", "github", "oidc"];
const catalogues = openCatalogue();

/** What the code that earns it for real finds in an example: of its requests where it has some, else of its policy. */
export function findingsOf(example: CodeExample): Promise<readonly Diagnostic[]> {
  switch (example.kind) {
    case "files":
      return ofFiles(example);
    case "changes":
      return Promise.resolve(ofChanges(example));
    case "commits":
      return ofCommits(example.commits);
  }
}

/** The example with what mends it; undefined where no text does. */
export function mendedExample(example: CodeExample): CodeExample | undefined {
  switch (example.kind) {
    case "files":
      return example.mended && mendedFiles(example, example.mended);
    case "changes":
      return example.mended === undefined ? undefined : { kind: "changes", changes: example.mended };
    case "commits":
      return example.mended && { kind: "commits", commits: { ...example.commits, ...example.mended } };
  }
}

function mendedFiles(example: FilesExample, mended: NonNullable<FilesExample["mended"]>): FilesExample {
  const given = mended.given ?? example.given;
  const without =
    mended.without ??
    (mended.files ? example.without?.filter((path) => !mended.files?.some((f) => f.path === path)) : example.without);
  return {
    kind: "files",
    files: over(example.files, mended.files ?? []).filter((file) => !without?.includes(file.path)),
    ...(without === undefined ? {} : { without }),
    ...(given === undefined ? {} : { given }),
  };
}

const over = (below: readonly ExampleFile[], above: readonly ExampleFile[]): readonly ExampleFile[] => [
  ...below.filter((file) => !above.some(({ path }) => path === file.path)),
  ...above,
];

/** The file as git has it, whole and without its mark. */
function exampleFile({ path, text, saved }: ExampleFile): TreeFile {
  const whole = allLines(unmarked(text).text);
  if (saved === "in Latin-1") return treeFile(path, decoded(Buffer.from(whole, "latin1")));
  return treeFile(path, whole, saved === "as an executable" ? 0o100755 : 0o100644);
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** What a file of an example says, for the line of a finding. */
export function textIn(example: CodeExample, path: string): string {
  if (example.kind !== "files") return "";
  const file = over(exampleBase, example.files).find((one) => one.path === path);
  return file === undefined ? "" : allLines(unmarked(file.text).text);
}

async function ofFiles(example: FilesExample): Promise<readonly Diagnostic[]> {
  const { files, without = [], given } = example;
  const all = over(exampleBase, files)
    .filter((file) => !without.includes(file.path))
    .map(exampleFile);
  const tree = policyOf(all);
  const loaded = loadPolicy(tree);
  if (!loaded.ok) return loaded.diagnostics;
  const requests = all.filter((file) => file.path.startsWith("requests/")).map((file) => file.path);
  const beside = await byCommands(example, all, loaded.policy, tree);
  if (requests.length === 0) return [...loaded.diagnostics, ...beside];
  const server = {
    actions: await catalogues,
    github: exampleGitHub({ given, files: all }),
    clock: { now: () => exampleNow },
    kinds: new Set(given?.kind === "issues_for" ? given.kinds : allKinds),
  };
  const evaluation = await evaluateRequests(server, exampleSnapshot(tree, given), loaded.policy, requests, false);
  return [...(evaluation.ok ? evaluation.warnings : evaluation.diagnostics), ...beside];
}

function policyOf(files: readonly TreeFile[]): PolicyFiles {
  const at = (path: string) => files.find((file) => file.path === path);
  const targets = files.filter((file) => file.path.startsWith("targets/"));
  const [first, second, third] = codeownersPlaces;
  return {
    settings: at(paths.settings),
    targetsTree: objectId(sha256(targets.map((file) => file.oid).join()).slice(7, 47)),
    targets,
    codeowners: [at(first), at(second), at(third)],
  };
}

/** By the commands that have more at hand than one file and its policy: history, policy tests, the catalogue. */
async function byCommands(
  { given }: FilesExample,
  files: readonly TreeFile[],
  policy: Policy,
  tree: PolicyFiles,
): Promise<readonly Diagnostic[]> {
  const found: Diagnostic[] = [];
  for (const file of files) {
    if (given?.kind === "history" && file.path.startsWith("requests/")) {
      const used = new Set(changesOf(given.changes).map(({ path }) => path));
      found.push(
        ...judgeRequest({ ...file, oids: [file.oid] }, { base: "main", used }, policy, exampleNow).diagnostics,
      );
    }
    if (file.path === "CATALOG.md") found.push(...checkCatalogue(file.text ?? "", policy, null, exampleNow));
    if (file.path.startsWith("tests/"))
      found.push(...idleTests([{ path: file.path, name: file.path.split("/").at(-1) ?? "", kind: "leaf" }]));
    if (!isPolicyTestPath(file.path)) continue;
    const parsed = parsePolicyTests(file.text, file.path);
    found.push(...parsed.diagnostics);
    const basis = { policy, files: tree, actions: await catalogues };
    if (parsed.ok) found.push(...(await runPolicyTests(basis, { path: file.path, ...parsed }, exampleNow)));
  }
  return found;
}

const words = { A: "added", M: "modified", D: "removed", R: "renamed", C: "copied", T: "changed", X: "unknown" };

function ofChanges({ changes }: ChangesExample): readonly Diagnostic[] {
  const kind = classifyChanges(changesOf(changes));
  return kind.kind === "refused" ? kind.diagnostics : [];
}

const changesOf = (changes: string): readonly Change[] =>
  allLines(changes)
    .split("\n")
    .filter((line) => line !== "")
    .map((line): Change => {
      const [letter = "", first = "", second] = line.split("\t");
      const status = Object.entries(words).find(([start]) => letter.startsWith(start))?.[1] ?? letter;
      return second === undefined ? { path: first, status } : { path: second, status, previousPath: first };
    });

async function ofCommits(settings: PolicyCommits): Promise<readonly Diagnostic[]> {
  const at = (text: string): PolicyFiles =>
    policyOf(over(exampleBase, [{ path: paths.settings, text }]).map(exampleFile));
  const tip = at(settings.tip);
  const accepted = at(settings.accepted);
  const older = "d".repeat(40);
  const policies = new Map([
    [commits.base, at(settings.base)],
    [commits.tip, tip],
    [commits.head, at(settings.head)],
    [older, accepted],
  ]);
  const evaluation = await evaluatePolicy(
    { github: exampleGitHub({ given: undefined, policies }), actions: await catalogues },
    exampleSnapshot(tip, undefined),
    { commit: commitSha(older), digest: policyDigest(accepted) },
  );
  return evaluation.ok ? evaluation.warnings : evaluation.diagnostics;
}
