import { classifyChanges, codeownersPlaces, parseRequestPath, settingsPath } from "../access-repo/index.ts";
import type { Diagnostic, PolicyFiles, TreeFile } from "../access-repo/types.ts";
import { type Entry, isNoise, listDeep, listFolder, listSubfolder } from "./folders.ts";
import { gitMode, treeId } from "./git-objects.ts";
import { mapLimited } from "./map-limited.ts";
import { type FileOnDisk, type Modes, nothing, PlaceReader } from "./place-reader.ts";

/** An access repo as a working folder has it, before anything is parsed. */
export interface AccessRepoFiles {
  readonly policy: PolicyFiles;
  /** Files whose path is a request's. */
  readonly requests: readonly FileOnDisk[];
  /** What stands where requests and policy should: other names, links, pipes, what cannot be read. */
  readonly findings: readonly Diagnostic[];
}

export interface ReadOptions extends Modes {
  /** False leaves a request unread. The policy is always read whole. */
  readonly wanted: (path: string) => boolean;
}

// Limits of the parsers; what is larger is read so far that they refuse it.
const maxFile = 64 * 1024;
const maxCodeowners = 3_000_000;
/** Open at once. More than the threads that serve them gain nothing, and descriptors are few (256 on some systems). */
const together = 32;

/**
 * Reads requests and policy from a working folder, never leaving it: what is a link, another repository or no plain file is
 * told and not followed (CHECKLIST C12). Everything else in the folder is ignored. Never throws.
 */
export async function readAccessRepo(root: string, options: ReadOptions): Promise<AccessRepoFiles> {
  const findings: Diagnostic[] = [];
  const reader = new PlaceReader(root, options, findings);
  const top = await listFolder(root, "");
  const lists = new Map<string, readonly Entry[]>([["", top]]);
  for (const name of [".github", "docs"]) {
    const entry = top.find((e) => e.name === name);
    lists.set(name, entry?.kind === "folder" ? await listFolder(root, name) : []);
    if (entry !== undefined && entry.kind !== "folder" && name === ".github") await reader.inPlaceOfFolder(name);
  }
  const listed = [...lists.values()].flat();
  for (const entry of listed) if (entry.kind === "unreadable") await reader.entry(entry, 0);
  for (const { path } of listed) findings.push(...misnamed(path).filter((d) => d.code === "CS4005"));
  // By the names as they are listed: a system without case would open `codeowners` for `CODEOWNERS`.
  const policyFile = async (path: string, max: number): Promise<TreeFile | undefined> =>
    listed.some((entry) => entry.path === path) ? await reader.file(path, max) : undefined;
  const settings = await policyFile(settingsPath, maxFile);
  const [inGithub, atTop, inDocs] = await Promise.all(codeownersPlaces.map((path) => policyFile(path, maxCodeowners)));
  const targets = await readTargets(root, top, reader, options);
  return {
    policy: { settings, codeowners: [inGithub, atTop, inDocs], ...targets },
    requests: await readRequests(root, top, reader, options, findings),
    findings,
  };
}

/** What `classifyChanges` says of a path that a pull request would add. */
function misnamed(path: string): readonly Diagnostic[] {
  const kind = classifyChanges([{ path, status: "added" }]);
  return kind.kind === "refused" ? kind.diagnostics : [];
}

async function readTargets(
  root: string,
  top: readonly Entry[],
  reader: PlaceReader,
  { tracked }: ReadOptions,
): Promise<Pick<PolicyFiles, "targets" | "targetsTree">> {
  const folder = top.find((entry) => entry.name === "targets");
  if (folder === undefined) return { targets: [], targetsTree: undefined };
  if (folder.kind !== "folder") {
    const file = await reader.file("targets", maxFile);
    return { targets: file === undefined ? [] : [file], targetsTree: file?.oid ?? nothing };
  }
  const entries = (await listFolder(root, "targets")).filter(({ name, path }) => !isNoise(name) || tracked?.has(path));
  const read = await mapLimited(entries, together, async (entry): Promise<TreeFile | undefined> => {
    if (entry.kind !== "folder") return await reader.entry(entry, maxFile);
    const below = await listSubfolder(root, entry);
    if (below.length === 0) return undefined;
    const mode = below[0]?.kind === "submodule" ? gitMode.submodule : gitMode.folder;
    return { path: entry.path, oid: nothing, mode, text: undefined };
  });
  const targets = read.filter((file) => file !== undefined);
  // Git's id where all are plain files; else one that stands for nothing, beside a policy that is refused.
  const targetsTree = treeId(targets.map(({ path, ...file }) => ({ ...file, name: path.slice("targets/".length) })));
  return { targets, targetsTree: targets.length === 0 ? undefined : targetsTree };
}

async function readRequests(
  root: string,
  top: readonly Entry[],
  reader: PlaceReader,
  { wanted }: ReadOptions,
  findings: Diagnostic[],
): Promise<readonly FileOnDisk[]> {
  const folder = top.find((entry) => entry.name === "requests");
  if (folder === undefined) return [];
  if (folder.kind !== "folder") {
    await reader.inPlaceOfFolder("requests");
    return [];
  }
  const entries = (await listDeep(root, "requests")).filter(({ name, path }) => !isNoise(name) && wanted(path));
  const read = await mapLimited(entries, together, async (entry): Promise<FileOnDisk | undefined> => {
    if (entry.kind === "submodule" || entry.kind === "unreadable" || parseRequestPath(entry.path) !== undefined)
      return await reader.entry(entry, maxFile);
    if (entry.kind === "link") await reader.inPlaceOfFolder(entry.path);
    else findings.push(...misnamed(entry.path));
    return undefined;
  });
  return read.filter((file) => file !== undefined);
}
