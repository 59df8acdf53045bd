import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Variables } from "./types.ts";

export interface SpawnOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Variables;
  readonly cwd: string;
  readonly timeoutMs: number;
  readonly onLine: (line: string) => void;
}

/** Runs a process to its end, line by line; exit code 124 where it took too long, as timeout(1) says it. */
export function runProcess({ command, args, env, cwd, timeoutMs, onLine }: SpawnOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, cwd, stdio: ["ignore", "pipe", "pipe"] });
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, timeoutMs);
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", onLine);
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve(late ? 124 : (code ?? 1));
    });
  });
}
