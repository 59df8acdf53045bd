import { lstatSync, type Stats } from "node:fs";
import { connect, type Socket } from "node:net";
import { userInfo } from "node:os";
import { dirname } from "node:path";
import { parseLine, readLine } from "./line.ts";
import {
  adminAnswer,
  type AdminCommand,
  adminCommands,
  type AdminParams,
  type AdminResult,
  maxLine,
} from "./protocol.ts";
import { socketPathProblem } from "./socket-path.ts";

export type AdminReply<C extends AdminCommand> =
  | { readonly ok: true; readonly result: AdminResult<C> }
  /** `no_server`: nobody answers at this path, so nothing was asked of anybody. */
  | { readonly ok: false; readonly code: string; readonly message: string };

/** Longest that a command works. */
const patienceMs = 60_000;
/** What to do where nobody answers. */
const where = "Run this on the server's machine while it runs, with its DATA_DIR (--data-dir).";

/** Has a running server do one command. Never throws. */
export async function callAdmin<C extends AdminCommand>(
  path: string,
  command: C,
  params: AdminParams<C>,
): Promise<AdminReply<C>> {
  const problem = socketPathProblem(path);
  if (problem !== undefined) return refuse("no_socket", `There can be no socket: ${problem}.`);
  const there = stat(path);
  if (!there) return refuse("no_server", `There is no socket at ${path}. ${where}`);
  const stranger = notTheServers(path, there);
  if (stranger !== undefined) return refuse("not_trusted", stranger);
  const socket = await open(path);
  if (!("write" in socket)) {
    if (socket.code === "ECONNREFUSED" || socket.code === "ENOENT")
      return refuse("no_server", `No server answers at ${path}. ${where}`);
    return refuse("not_reached", `${path} cannot be opened (${socket.code ?? "unknown error"}).`);
  }
  try {
    const said = { v: 1, command, params, ...saidToBe() };
    socket.write(`${JSON.stringify(said)}\n`);
    const line = await readLine(socket, maxLine, patienceMs);
    const answer = adminAnswer.safeParse(line === undefined ? undefined : parseLine(line));
    if (!answer.success)
      return refuse("no_answer", "The server did not answer to the end. Its log says whether the command was done.");
    if (!answer.data.ok) return answer.data;
    const result = adminCommands[command].result.safeParse(answer.data.result);
    if (!result.success)
      return refuse("other_version", "The server answered in another form: use the `countersign` of its version.");
    return { ok: true, result: result.data as AdminResult<C> };
  } finally {
    socket.destroy();
  }
}

/**
 * Exports and imports hold private keys: in a folder where others may write, a socket of theirs must not be taken for the
 * server's. The server's user owns it; root may use it where the folder is that user's as well.
 */
function notTheServers(path: string, there: Stats): string | undefined {
  if (!there.isSocket()) return `${path} is not a socket.`;
  const me = process.getuid?.();
  if (me === undefined || there.uid === me) return undefined;
  if (me === 0 && stat(dirname(path))?.uid === there.uid) return undefined;
  return `${path} belongs to user ${there.uid}. Run this as that user, if it is the server's.`;
}

/** For the log; see protocol.ts. */
function saidToBe(): { as?: string } {
  try {
    const name = process.env["SUDO_USER"] ?? userInfo().username;
    return /^[\w.@\\-]{1,64}$/.test(name) ? { as: name } : {};
  } catch {
    return {}; // a uid without a name, as in containers
  }
}

const open = (path: string): Promise<Socket | NodeJS.ErrnoException> =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => resolve(socket.on("error", () => undefined)));
    socket.once("error", resolve);
  });

const stat = (path: string): Stats | undefined => {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined; // a folder on the way that may not be read
  }
};

const refuse = (code: string, message: string) => ({ ok: false, code, message }) as const;
