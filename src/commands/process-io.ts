import { systemClock } from "../base/clock.ts";
import type { Io } from "./io.ts";

/** This process. A reader that leaves early (`countersign validate | head`) is no error of ours. */
export function processIo(): Io {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
  }
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    cwd: process.cwd(),
    env: process.env,
    now: systemClock.now,
    tty: process.stdout.isTTY === true,
  };
}
