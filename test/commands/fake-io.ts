import type { Io } from "../../src/commands/io.ts";

/** An Io that keeps what a command prints. */
export function fakeIo(cwd: string, more: Partial<Io> = {}) {
  const printed = { out: "", err: "" };
  const io: Io = {
    out: (text) => void (printed.out += text),
    err: (text) => void (printed.err += text),
    cwd,
    env: {},
    now: () => new Date("2026-11-24T09:00:00Z"),
    tty: false,
    ...more,
  };
  return { io, printed };
}
