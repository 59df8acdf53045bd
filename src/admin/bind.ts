import { closeSync, lstatSync, mkdirSync, openSync, rmSync, type Stats } from "node:fs";
import { connect, type Server } from "node:net";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { CountersignError } from "../base/errors.ts";

/** Which file is ours: another server may have taken the path since. */
export interface Bound {
  readonly inode: number;
}

/**
 * Listens at a path, for its owner only. The socket of a dead process is replaced; where a live one answers, this server is the
 * second and is refused. Judged by the kernel, not by a lock file: in a container every process is pid 1 of a host that is gone.
 * @throws CountersignError `admin_socket_in_use`; errors of the file system
 */
export async function bindSocket(server: Server, path: string): Promise<Bound> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  for (let attempt = 0; attempt < 100; attempt++) {
    const error = await listen(server, path); // bind(2) has one winner
    const there = stat(path);
    if (!error && there) return { inode: there.ino };
    if (error && error.code !== "EADDRINUSE") throw error;
    if (there && !there.isSocket()) throw inUse(path, "it is not a socket, so it is not ours to replace");
    if (await answers(path)) throw inUse(path, "a server answers at it");
    if (!(await removeDead(path))) await delay(20);
  }
  throw inUse(path, "others start at the same time");
}

/**
 * Closes the server, which removes the file at its path, whosever it is by now: so not where another server has replaced it, as one
 * of another machine on a shared disk does.
 */
export function unbindSocket(server: Server, path: string, { inode }: Bound): Promise<void> {
  const there = stat(path);
  if (there && there.ino !== inode) {
    server.unref();
    return Promise.resolve();
  }
  return new Promise((resolve) => server.close(() => resolve()));
}

function listen(server: Server, path: string): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      server.off("listening", onListening);
      resolve(error);
    };
    const onListening = (): void => {
      server.off("error", onError);
      resolve(undefined);
    };
    server.once("error", onError).once("listening", onListening);
    // The file is made with bind(2), within this call: a chmod after it would leave a moment in which others could connect.
    const before = process.umask(0o177);
    try {
      server.listen(path);
    } finally {
      process.umask(before);
    }
  });
}

/** Whether a process listens at a socket. What cannot be judged counts as alive. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    const timer = setTimeout(() => end(true), 2000);
    const end = (alive: boolean): void => {
      clearTimeout(timer);
      probe.destroy();
      resolve(alive);
    };
    probe.once("connect", () => end(true));
    probe.once("error", (error: NodeJS.ErrnoException) =>
      end(error.code !== "ECONNREFUSED" && error.code !== "ENOENT"),
    );
  });
}

/**
 * Two servers may find the same dead socket, and the slower one would remove the live one of the faster. So it is looked at again
 * and removed under a file that one at a time can make. @returns false where somebody else has that
 */
async function removeDead(path: string): Promise<boolean> {
  const guard = `${path}.replacing`;
  try {
    closeSync(openSync(guard, "wx", 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    // Held for milliseconds: an old one is of a process that died just then.
    const age = Date.now() - (stat(guard)?.mtimeMs ?? Number.POSITIVE_INFINITY);
    if (age > 60_000) rmSync(guard, { force: true });
    return false;
  }
  try {
    if (stat(path)?.isSocket() && !(await answers(path))) rmSync(path, { force: true });
    return true;
  } finally {
    rmSync(guard, { force: true });
  }
}

/** Never follows a link. */
function stat(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

const inUse = (path: string, why: string): CountersignError =>
  new CountersignError(
    "admin_socket_in_use",
    `Commands would speak to another server: ${path} is taken, ${why}. Stop that one, or give each server a DATA_DIR of its own.`,
  );
