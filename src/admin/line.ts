import type { Socket } from "node:net";

/** One line from a socket, without its newline. Undefined where it ends, fails, is too long or takes too long. */
export function readLine(socket: Socket, most: number, milliseconds: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const done = (line: string | undefined): void => {
      clearTimeout(timer);
      socket.off("data", onData).off("end", onEnd).off("error", onEnd).off("close", onEnd);
      socket.pause();
      resolve(line);
    };
    const onEnd = (): void => done(undefined);
    const onData = (chunk: Buffer): void => {
      const end = chunk.indexOf(0x0a);
      const part = end < 0 ? chunk : chunk.subarray(0, end);
      size += part.length;
      if (size > most) return done(undefined);
      chunks.push(part);
      if (end >= 0) done(Buffer.concat(chunks).toString("utf8"));
    };
    const timer = setTimeout(onEnd, milliseconds);
    socket.on("data", onData).on("end", onEnd).on("error", onEnd).on("close", onEnd);
  });
}

/** The value of a line of JSON; undefined where it is none. */
export function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
