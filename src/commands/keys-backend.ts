import {
  type AdminParams,
  type AdminReply,
  adminSocketPath,
  callAdmin,
  type KeyCommand,
  type KeyHandlers,
} from "../admin/index.ts";
import { CountersignError } from "../base/errors.ts";
import { forJson, forTerminal } from "../base/text.ts";
import type { ExitCode, Io } from "./io.ts";

/** The key table where no server answers, opened by whoever knows how (src/offline-keys.ts). */
export interface OfflineKeys {
  readonly handlers: KeyHandlers;
  /** What it works on, for a person: "the embedded database in ./data". */
  readonly about: string;
  close(): Promise<void>;
}
/** @returns a sentence where this command may not, or cannot, work on the database itself */
export type OpenOffline = (env: Io["env"], dataDir: string, command: KeyCommand) => Promise<OfflineKeys | string>;

export interface KeysDeps {
  readonly io: Io;
  /** Undefined: there is nobody to ask. */
  readonly ask: (question: string) => Promise<string | undefined>;
  readonly stdin: () => Promise<string>;
  readonly offline: OpenOffline;
}
export interface KeysOptions {
  readonly dataDir?: string;
  readonly json?: boolean;
}

/** Does one command, by the server's socket or on the database. */
export type Call = <C extends KeyCommand>(command: C, params: AdminParams<C>) => Promise<AdminReply<C>>;

/** `work` with a way to the keys. Which one is found at the first call, and kept. Never throws. */
export async function withKeys(
  deps: KeysDeps,
  options: KeysOptions,
  work: (call: Call) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { io } = deps;
  const dataDir = options.dataDir ?? (io.env.DATA_DIR?.trim() || "./data");
  const path = adminSocketPath(dataDir);
  let offline: OfflineKeys | undefined;
  const call: Call = async (command, params) => {
    if (!offline) {
      const reply = await callAdmin(path, command, params);
      if (reply.ok || (reply.code !== "no_server" && reply.code !== "no_socket")) return reply;
      const opened = await deps.offline(io.env, dataDir, command).catch(sentence);
      if (typeof opened === "string") return { ok: false, code: reply.code, message: `${reply.message} ${opened}` };
      offline = opened;
      io.err(forTerminal(`${reply.message} This works on ${opened.about} itself.`, 2000) + "\n");
    }
    try {
      return { ok: true, result: await offline.handlers[command](params) };
    } catch (error) {
      return error instanceof CountersignError
        ? { ok: false, code: error.code, message: error.message }
        : { ok: false, code: "failed", message: sentence(error) };
    }
  };
  try {
    return await work(call);
  } finally {
    await offline?.close().catch(() => undefined);
  }
}

/** Of our own errors the message, which holds no secret; of others only their name. */
const sentence = (error: unknown): string =>
  error instanceof CountersignError
    ? error.message
    : `It failed (${error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.name) : "unknown"}).`;

/** Says why it did not happen. */
export function failed(io: Io, options: KeysOptions, reply: { code: string; message: string }): ExitCode {
  if (options.json) io.out(`${forJson({ ok: false, code: reply.code, message: reply.message })}\n`);
  else io.err(`${forTerminal(reply.message, 4000)}\n`);
  return 1;
}
/** Says what to write instead. */
export function misuse(io: Io, why: string): ExitCode {
  io.err(`${forTerminal(why, 4000)}\n`);
  return 2;
}
export const done = (io: Io, result: object): void => io.out(`${forJson({ ok: true, ...result })}\n`);
