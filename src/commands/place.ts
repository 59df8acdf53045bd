import type { RepositoryPlace } from "../access-repo/index.ts";
import type { Git } from "../audit/git.ts";
import { forTerminal } from "../base/text.ts";
import { openRepo } from "./history.ts";
import { Misuse } from "./misuse.ts";

/** What the options of a command say about where the access repo is; the clone's own remote says the rest. */
export interface PlaceOptions {
  /** owner/name, or a whole address of the repository */
  readonly repository?: string;
  /** Web address of the GitHub host. */
  readonly host?: string;
  readonly branch?: string;
}

export interface RemotePlace {
  readonly host: string;
  readonly fullName: string;
}

const ownerName = "[A-Za-z0-9](?:-?[A-Za-z0-9_]){0,99}";
const shape = new RegExp(`^${ownerName}/(?!\\.{1,2}$)[A-Za-z0-9._-]{1,100}$`);
/** `owner/name` as GitHub has them. */
const isFullName = (text: string): boolean => shape.test(text);

/**
 * `https://github.com/acme/access.git`, `git@github.com:acme/access`, `ssh://git@host:22/acme/access`: host and name.
 * Credentials in an address are dropped: what is made of it is shown and committed. Undefined where the host is not told, as by
 * names without a dot, which are shortcuts of somebody's git or ssh configuration.
 */
export function parseRemote(url: string): RemotePlace | undefined {
  const text = url.trim();
  const [, scpHost, scpPath] = /^(?:[\w.-]{1,64}@)?([A-Za-z0-9.-]{1,253}):(?!\/)([^\s]{1,250})$/.exec(text) ?? [];
  if (scpHost !== undefined && scpPath !== undefined) return overSsh(scpHost, scpPath);
  const parsed = URL.parse(text);
  if (parsed === null) return undefined;
  const { protocol, origin, hostname, pathname } = parsed;
  if (protocol === "https:" || protocol === "http:") return placeOf(origin, pathname);
  return protocol === "ssh:" || protocol === "git:" ? overSsh(hostname, pathname) : undefined;
}

/** An SSH port says nothing about the web. GitHub answers SSH on port 443 under a name of its own (docs: SSH over the HTTPS port). */
function overSsh(host: string, path: string): RemotePlace | undefined {
  const name = host.toLowerCase();
  return name.includes(".") ? placeOf(`https://${name === "ssh.github.com" ? "github.com" : name}`, path) : undefined;
}

function placeOf(host: string, path: string): RemotePlace | undefined {
  const name = path
    .replace(/^\/+/, "")
    .replace(/\/+$/, "")
    .replace(/\.git$/, "");
  // The longest name of a host (RFC 1035 section 2.3.4), with scheme and port.
  return host.length <= 270 && isFullName(name) ? { host, fullName: name } : undefined;
}

/**
 * Where the access repo in `dir` is on GitHub; null where neither options nor a remote of its own say it.
 * @param fallback the host where only the name is known
 * @throws Misuse for options that say nothing that can be
 */
export async function readPlace(
  dir: string,
  options: PlaceOptions,
  fallback = "https://github.com",
): Promise<RepositoryPlace | null> {
  const named = options.repository === undefined ? undefined : repositoryOption("--repository", options.repository);
  const host = options.host === undefined ? undefined : hostOption(options.host);
  const branch = options.branch === undefined ? undefined : branchOption(options.branch);
  // Below the top, the repository around this folder is another one.
  const repo = await openRepo(dir);
  const git = "gap" in repo ? undefined : repo.git;
  const remote = git === undefined ? undefined : parseRemote(await ask(git, "config", "--get", "remote.origin.url"));
  const fullName = named?.fullName ?? remote?.fullName;
  if (fullName === undefined) return null;
  return {
    host: host ?? named?.host ?? remote?.host ?? fallback,
    fullName,
    defaultBranch: branch ?? (git === undefined ? undefined : await defaultBranchOf(git)) ?? "main",
  };
}

const ask = async (git: Git, ...args: string[]): Promise<string> =>
  ((await git.maybe(args).catch(() => undefined)) ?? "").trim();

const origins = ["HEAD", "main", "master"].map((name) => `refs/remotes/origin/${name}`);

/** As far as the clone knows it; of one that has no commit yet, the branch that the first will be on. */
async function defaultBranchOf(git: Git): Promise<string | undefined> {
  const lines = (await ask(git, "for-each-ref", "--format=%(refname) %(symref)", ...origins)).split("\n");
  const refs = new Map(lines.map((line) => [line.split(" ")[0] ?? "", line.split(" ")[1] ?? ""]));
  const known = origins.find((name) => refs.has(name));
  if (known !== undefined) return (refs.get(known) || known).replace(/^refs\/remotes\/origin\//, "");
  if ((await ask(git, "for-each-ref", "--count=1")) !== "") return undefined;
  return (await ask(git, "symbolic-ref", "--quiet", "HEAD")).replace(/^refs\/heads\//, "") || undefined;
}

/** What was typed, as it may be shown: a copied address may hold a token, before the host or behind the path. */
export const shown = (text: string): string =>
  `"${forTerminal(text, 300)
    .replace(/^([a-z+.-]{1,20}:\/\/)?[^/]*@/i, "$1***@")
    .replace(/^([a-z+.-]{1,20}:\/\/[^?#]*)[?#].*$/i, "$1")
    .slice(0, 100)}"`;

/** @throws Misuse where it is neither `owner/name` nor the address of a repository */
export function repositoryOption(flag: string, text: string): { readonly fullName: string; readonly host?: string } {
  if (isFullName(text)) return { fullName: text };
  const place = parseRemote(text);
  if (place === undefined) throw new Misuse(`${flag}: write owner/name, not ${shown(text)}.`);
  return place;
}

/** An origin: nothing of what is behind it, and no credentials. @throws Misuse */
export function hostOption(text: string): string {
  const url = URL.parse(/^[a-z0-9.-]+(?::[0-9]{1,5})?$/i.test(text) ? `https://${text}` : text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.pathname !== "/" || hasMore(url))
    throw new Misuse(`--host: write an address such as https://github.com, not ${shown(text)}.`);
  return url.origin;
}

/** True where an address says more than where something is. */
export const hasMore = (url: URL): boolean =>
  url.search !== "" || url.hash !== "" || url.username !== "" || url.password !== "";

/** The name of a branch, as far as a link needs it to be one (git-check-ref-format). */
function branchOption(text: string): string {
  if (text.length > 244 || !/^[^\s\p{C}~^:?*[\\-][^\s\p{C}~^:?*[\\]*$/u.test(text) || /\.\.|@\{|\/\/|[./]$/.test(text))
    throw new Misuse(`--branch: write the name of a branch, such as main, not ${shown(text)}.`);
  return text;
}
