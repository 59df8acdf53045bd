import { lstat, realpath } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { settingsPath } from "../access-repo/index.ts";
import { forTerminal } from "../base/text.ts";
import { Misuse } from "./misuse.ts";

const quote = (text: string): string => `"${forTerminal(text, 200)}"`;

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch {
    return false;
  }
}

/**
 * The access repo's folder, absolute and without links: `asked`, or the nearest at or above `cwd` that has settings.
 * @throws Misuse where there is none
 */
export async function findRepo(cwd: string, asked: string | undefined): Promise<string> {
  if (asked !== undefined) {
    const root = await realpath(resolve(cwd, asked)).catch(() => undefined);
    const folder = root !== undefined && (await lstat(root)).isDirectory();
    if (root === undefined || !folder) throw new Misuse(`--repo: there is no folder ${quote(asked)}.`);
    if (await looksLike(root)) return root;
    throw new Misuse(
      `--repo: ${quote(asked)} is no access repo: it has no ${settingsPath}, no targets and no requests.`,
    );
  }
  const here = await realpath(cwd).catch(() => undefined);
  if (here === undefined) throw new Misuse("The working folder is gone. Name the access repo's folder: --repo DIR.");
  for (let folder = here; ; folder = dirname(folder)) {
    if (await exists(join(folder, settingsPath))) return folder;
    if (folder === dirname(folder)) break;
  }
  if (await looksLike(here)) return here;
  throw new Misuse(`No ${settingsPath} here or above. Name the access repo's folder: --repo DIR.`);
}

/** Without settings it is an access repo that lacks them, which is a finding, not a misuse. */
const looksLike = async (root: string): Promise<boolean> =>
  (await Promise.all([settingsPath, "targets", "requests"].map((path) => exists(join(root, path))))).includes(true);

/**
 * Paths of the repo, with `/`, from names as people give them: seen from `cwd` or from the repo's top. A folder stands for all
 * that is in it; the top itself is the empty path.
 * @throws Misuse for what does not exist or lies outside
 */
export async function pathsInRepo(root: string, cwd: string, names: readonly string[]): Promise<readonly string[]> {
  const paths: string[] = [];
  for (const name of names) {
    const seen = await Promise.all([place(root, resolve(cwd, name)), place(root, resolve(root, name))]);
    const inside = seen.find((path) => path !== undefined && path !== "outside");
    if (inside !== undefined) paths.push(inside.path);
    else if (seen.includes("outside"))
      throw new Misuse(
        `${quote(name)} is not inside the access repo ${quote(root)}. For files of another one: --repo DIR.`,
      );
    else throw new Misuse(`${quote(name)} does not exist, neither here nor in the access repo ${quote(root)}.`);
  }
  return paths;
}

type Place = { readonly path: string } | "outside" | undefined;

/** Links in the folders of a name are followed to see where it lies; the last part is not, since a link is told as one. */
async function place(root: string, absolute: string): Promise<Place> {
  if (!(await exists(absolute))) return undefined;
  const folder = await realpath(dirname(absolute)).catch(() => undefined);
  if (folder === undefined) return undefined;
  const real = absolute === dirname(absolute) ? absolute : join(folder, basename(absolute));
  const path = relative(root, real === root ? root : real);
  if (path === ".." || path.startsWith(`..${sep}`) || resolve(root, path) !== real) return "outside";
  return { path: path.split(sep).join("/") };
}
