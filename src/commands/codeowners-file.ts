import { type FileHandle, open, readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type Codeowners, codeownersPlaces, parseCodeowners } from "../access-repo/index.ts";

// One byte more than GitHub loads: enough to see that a file is too large, whatever its size.
const enough = 3_000_001;

/** The file that somebody names, whatever its name; or one sentence that says what to do. */
export async function readCodeownersFile(file: string, cwd: string): Promise<Codeowners | string> {
  try {
    const text = await textOf(resolve(cwd, file));
    const { rules, diagnostics } = parseCodeowners([{ path: file, text }, undefined, undefined]);
    return { path: file, rules, diagnostics: diagnostics.map((found) => ({ ...found, file })) };
  } catch (error) {
    return `Cannot read ${file} (${codeOf(error)}). Name a CODEOWNERS file, or leave --codeowners out for the one in force.`;
  }
}

/** The file in force in the working tree of an access repo; or one sentence that says what to do. */
export async function readCodeownersInForce(repo: string, cwd: string): Promise<Codeowners | string> {
  try {
    const root = resolve(cwd, repo);
    await readdir(root);
    const [first, second, third] = codeownersPlaces;
    return parseCodeowners([await place(root, first), await place(root, second), await place(root, third)]);
  } catch (error) {
    return `Cannot read ${repo} (${codeOf(error)}). Name the folder of an access repo with --repo.`;
  }
}

/**
 * A place as git would have it: names compared with case also on disks that fold it, and no link followed, since git keeps a
 * link as a link and GitHub does not follow it.
 */
async function place(root: string, path: string): Promise<{ path: string; text: string | undefined } | undefined> {
  const folders = path.split("/");
  const name = folders.pop();
  let folder = root;
  for (const next of folders) {
    const entries = await readdir(folder, { withFileTypes: true });
    if (!entries.some((entry) => entry.name === next && entry.isDirectory())) return undefined;
    folder = join(folder, next);
  }
  const entry = (await readdir(folder, { withFileTypes: true })).find((one) => one.name === name);
  if (entry === undefined) return undefined;
  return { path, text: entry.isFile() ? await textOf(join(folder, entry.name)) : undefined };
}

/** Undefined where the bytes are not UTF-8. Also reads pipes: `--codeowners <(git show main:.github/CODEOWNERS)`. */
async function textOf(file: string): Promise<string | undefined> {
  const handle = await open(file, "r");
  try {
    const bytes = await readUpTo(handle);
    // A byte order mark stays: whether GitHub skips it is not known, so that it must be seen.
    const decoder = new TextDecoder("utf-8", { fatal: bytes.length < enough, ignoreBOM: true });
    return decoder.decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  } finally {
    await handle.close();
  }
}

async function readUpTo(handle: FileHandle): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (let size = 0; size < enough; ) {
    const { bytesRead, buffer } = await handle.read(new Uint8Array(Math.min(65_536, enough - size)));
    if (bytesRead === 0) break;
    chunks.push(buffer.subarray(0, bytesRead));
    size += bytesRead;
  }
  return Buffer.concat(chunks);
}

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "not readable";
