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
  actionsOfTarget,
  type Change,
  checkActions,
  classifyChanges,
  codeownersPlaces,
  isPolicyTestPath,
  loadPolicy,
  parsePolicyTests,
  parseTarget,
  policyDigest,
  servicesOf,
} from "../src/access-repo/index.ts";
import type { CloudKind, Diagnostic, PolicyFiles, TreeFile } from "../src/access-repo/types.ts";
import { openCatalogue } from "../src/action-catalogue/index.ts";
import { commitSha, objectId } from "../src/base/ids.ts";
import { sha256 } from "../src/base/canonical-json.ts";
import { catalogueFile } from "../src/commands/beside-policy.ts";
import { staleCatalogue } from "../src/commands/catalogue.ts";
import { judgeRequest } from "../src/commands/judge-request.ts";
import type { Basis } from "../src/commands/plan-request.ts";
import { runPolicyTests } from "../src/commands/policy-tests.ts";
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
  const requests = all.filter((file) => file.path.startsWith("requests/"));
  const tests = all.filter((file) => isPolicyTestPath(file.path));
  const catalogue = all.find((file) => file.path === catalogueFile);
  if (!loaded.ok || (requests.length + tests.length === 0 && catalogue === undefined)) {
    return [...loaded.diagnostics, ...(await unknownActions(all))];
  }
  const server = {
    github: exampleGitHub({ given, files: all }),
    clock: { now: () => exampleNow },
    kinds: new Set(given?.kind === "issues_for" ? given.kinds : allKinds),
    actions: await catalogues,
  };
  const snapshot = exampleSnapshot(tree, given);
  const evaluation = await evaluateRequests(
    server,
    snapshot,
    loaded.policy,
    requests.map((file) => file.path),
    false,
  );
  const basis = { policy: loaded.policy, files: tree, actions: await catalogues };
  const stale =
    catalogue?.text === undefined ? undefined : staleCatalogue(catalogue.text, loaded.policy, null, exampleNow);
  return [
    ...(evaluation.ok ? evaluation.warnings : evaluation.diagnostics),
    ...usedNames(requests, given),
    ...(await Promise.all(tests.map((file) => ofTests(basis, file)))).flat(),
    ...(stale === undefined ? [] : [stale]),
  ];
}

async function ofTests(basis: Basis, { path, text }: TreeFile): Promise<readonly Diagnostic[]> {
  const parsed = parsePolicyTests(text, path);
  return parsed.ok ? runPolicyTests(basis, { path, ...parsed }, exampleNow) : parsed.diagnostics;
}

/** CS2026: by the history of the base, which the example gives. */
function usedNames(requests: readonly TreeFile[], given: FilesExample["given"]): readonly Diagnostic[] {
  if (given?.kind !== "history") return [];
  const used = new Set(
    allLines(given.changes)
      .split("\n")
      .map((line) => line.split("\t")[1] ?? ""),
  );
  const history = { base: "main", merged: new Map(), used };
  return requests.flatMap(
    (file) => judgeRequest({ ...file, oids: [file.oid] }, history, undefined, exampleNow).diagnostics,
  );
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

/** CS2028 of targets: by AWS's list of actions, which is not asked where a policy is loaded. */
async function unknownActions(files: readonly TreeFile[]): Promise<readonly Diagnostic[]> {
  const found: Diagnostic[] = [];
  for (const { path, text } of files.filter((file) => file.path.startsWith("targets/"))) {
    const parsed = parseTarget(text, path);
    if (!parsed.ok) continue;
    const named = actionsOfTarget(parsed.value);
    const catalogue = await (await catalogues).load(servicesOf([{ actions: named.map((use) => use.action) }]));
    found.push(...checkActions({ named, file: path, ...(parsed.at && { at: parsed.at }), catalogue }));
  }
  return found;
}

const words = { A: "added", M: "modified", D: "removed", R: "renamed", C: "copied", T: "changed", X: "unknown" };

function ofChanges({ changes }: ChangesExample): readonly Diagnostic[] {
  const list = allLines(changes)
    .split("\n")
    .filter((line) => line !== "")
    .map((line): Change => {
      const [letter = "", first = "", second] = line.split("\t");
      const status = Object.entries(words).find(([start]) => letter.startsWith(start))?.[1] ?? letter;
      return second === undefined ? { path: first, status } : { path: second, status, previousPath: first };
    });
  const kind = classifyChanges(list);
  return kind.kind === "refused" ? kind.diagnostics : [];
}

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
