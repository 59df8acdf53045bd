import type { RepositoryPlace } from "../access-repo/index.ts";
import { openGit } from "../audit/git.ts";

/** What the options of a command say about where the access repo is; the clone's own remote says the rest. */
export interface PlaceOptions {
  /** owner/name */
  readonly repository?: string;
  /** Web address of the GitHub host. */
  readonly host?: string;
  readonly branch?: string;
}

const fullName = /^[A-Za-z0-9](?:-?[A-Za-z0-9_]){0,99}\/[A-Za-z0-9._-]{1,100}$/;

/**
 * `https://github.com/acme/access.git`, `git@github.com:acme/access`, `ssh://git@host:22/acme/access`: host and name.
 * Credentials in an address are dropped: what is made of it is shown and committed.
 */
export function parseRemote(url: string): { readonly host: string; readonly fullName: string } | undefined {
  const text = url.trim();
  const [, scpHost, scpPath] = /^(?:[\w.-]{1,64}@)?([A-Za-z0-9.-]{1,253}):(?!\/)([^\s]{1,250})$/.exec(text) ?? [];
  if (scpHost !== undefined && scpPath !== undefined) return placeOf(`https://${scpHost}`, scpPath);
  const parsed = URL.parse(text);
  if (parsed === null || !["https:", "http:", "ssh:", "git:"].includes(parsed.protocol)) return undefined;
  // An SSH port says nothing about the web; a web port does.
  const web = parsed.protocol === "http:" || parsed.protocol === "https:";
  return placeOf(web ? `${parsed.protocol}//${parsed.host}` : `https://${parsed.hostname}`, parsed.pathname);
}

function placeOf(host: string, path: string): { readonly host: string; readonly fullName: string } | undefined {
  const name = path
    .replace(/^\/+/, "")
    .replace(/\/+$/, "")
    .replace(/\.git$/, "");
  return fullName.test(name) ? { host, fullName: name } : undefined;
}

/** Where the access repo in `dir` is on GitHub; null where neither options nor a remote say it. */
export async function readPlace(dir: string, options: PlaceOptions): Promise<RepositoryPlace | null> {
  const git = openGit(dir);
  const ask = async (...args: string[]): Promise<string | undefined> =>
    (await git.maybe(args).catch(() => undefined))?.trim();
  const remote = parseRemote((await ask("config", "--get", "remote.origin.url")) ?? "");
  const name = options.repository ?? remote?.fullName;
  if (name === undefined) return null;
  const head = await ask("symbolic-ref", "--short", "refs/remotes/origin/HEAD");
  return {
    host: options.host ?? remote?.host ?? "https://github.com",
    fullName: name,
    defaultBranch: options.branch ?? head?.replace(/^origin\//, "") ?? "main",
  };
}
