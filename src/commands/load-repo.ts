import { openCatalogue } from "../action-catalogue/index.ts";
import { loadPolicy } from "../access-repo/index.ts";
import type { PolicyFiles, TreeFile } from "../access-repo/types.ts";
import { type AccessRepoFiles, readAccessRepo } from "./access-repo-files.ts";
import type { Mendable } from "./apply-fixes.ts";
import { type LoadedRepo, policyInForce } from "./checks.ts";
import { openRepo, readHistory, readIndex } from "./history.ts";
import { judgeRequest } from "./judge-request.ts";
import { Misuse } from "./misuse.ts";
import { readBesidePolicy } from "./beside-policy.ts";
import { readPlace } from "./place.ts";
import { progressLine } from "./progress.ts";

export interface LoadOptions {
  readonly root: string;
  readonly base: string | undefined;
  /** Requests that are read and judged, and policy tests that run. */
  readonly wanted: (path: string) => boolean;
  readonly now: Date;
  readonly progress: ((text: string) => void) | undefined;
}

/**
 * Reads an access repo and judges it file by file; the policy is loaded once.
 * @throws Misuse for a base that does not exist
 */
export async function loadRepo({ root, base, wanted, now, progress }: LoadOptions): Promise<LoadedRepo> {
  const repo = await openRepo(root);
  if ("gap" in repo && base !== undefined) throw new Misuse(`--base: ${repo.gap}.`);
  const index = "gap" in repo ? {} : await readIndex(repo);
  const [history, files] = await Promise.all([
    "gap" in repo ? repo : readHistory(repo, base),
    readAccessRepo(root, { wanted, ...index }),
  ]);
  const policy = loadPolicy(files.policy);
  const inForce = policyInForce(policy, files);
  const line = progressLine(progress, files.requests.length);
  const requests = files.requests.map((file, i) => {
    line.step(i);
    return judgeRequest(file, history, inForce, now);
  });
  line.end();
  // Whoever names a file of the policy wants to know what changes with it.
  const policyWanted = policyFiles(files).some((file) => wanted(file.path));
  const [beside, place, actions] = await Promise.all([
    readBesidePolicy(root, (path) => policyWanted || wanted(path)),
    readPlace(root, {}),
    openCatalogue(),
  ]);
  const texts = new Map<string, string>();
  for (const { path, text } of [...policyFiles(files), ...files.requests, ...beside.tests])
    if (text !== undefined) texts.set(path, text);
  return { root, files, policy, history, requests, beside, place, actions, wanted, now, texts };
}

const policyFiles = ({ policy }: AccessRepoFiles): readonly TreeFile[] =>
  [policy.settings, ...policy.targets, ...policy.codeowners].filter((file) => file !== undefined);

/**
 * Files that `--fix` may write: the policy's, and requests that nobody can have merged, since those must stay what was approved.
 */
export function mendables({ files, policy, history, requests, now }: LoadedRepo): readonly Mendable[] {
  // A link has no text, so that what it leads to is not written.
  const plain = <T extends TreeFile>(file: T): file is T & { text: string } => file.text !== undefined;
  const ofPolicy = policyFiles(files)
    .filter(plain)
    .map(({ path, text }): Mendable => {
      const judge = (changed: string) => loadPolicy(withText(files.policy, path, changed)).diagnostics;
      return { path, text, found: policy.diagnostics, judge };
    });
  const inForce = policyInForce(policy, files);
  const ofRequests = requests.flatMap(({ file, state, diagnostics: found }): readonly Mendable[] => {
    if (state !== "new" || !plain(file)) return [];
    const judge = (text: string) => judgeRequest({ ...file, text }, history, inForce, now).diagnostics;
    return [{ path: file.path, text: file.text, found, judge }];
  });
  return [...ofPolicy, ...ofRequests];
}

function withText(files: PolicyFiles, path: string, text: string): PolicyFiles {
  const put = <T extends TreeFile | undefined>(file: T): T => (file?.path === path ? { ...file, text } : file);
  const [inGithub, atTop, inDocs] = files.codeowners;
  return {
    ...files,
    settings: put(files.settings),
    targets: files.targets.map(put),
    codeowners: [put(inGithub), put(atTop), put(inDocs)],
  };
}
