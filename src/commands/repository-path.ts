import { existsSync, realpathSync, statSync } from "node:fs";
import { isAbsolute, join, relative, resolve, sep } from "node:path";

const cure = "Write it as the repository has it, for example targets/aws-prod.yml.";

/**
 * A path of a repository as git has it: `./` and `/` in front are taken off, and a path of this machine inside the
 * repository's folder is made relative to it.
 * @param repo the repository's folder, absolute
 * @returns the path, or one sentence that says what is wrong and what to write
 */
export function repositoryPath(given: string, repo: string): { readonly path: string } | { readonly problem: string } {
  const problem = (what: string) => ({ problem: `${JSON.stringify(given.slice(0, 200))} ${what} ${cure}` });
  // Linux and git take no longer path (PATH_MAX).
  if (given.length > 4096) return problem("is longer than any path.");
  const inside = isAbsolute(given) ? insideOf(given, repo) : undefined;
  if (isAbsolute(given) && inside === undefined && existsSync(given)) return problem("is outside of the repository.");
  const path = (inside ?? given).replace(/^(?:\.?\/)+/, "");
  const segments = path.split("/");
  if (path === "" || segments.at(-1) === "") return problem("names no file.");
  if (segments.includes("..")) return problem("may lead out of the repository.");
  if (segments.some((segment) => segment === "" || segment === "."))
    return problem("has an empty folder or one of a dot.");
  if (isFolder(join(repo, path))) return problem("is a folder; owners are of files.");
  return { path };
}

/** A name that this disk cannot hold, or may not be asked for, can still be a path of the repository. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function insideOf(given: string, repo: string): string | undefined {
  for (const root of new Set([repo, realPath(repo)])) {
    const path = relative(root, resolve(given));
    // A slash at the end, `..` and the like stay as given, to be refused with everything else.
    if (path !== "" && path !== ".." && !path.startsWith(`..${sep}`) && given.startsWith(root + sep)) {
      return given.slice(root.length + 1);
    }
  }
  return undefined;
}
