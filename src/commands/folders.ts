import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { reason } from "./plain-file.ts";

/** A name in a folder of the working tree. A folder with a `.git` in it is another repository, as git sees it. */
export interface Entry {
  readonly path: string;
  readonly name: string;
  readonly kind: "folder" | "submodule" | "link" | "leaf" | "unreadable";
  /** Of an unreadable folder. */
  readonly why?: string;
}

/** Deeper than any file that is meant; a folder there is told as one thing. */
const maxDepth = 8;

// What editors and systems leave behind, and the files that keep an empty folder in git.
const noise = /^(?:\.DS_Store|\.gitkeep|\.keep|Thumbs\.db|desktop\.ini|\.#.*|#.*#|.*~|\..*\.sw[a-p])$/s;
export const isNoise = (name: string): boolean => noise.test(name);

/** What lies in a folder, in the order of names. Nothing where there is no such folder. */
export async function listFolder(root: string, folder: string): Promise<readonly Entry[]> {
  let found: readonly Dirent[];
  try {
    found = await readdir(join(root, folder), { withFileTypes: true });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    return [{ path: folder, name: folder, kind: "unreadable", why: reason(error) }];
  }
  // A link to a folder does not say `isDirectory`: it is not entered.
  return found
    .map((entry): Entry => {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      return {
        path,
        name: entry.name,
        kind: entry.isDirectory() ? "folder" : entry.isSymbolicLink() ? "link" : "leaf",
      };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** All below a folder that is not itself a folder, in the order of paths. Empty folders are nothing, as in git. */
export async function listDeep(root: string, folder: string): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for (const entry of await listFolder(root, folder)) {
    if (entry.kind === "folder") entries.push(...(await listSubfolder(root, entry)));
    else entries.push(entry);
  }
  return entries;
}

/** What `listDeep` has of one folder; the folder itself, as a submodule, where it is another repository. */
export async function listSubfolder(root: string, folder: Entry): Promise<readonly Entry[]> {
  if (folder.path.split("/").length > maxDepth) return [{ ...folder, kind: "leaf" }];
  const direct = await listFolder(root, folder.path);
  if (direct.some(({ name }) => name === ".git")) return [{ ...folder, kind: "submodule" }];
  return await listDeep(root, folder.path);
}
