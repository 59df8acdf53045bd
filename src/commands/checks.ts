import { dispatchConflict, isPolicyPath, sameDispatch } from "../access-repo/index.ts";
import {
  actionsOfRequest,
  actionsOfTarget,
  checkActions,
  finding,
  type LoadedPolicy,
  type NamedAction,
  parseTarget,
  type RepositoryPlace,
  servicesOf,
} from "../access-repo/index.ts";
import type { CatalogueSource } from "../action-catalogue/index.ts";
import type { Diagnostic, Locate, Policy, ResolvedRequest } from "../access-repo/types.ts";
import type { AccessRepoFiles } from "./access-repo-files.ts";
import type { BesidePolicy } from "./beside-policy.ts";
import { catalogueFile, catalogueText, sameCatalogue } from "./catalogue.ts";
import type { History } from "./history.ts";
import type { JudgedRequest } from "./judge-request.ts";
import { runPolicyTests } from "./policy-tests.ts";

/** Everything that a check may look at: an access repo, read, parsed and judged file by file. */
export interface LoadedRepo {
  /** Absolute, without links. */
  readonly root: string;
  readonly files: AccessRepoFiles;
  readonly policy: LoadedPolicy;
  readonly history: History;
  /** Those that were asked for. */
  readonly requests: readonly JudgedRequest[];
  /** The catalogue, and the tests that were asked for. */
  readonly beside: BesidePolicy;
  readonly place: RepositoryPlace | null;
  /** AWS's list of actions. */
  readonly actions: CatalogueSource;
  /** False for a file that was not asked for; findings about it are not shown, unless they are errors of the policy. */
  readonly wanted: (path: string) => boolean;
  readonly now: Date;
  /** Texts by path, for the lines that findings are about. A check that reads another file puts its text here. */
  readonly texts: Map<string, string>;
}

/** One kind of finding over a loaded repo. Whatever the repo holds is told, not thrown. */
export type Check = (repo: LoadedRepo) => readonly Diagnostic[] | Promise<readonly Diagnostic[]>;

/** What `validate` does, in this order; findings are sorted by place afterwards. */
export const checks: readonly Check[] = [files, policy, requests, dispatches, awsActions, policyTests, catalogue];

function files({ files }: LoadedRepo): readonly Diagnostic[] {
  return files.findings;
}

/** A file that is no plain one is told once: that it cannot be read follows from it. */
function policy({ policy }: LoadedRepo): readonly Diagnostic[] {
  const odd = new Set(policy.diagnostics.filter((d) => d.code === "CS2001").map((d) => d.file));
  return policy.diagnostics.filter((d) => d.code !== "CS1001" || !odd.has(d.file));
}

function requests({ requests }: LoadedRepo): readonly Diagnostic[] {
  return requests.flatMap((request) => request.diagnostics);
}

/** C71: what is not merged will be one pull request, in which one workflow is not started in two ways. */
function dispatches({ requests, history }: LoadedRepo): readonly Diagnostic[] {
  if (history.merged === undefined) return [];
  const found: Diagnostic[] = [];
  const first = new Map<string, ResolvedRequest>();
  for (const { resolved } of requests) {
    if (resolved?.request.dispatch === undefined) continue;
    const { request, at } = resolved;
    const { repository, file, ref } = request.workflow;
    const key = JSON.stringify([repository.toLowerCase(), file, ref]);
    const other = first.get(key);
    if (other === undefined) first.set(key, request);
    else if (!sameDispatch(other, request))
      found.push(dispatchConflict({ file: request.path.path, at }, other.path.path));
  }
  return found;
}

/** What requests are judged under: a policy of which all is there and fits, or none. */
export const policyInForce = (policy: LoadedPolicy, { findings }: AccessRepoFiles): Policy | undefined =>
  policy.ok && !findings.some((d) => d.severity === "error" && isPolicyPath(d.file)) ? policy.policy : undefined;

/** What AWS does not have. Merged requests are not looked at: AWS's list changes with upgrades, and they cannot be mended. */
async function awsActions({ requests, files, policy, actions }: LoadedRepo): Promise<readonly Diagnostic[]> {
  const found: Diagnostic[] = [];
  const look = async (named: readonly NamedAction[], file: string, at: Locate | undefined): Promise<void> => {
    if (named.length === 0) return;
    const catalogue = await actions.load(servicesOf([{ actions: named.map((use) => use.action) }]));
    found.push(...checkActions({ named, file, ...(at && { at }), catalogue }));
  };
  for (const { path, text } of files.policy.targets) {
    const parsed = parseTarget(text, path);
    if (parsed.ok) await look(actionsOfTarget(parsed.value), path, parsed.at);
  }
  const inForce = policyInForce(policy, files);
  for (const { parsed } of requests) {
    if (parsed === undefined) continue;
    const { file, at, path } = parsed;
    await look(actionsOfRequest(file, inForce?.targets.get(path.target)), path.path, at);
  }
  return found;
}

/** `tests/`: what the policy must answer to whom, judged by the code that decides for real. */
async function policyTests({ beside, policy, files, actions, now }: LoadedRepo): Promise<readonly Diagnostic[]> {
  const found: Diagnostic[] = [...beside.findings];
  const inForce = policyInForce(policy, files);
  for (const { path, parsed } of beside.tests) {
    found.push(...parsed.diagnostics);
    if (!parsed.ok || inForce === undefined) continue;
    const basis = { policy: inForce, files: files.policy, actions };
    found.push(...(await runPolicyTests(basis, { path, ...parsed }, now)));
  }
  return found;
}

/** Stands for a repository that is not known: where links lead is not compared. */
const anyPlace: RepositoryPlace = { host: "https://github.com", fullName: "owner/name", defaultBranch: "main" };

/** Where the repo has the generated catalogue. */
function catalogue({ beside, policy, place, now }: LoadedRepo): readonly Diagnostic[] {
  if (beside.catalogue === undefined || !policy.ok) return [];
  return checkCatalogue(beside.catalogue, policy.policy, place, now);
}

/** CS6002: a catalogue that says something else than the targets sends people the wrong way; but it decides nothing. */
export function checkCatalogue(
  text: string,
  policy: Policy,
  place: RepositoryPlace | null,
  now: Date,
): readonly Diagnostic[] {
  if (sameCatalogue(text, catalogueText(policy, place ?? anyPlace, now))) return [];
  return [finding("CS6002", catalogueFile, { line: 1, column: 1, length: 1 }, "The targets say something else.")];
}
