import { randomUUID } from "node:crypto";
import { closeSync, linkSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { CountersignError } from "../base/errors.ts";

// PGlite does not lock its folder: a second process opens it and writes of both are lost (pglite#1106, #1107). So we hold
// a file beside it, never inside it, where PostgreSQL owns every name.

export interface FolderLock {
  release(): void;
}
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Start of the process in clock ticks since boot (Linux): a later process may have got the same pid. */
  readonly started: string | null;
}

/** Locks that this process holds. In a container we are pid 1 before and after a crash, so the pid alone says nothing. */
const held = new Set<string>();

/**
 * Takes `<folder>/<name>` for this process, or says who has it. A lock of a process that is certainly dead is reaped; one
 * that cannot be judged (another host or container, unreadable) never is.
 * @throws CountersignError `store_locked`
 */
export function lockFolder(folder: string, name: string): FolderLock {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(resolve(folder), name);
  const mine = JSON.stringify({ pid: process.pid, host: hostname(), started: startOf(process.pid) } satisfies Holder);
  for (let attempt = 0; attempt < 3; attempt++) {
    if (create(path, mine)) {
      held.add(path);
      return { release: () => void (held.delete(path) && rmSync(path, { force: true })) };
    }
    const text = read(path);
    if (text === undefined) continue; // released between our two calls
    const holder = parse(text);
    if (!holder || !isDead(holder, path)) throw locked(path, holder);
    reap(path, text);
  }
  throw locked(path, undefined);
}

function create(path: string, content: string): boolean {
  try {
    const file = openSync(path, "wx", 0o600); // O_CREAT | O_EXCL: one winner
    try {
      writeSync(file, content);
    } finally {
      closeSync(file);
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function isDead(holder: Holder, path: string): boolean {
  if (holder.host !== hostname()) return false;
  if (holder.pid === process.pid) return !held.has(path);
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
  const started = startOf(holder.pid);
  return started !== null && holder.started !== null && started !== holder.started;
}

/** Two processes may find the same dead lock; the rename has one winner, and who moved a live lock puts it back. */
function reap(path: string, dead: string): void {
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  try {
    if (read(aside) !== dead) linkSync(aside, path);
  } finally {
    rmSync(aside, { force: true });
  }
}

/** Field 22 of /proc/<pid>/stat; the second field may hold spaces and brackets, so count from its end. */
function startOf(pid: number): string | null {
  const stat = read(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function parse(text: string): Holder | undefined {
  try {
    const value = JSON.parse(text) as Partial<Holder> | null;
    if (!value || !Number.isSafeInteger(value.pid) || typeof value.host !== "string") return undefined;
    return { pid: value.pid as number, host: value.host, started: value.started ?? null };
  } catch {
    return undefined;
  }
}

const locked = (path: string, holder: Holder | undefined): CountersignError =>
  new CountersignError(
    "store_locked",
    `${holder ? `Process ${holder.pid} on ${holder.host}` : "Another process"} has the embedded database open (${path}). ` +
      "Stop it first, or set DATABASE_URL to share one PostgreSQL. Delete the file only when you are sure that no server runs.",
  );
