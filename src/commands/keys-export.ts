import { closeSync, fsyncSync, openSync, rmSync, writeSync } from "node:fs";
import { resolve } from "node:path";
import { forTerminal } from "../base/text.ts";
import type { ExitCode } from "./io.ts";
import { done, failed, type KeysDeps, type KeysOptions, misuse, withKeys } from "./keys-backend.ts";

const warning =
  "These are private keys in the clear: whoever has them can use every role that trusts this server. Keep them in a safe, apart " +
  "from the database; not on a disk, in a repository or in a chat.";

/** `countersign keys export FILE`, or `--stdout`. The file must not be there yet, and is for its owner only. */
export async function keysExport(
  file: string | undefined,
  options: KeysOptions & { readonly stdout?: boolean },
  deps: KeysDeps,
): Promise<ExitCode> {
  const { io } = deps;
  const wanted = options.stdout === true;
  if (wanted === (file !== undefined))
    return misuse(io, "Name a file that is not there yet, or write --stdout: `countersign keys export keys.json`.");
  if (wanted && options.json) return misuse(io, "--stdout prints the export itself, which is JSON already.");
  const path = file === undefined ? undefined : resolve(io.cwd, file);
  // Made before anything is asked for: where it cannot be, no key leaves the server.
  const made = path === undefined ? undefined : create(path);
  if (typeof made === "string") return misuse(io, made);
  let written = false;
  try {
    return await withKeys(deps, options, async (call) => {
      const reply = await call("keys_export", {});
      if (!reply.ok) return failed(io, options, reply);
      const text = `${JSON.stringify(reply.result.export, null, 2)}\n`;
      if (made === undefined) io.out(text);
      else writeWhole(made, text);
      written = true;
      io.err(`${warning}\n`);
      if (path !== undefined && options.json) done(io, { file: path });
      else if (path !== undefined) io.out(`Written to ${forTerminal(path, 4096)}.\n`);
      return 0;
    });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    return failed(io, options, { code: "not_written", message: `The file could not be written (${code}).` });
  } finally {
    if (made !== undefined) closeSync(made);
    if (path !== undefined && !written) rmSync(path, { force: true });
  }
}

/** O_EXCL: neither an old export nor what a link points to is overwritten. */
function create(path: string): number | string {
  try {
    return openSync(path, "wx", 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return `${path} is there already, and an export overwrites nothing: name another file.`;
    return `${path} cannot be made (${code ?? "unknown error"}).`;
  }
}

function writeWhole(file: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
  fsyncSync(file);
}
