import { constants } from "node:fs";
import { lstat, mkdir, open, realpath, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { reason } from "./plain-file.ts";

/** `there`: something has the name already, whatever it is, and is left as it is. */
export type Created = { readonly kind: "created" | "there" } | { readonly kind: "failed"; readonly why: string };

/**
 * Creates a file of `root` with its folders: never over what is there, never through a link, never outside of `root`, and all of
 * it or nothing. `root` is absolute and without links. Never throws.
 */
export async function createFile(root: string, path: string, text: string): Promise<Created> {
  const place = join(root, path);
  try {
    const stranger = await notAFolder(root, path);
    if (stranger !== undefined) return { kind: "failed", why: `${stranger} is not a folder` };
    const folder = dirname(place);
    await makeFolder(folder);
    // A folder of the path may have become a link since it was looked at.
    if ((await realpath(folder)) !== folder) return { kind: "failed", why: "a folder of its path is a symbolic link" };
    // O_EXCL: two at once cannot both have the name, and a link of that name is not followed.
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const handle = await open(place, flags, 0o666);
    try {
      await handle.writeFile(text, "utf8");
    } catch (error) {
      await rm(place, { force: true }).catch(() => undefined);
      throw error;
    } finally {
      await handle.close();
    }
    return { kind: "created" };
  } catch (error) {
    if (codeOf(error) === "EEXIST") return { kind: "there" };
    return { kind: "failed", why: reason(error) };
  }
}

/**
 * Makes a folder and those above it, as far as they are missing. By single steps: `mkdir` with `recursive` never comes back where
 * a file system says ENOENT of what it does not let be made, as /proc and automounted folders do.
 * @throws what the file system says
 */
export async function makeFolder(folder: string): Promise<void> {
  const above = dirname(folder);
  const failed = await make(folder);
  if (failed === undefined) return;
  if (codeOf(failed) !== "ENOENT" || above === folder) throw failed;
  // It may be there by now: another process makes the same folders.
  if ((await stat(above).catch(() => undefined)) === undefined) await makeFolder(above);
  const again = await make(folder);
  if (again !== undefined) throw again;
}

/** Why a folder cannot be made; nothing where it is there. */
async function make(folder: string): Promise<unknown> {
  try {
    await mkdir(folder);
  } catch (error) {
    const there = codeOf(error) === "EEXIST" ? await stat(folder).catch(() => undefined) : undefined;
    if (there?.isDirectory() !== true) return error;
  }
  return undefined;
}

const codeOf = (error: unknown): unknown => (error instanceof Error && "code" in error ? error.code : undefined);

/** The first folder of a path that is there and is none: a file, or a link, through which one would leave the repo. */
export async function notAFolder(root: string, path: string): Promise<string | undefined> {
  const parts = path.split("/").slice(0, -1);
  for (let i = 1; i <= parts.length; i++) {
    const folder = parts.slice(0, i).join("/");
    const stat = await lstat(join(root, folder)).catch(() => undefined);
    if (stat !== undefined && !stat.isDirectory()) return folder;
  }
  return undefined;
}
