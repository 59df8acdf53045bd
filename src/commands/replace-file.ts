import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { lstat, open, realpath, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { reason } from "./plain-file.ts";

/**
 * Puts `text` in place of a plain file of `root` that still holds `before`: a new file beside it, then a rename, so that a
 * reader sees the old text or the new one. The mode stays. Never through a link, never outside of `root`.
 * @returns why not, in words of ours; undefined where it is done
 */
export async function replaceFile(
  root: string,
  path: string,
  before: string,
  text: string,
): Promise<string | undefined> {
  const place = join(root, path);
  const folder = dirname(place);
  // A name that `validate` takes for an editor's backup, should it look while this runs.
  const beside = join(folder, `.${basename(place)}.${randomUUID()}~`);
  try {
    // A folder of the path may have become a link since it was read.
    if ((await realpath(folder)) !== folder) return "a folder of its path is a symbolic link";
    const stat = await lstat(place);
    if (!stat.isFile()) return "it is not a plain file";
    const handle = await open(
      beside,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
    );
    try {
      await handle.writeFile(text, "utf8");
      await handle.chmod(stat.mode & 0o777);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (!(await holds(place, before))) {
      await rm(beside);
      return "it was changed in the meantime";
    }
    await rename(beside, place);
    return undefined;
  } catch (error) {
    await rm(beside, { force: true }).catch(() => undefined);
    return reason(error);
  }
}

async function holds(place: string, text: string): Promise<boolean> {
  const handle = await open(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    return (await handle.stat()).isFile() && (await handle.readFile()).equals(Buffer.from(text, "utf8"));
  } finally {
    await handle.close();
  }
}
