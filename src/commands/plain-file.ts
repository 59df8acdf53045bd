import { constants } from "node:fs";
import { type FileHandle, lstat, open, readlink } from "node:fs/promises";
import { join } from "node:path";
import { gitMode } from "./git-objects.ts";

/** What stands at a path of the working folder, as git would see it. Nothing is followed. */
export type OnDisk =
  | { readonly kind: "file"; readonly mode: number; readonly bytes: Buffer; readonly whole: boolean }
  | { readonly kind: "link"; readonly bytes: Buffer }
  /** Pipe, socket or device: git cannot hold it, and reading it could wait for ever or act. */
  | { readonly kind: "special"; readonly what: string }
  | { readonly kind: "unreadable"; readonly why: string };

/** How often a file that changes under us is read again. */
const tries = 3;

/**
 * Reads a file of `dir` by a path of it: at most `max` bytes and a few more, so that a larger one shows itself (`whole` is
 * false). Never through a symbolic link; never waits for the other end of a pipe. Never throws.
 */
export async function readOnDisk(dir: string, path: string, max: number): Promise<OnDisk> {
  const place = join(dir, path);
  try {
    const stat = await lstat(place);
    if (stat.isSymbolicLink()) return { kind: "link", bytes: await readlink(place, { encoding: "buffer" }) };
    if (!stat.isFile()) return { kind: "special", what: specialName(stat) };
    // Between the look and the opening the file may have become a link or a pipe.
    const handle = await open(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      return await readStable(handle, max);
    } finally {
      await handle.close();
    }
  } catch (error) {
    return { kind: "unreadable", why: reason(error) };
  }
}

/** The same before and after reading, or it would be a mixture of two versions that nobody wrote. */
async function readStable(handle: FileHandle, max: number): Promise<OnDisk> {
  for (let i = 0; i < tries; i++) {
    const before = await handle.stat({ bigint: true });
    if (!before.isFile()) return { kind: "special", what: specialName(before) };
    // Four more bytes: the longest character, so that the text alone is longer than `max` even where its end is cut off.
    const wanted = Number(before.size < BigInt(max) ? before.size : BigInt(max)) + 4;
    const buffer = Buffer.alloc(wanted);
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, length, wanted - length, length);
      length += bytesRead;
      if (bytesRead === 0 || length === wanted) break;
    }
    const after = await handle.stat({ bigint: true });
    if (before.size !== after.size || before.mtimeNs !== after.mtimeNs || before.ctimeNs !== after.ctimeNs) continue;
    // Git knows one permission only: may the owner execute it?
    const mode = (before.mode & 0o100n) === 0n ? gitMode.plainFile : gitMode.executable;
    return { kind: "file", mode, bytes: buffer.subarray(0, length), whole: length <= max };
  }
  return { kind: "unreadable", why: "it changes while it is read" };
}

interface Kinds {
  isFIFO(): boolean;
  isSocket(): boolean;
  isDirectory(): boolean;
}
const specialName = (stat: Kinds): string =>
  stat.isFIFO() ? "a named pipe" : stat.isSocket() ? "a socket" : stat.isDirectory() ? "a folder" : "a device";

const reasons: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  ENOENT: "it is gone",
  ELOOP: "it has become a symbolic link",
  EMFILE: "too many open files",
  EEXIST: "something else is there",
  EISDIR: "it has become a folder",
  ENOTDIR: "a folder of its path is a file",
  EROFS: "the file system may only be read",
  ENOSPC: "no space is left",
  ENAMETOOLONG: "its name is too long for this disk",
};
/** Why a call of the file system failed, in words of ours: messages of the system hold paths. */
export function reason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return reasons[code] ?? `the system says ${/^[A-Z0-9_]{1,40}$/.test(code) ? code : "no"}`;
}
