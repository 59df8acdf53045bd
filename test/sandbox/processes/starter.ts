// A process that does nothing but start others; see index.ts.
import { spawn } from "node:child_process";
import type { Asked, Told } from "./messages.ts";

process.on("message", ({ id, command, args, env, cwd, input }: Asked) => {
  const tell = (told: Told): void => {
    if (process.connected) process.send?.(told);
  };
  const child = spawn(command, args, { env, ...(cwd !== undefined && { cwd }) });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on("data", (data: Buffer) => out.push(data));
  child.stderr.on("data", (data: Buffer) => err.push(data));
  child.stdin.on("error", () => undefined); // it may end before it has read everything
  child.on("error", (error) => tell({ id, failed: error.message }));
  child.on("close", (code) => tell({ id, code, stdout: Buffer.concat(out), stderr: Buffer.concat(err).toString() }));
  child.stdin.end(input ?? "");
});
process.on("disconnect", () => process.exit());
