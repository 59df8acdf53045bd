import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Outside } from "../sandbox/world.ts";

const serverFile = fileURLToPath(new URL("../../src/server.ts", import.meta.url));
const killAtFile = new URL("kill-at.ts", import.meta.url).href;

export interface ServerProcess {
  readonly pid: number;
  /** The key that it signs the ledger with, as it says when it listens. */
  readonly ledgerPublicKey: string;
  /** Resolves when the process has ended, whoever ended it: its signal, or its exit code. */
  readonly ended: Promise<NodeJS.Signals | number>;
  /** What it wrote so far. */
  output(): string;
  /** Loses power. */
  kill(): Promise<void>;
  /** Stops it as an operator does. @throws where it does not end by itself with 0 */
  stop(): Promise<void>;
}

/** `npm start` as a process of its own, on the sandbox's clock; resolves once it listens. `killAt`: see kill-at.ts. */
export async function spawnServer(outside: Outside, killAt?: string): Promise<ServerProcess> {
  const ahead = outside.clock.now().getTime() - Date.now();
  const preloads = [...(killAt === undefined ? [] : [killAtFile]), ...(ahead > 0 ? [clockAhead(ahead)] : [])];
  const child = spawn(process.execPath, [...preloads.flatMap((file) => ["--import", file]), serverFile], {
    // Nothing of the test runner's own environment: a server has what its operator gives it.
    env: { PATH: process.env["PATH"], ...outside.env, ...(killAt === undefined ? {} : { KILL_AT: killAt }) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error("no process");
  const lines: string[] = [];
  const ended = new Promise<NodeJS.Signals | number>((resolve) => {
    child.once("close", (code, signal) => resolve(signal ?? code ?? -1));
  });
  const listening = Promise.withResolvers<string>();
  createInterface(child.stdout).on("line", (line) => {
    lines.push(line);
    const key = keyOf(line);
    if (key !== undefined) listening.resolve(key);
  });
  createInterface(child.stderr).on("line", (line) => lines.push(line));
  const output = () => lines.join("\n");
  void ended.then((how) =>
    listening.reject(new Error(`the server ended with ${how} before it listened:\n${output()}`)),
  );
  return {
    pid,
    ledgerPublicKey: await listening.promise,
    ended,
    output,
    kill: () => end(child, ended, "SIGKILL"),
    stop,
  };

  async function stop(): Promise<void> {
    await end(child, ended, "SIGTERM");
    const how = await ended;
    if (how !== 0) throw new Error(`the server ended with ${how}:\n${output()}`);
  }
}

async function end(child: ChildProcess, ended: Promise<unknown>, signal: NodeJS.Signals): Promise<void> {
  child.kill(signal);
  await ended;
}

/** A module that puts the process's clock ahead, as the sandbox's is: the server asks the system for the time. */
const clockAhead = (milliseconds: number): string => {
  const code = `const system = Date;
    globalThis.Date = new Proxy(system, {
      construct: (target, args, self) => Reflect.construct(target, args.length ? args : [system.now() + ${milliseconds}], self),
      get: (target, name) => (name === "now" ? () => system.now() + ${milliseconds} : Reflect.get(target, name)),
    });`;
  return `data:text/javascript,${encodeURIComponent(code)}`;
};

function keyOf(line: string): string | undefined {
  try {
    const said = JSON.parse(line) as { msg?: unknown; ledgerPublicKey?: unknown };
    if (said.msg === "listening" && typeof said.ledgerPublicKey === "string") return said.ledgerPublicKey;
  } catch {
    // Not a line of the log.
  }
  return undefined;
}
