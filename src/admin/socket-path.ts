import { join, resolve } from "node:path";

/** `<DATA_DIR>/countersign.sock`, absolute. */
export const adminSocketPath = (dataDir: string): string => join(resolve(dataDir), "countersign.sock");

/**
 * Why a path cannot be a socket's: the kernel keeps it in a field of fixed size (sun_path: 108 bytes on Linux, 104 elsewhere, with
 * the NUL at its end), and Windows has no sockets in the file system whose permissions would keep anybody out.
 */
export function socketPathProblem(path: string, platform: NodeJS.Platform = process.platform): string | undefined {
  if (platform === "win32") return "this platform has no sockets with file permissions";
  const most = platform === "linux" ? 107 : 103;
  const bytes = Buffer.byteLength(path);
  return bytes > most
    ? `${path} has ${bytes} bytes, and a socket's path at most ${most}: choose a shorter DATA_DIR`
    : undefined;
}
