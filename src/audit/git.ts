import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { devNull } from "node:os";
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CountersignError } from "../base/errors.ts";

/** git could not be run, or failed. The message has the command's name, not git's text. */
class GitFailed extends CountersignError {
  constructor(command: string, options?: { cause?: unknown }) {
    super("git_failed", `git ${command} failed. Is this folder a clone, complete and readable?`, options);
  }
}

// What the clone's own configuration could turn against a reader: hooks and fsmonitor run programs; replace refs and
// grafts show other objects under the same ids; a commit-graph file may claim other parents; a partial clone would fetch.
const hermetic = [
  "--no-replace-objects",
  "--no-pager",
  "-c",
  "core.fsmonitor=false",
  "-c",
  `core.hooksPath=${devNull}`,
  "-c",
  "core.commitGraph=false",
  "-c",
  "protocol.allow=never",
] as const;

/** None of the caller's GIT_* variables (GIT_DIR would audit another repository), no configuration but the clone's own. */
const environment = (): NodeJS.ProcessEnv => ({
  PATH: process.env["PATH"],
  ...(process.env["SystemRoot"] === undefined ? {} : { SystemRoot: process.env["SystemRoot"] }),
  LC_ALL: "C",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: devNull,
  GIT_GRAFT_FILE: devNull,
  GIT_NO_LAZY_FETCH: "1",
  GIT_OPTIONAL_LOCKS: "0",
  GIT_TERMINAL_PROMPT: "0",
});

type GitProcess = ChildProcessByStdio<Writable, Readable, null>;

/** Reads one clone through git as a process: no shell, so that no name of a branch or file is ever a command. */
export interface Git {
  /** The whole output, for answers of a few lines or one line per commit. @throws GitFailed */
  read(args: readonly string[]): Promise<string>;
  /** As `read`, but undefined where git says no (status 1 or 128): a missing ref. */
  maybe(args: readonly string[]): Promise<string | undefined>;
  /** Output as it comes, for input of any size. Leaving the loop early ends git. @throws GitFailed */
  stream(args: readonly string[], input?: Iterable<string>): AsyncGenerator<Buffer, void, undefined>;
}

export interface GitOptions {
  /**
   * Reads `dir` although it may belong to another account, as folders that are mounted into a container do. Git's refusal
   * (`safe.directory`) is for repositories that one stumbles into, and for configuration that runs programs, which `hermetic`
   * leaves without effect. Only this very folder, not one above it. `dir` is then an absolute path without links.
   */
  readonly trusted?: boolean;
}

export function openGit(dir: string, { trusted = false }: GitOptions = {}): Git {
  const trust = trusted ? ["-c", `safe.directory=${dir}`] : [];
  const start = (args: readonly string[]): GitProcess =>
    spawn("git", [...hermetic, ...trust, ...args], {
      cwd: dir,
      env: environment(),
      stdio: ["pipe", "pipe", "ignore"],
      shell: false,
    });

  /** Most failures to start are told by the process; a folder that is a file throws at once. */
  const started = (command: string, args: readonly string[]): GitProcess => {
    try {
      return start(args);
    } catch (cause) {
      throw new GitFailed(command, { cause });
    }
  };

  async function* stream(
    args: readonly string[],
    input: Iterable<string> = [],
  ): AsyncGenerator<Buffer, void, undefined> {
    const command = args[0] ?? "";
    const child = started(command, args);
    const ended = once(child, "close").catch((cause: unknown) => {
      throw new GitFailed(command, { cause });
    });
    // A git that ends early closes its input; its exit status tells why, the broken pipe does not.
    const written = pipeline(input, child.stdin).catch(() => undefined);
    ended.catch(() => undefined);
    try {
      for await (const chunk of child.stdout) yield chunk as Buffer;
      await written;
      const [status] = (await ended) as [number | null];
      if (status !== 0) throw new GitFailed(command, { cause: { status } });
    } finally {
      child.kill();
    }
  }
  const read = async (args: readonly string[]): Promise<string> => {
    const chunks: Buffer[] = [];
    for await (const chunk of stream(args)) chunks.push(chunk);
    return Buffer.concat(chunks).toString("utf8");
  };
  const maybe = async (args: readonly string[]): Promise<string | undefined> => {
    try {
      return await read(args);
    } catch (error) {
      const status = error instanceof GitFailed ? (error.cause as { status?: unknown } | undefined)?.status : undefined;
      if (status === 1 || status === 128) return undefined;
      throw error;
    }
  };
  return { read, maybe, stream };
}
