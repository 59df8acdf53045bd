import { createServer, type Socket } from "node:net";
import { describeError, type Log } from "../queue/index.ts";
import { CountersignError } from "../base/errors.ts";
import { bindSocket, unbindSocket } from "./bind.ts";
import { parseLine, readLine } from "./line.ts";
import {
  type AdminAnswer,
  type AdminCommand,
  adminCommands,
  type AdminHandlers,
  type AdminParams,
  adminRequest,
  maxLine,
} from "./protocol.ts";

export interface AdminSocket {
  readonly path: string;
  /** Takes no more commands, waits for those that run, removes the socket. */
  close(): Promise<void>;
}

/** A client that has connected must say what it wants. */
const patienceMs = 10_000;
/** Commands at the same time; an operator needs one. */
const most = 16;

/**
 * Serves the commands of an operator at a unix socket (DESIGN.md section 6). Who may open the file may command: the kernel
 * enforces its mode, 0600. Every command is in the log before it is done, and its outcome after.
 * @throws CountersignError `admin_socket_in_use`; errors of the file system
 */
export async function serveAdmin(options: {
  readonly path: string;
  readonly handlers: AdminHandlers;
  readonly log: Log;
}): Promise<AdminSocket> {
  const { path, handlers, log } = options;
  const sockets = new Set<Socket>();
  const running = new Set<Promise<void>>();
  let commands = 0;

  const handle = async (socket: Socket): Promise<void> => {
    const line = await readLine(socket, maxLine, patienceMs);
    // A probe of another server, or somebody who said nothing: not a command.
    if (line === undefined) return void socket.destroy();
    const answer = await run(line, handlers, log, ++commands);
    socket.end(`${JSON.stringify(answer)}\n`);
  };
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    // A client that goes away is no error of ours; the command is done all the same.
    socket.on("error", () => undefined).on("close", () => void sockets.delete(socket));
    const work = handle(socket).finally(() => void running.delete(work));
    running.add(work);
  });
  server.maxConnections = most;
  const bound = await bindSocket(server, path);
  server.on("error", (error) => log.error({ error: describeError(error) }, "the admin socket failed"));
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    const done = unbindSocket(server, path, bound);
    // Who has not said anything yet is not waited for.
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
    await Promise.all(running);
    await done;
  };
  return { path, close: () => (closed ??= close()) };
}

async function run(line: string, handlers: AdminHandlers, log: Log, command: number): Promise<AdminAnswer> {
  const request = adminRequest.safeParse(parseLine(line));
  if (!request.success) return refused(log, command, "not a request of this protocol, version 1");
  const { command: name, params, as } = request.data;
  if (!isCommand(name)) return refused(log, command, "a command that this server does not have");
  const parsed = adminCommands[name].params.safeParse(params);
  if (!parsed.success) return refused(log, command, "parameters that this command does not take");

  // Who it is cannot be known: whoever may open the socket. `saidToBe` is the client's word.
  const about = {
    admin: name,
    number: command,
    ...loggable(name, parsed.data),
    ...(as === undefined ? {} : { saidToBe: as }),
  };
  log.warn(about, "admin command");
  try {
    const result = await call(handlers, name, parsed.data);
    log.info({ admin: name, number: command }, "admin command done");
    return { ok: true, result };
  } catch (error) {
    log.error({ admin: name, number: command, error: describeError(error) }, "admin command failed");
    return error instanceof CountersignError
      ? { ok: false, code: error.code, message: error.message }
      : { ok: false, code: "server_error", message: "It failed on the server; its log has the reason." };
  }
}

const isCommand = (name: string): name is AdminCommand => Object.hasOwn(adminCommands, name);

/** The table ties parameters to handlers; that a name's are its own is what a union of names cannot say. */
const call = <C extends AdminCommand>(handlers: AdminHandlers, name: C, params: unknown) =>
  handlers[name](params as AdminParams<C>);

/** What of the parameters is no secret. */
function loggable(name: AdminCommand, params: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(adminCommands[name].logged.map((key) => [key, params[key]]));
}

function refused(log: Log, number: number, why: string): AdminAnswer {
  log.warn({ number, why }, "admin command refused");
  return {
    ok: false,
    code: "bad_request",
    message: `The server was sent ${why}. Use the \`countersign\` of the version that runs.`,
  };
}
