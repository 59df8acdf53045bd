import { type ChildProcess, fork } from "node:child_process";
import path from "node:path";
import type { Asked, Command, Finished, Told } from "./messages.ts";

export type { Command, Finished } from "./messages.ts";

interface Waiting {
  resolve(finished: Finished): void;
  reject(error: Error): void;
}
const waiting = new Map<number, Waiting>();
let count = 0;
let starter: ChildProcess | undefined;

/**
 * Runs a process to its end, whatever its exit code. It is started by a small process of ours: Node forks, which copies the
 * page tables, and that takes a process of a gigabyte, as one that runs tests or a whole sandbox is, 28 ms each time; a small one 1 ms.
 * @throws Error where it cannot be started
 */
export function run(command: Command): Promise<Finished> {
  const to = (starter ??= start());
  const id = ++count;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    to.channel?.ref();
    to.send({ id, ...command } satisfies Asked, (error) => {
      if (error) settle(id)?.reject(error);
    });
  });
}

function start(): ChildProcess {
  const child = fork(path.join(import.meta.dirname, "starter.ts"), [], { serialization: "advanced", execArgv: [] });
  child.unref();
  child.on("message", (told: Told) => {
    if ("failed" in told) settle(told.id)?.reject(new Error(told.failed));
    else settle(told.id)?.resolve({ ...told, stdout: Buffer.from(told.stdout) });
  });
  child.on("error", () => undefined); // "exit" or the send tells
  child.on("exit", () => {
    if (starter === child) starter = undefined;
    for (const id of waiting.keys()) settle(id)?.reject(new Error("the process that starts others is gone"));
  });
  return child;
}

/** Nothing keeps our process alive when nothing is under way. */
function settle(id: number): Waiting | undefined {
  const one = waiting.get(id);
  waiting.delete(id);
  if (waiting.size === 0) starter?.channel?.unref();
  return one;
}
