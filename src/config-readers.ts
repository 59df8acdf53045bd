import type { FreezeEntry } from "./access-repo/types.ts";
import { type RepositoryId, repositoryId } from "./base/ids.ts";
import { isLoopback, Unusable, url } from "./config-values.ts";
import { isProxyRange } from "./http/sources.ts";

// Readers of the values that only Countersign has, for config.ts. They throw `Unusable`, see config-values.ts.

export interface EnrolledRepo {
  readonly owner: string;
  readonly name: string;
  readonly repositoryId: RepositoryId;
}

/** github.com, GitHub Enterprise Cloud with data residency (SUB.ghe.com), or a GitHub Enterprise Server. */
export function gitHubOf(host: string, protocol: "https" | "http") {
  if (host.toLowerCase() === "github.com")
    return {
      apiUrl: "https://api.github.com",
      webUrl: "https://github.com",
      oidcIssuer: "https://token.actions.githubusercontent.com",
    };
  const webUrl = url(`${protocol}://${host}`, { path: false, port: true });
  const subdomain = /^([a-z0-9-]+)\.ghe\.com$/.exec(host)?.[1];
  if (subdomain)
    return {
      apiUrl: `https://api.${subdomain}.ghe.com`,
      webUrl,
      oidcIssuer: `https://token.actions.${subdomain}.ghe.com`,
    };
  if (!isLoopback(new URL(webUrl).hostname) && !host.includes(".")) throw new Unusable("is not a full host name");
  return { apiUrl: `${webUrl}/api/v3`, webUrl, oidcIssuer: `${webUrl}/_services/token` };
}

/** `owner/name#id`: the id pins the repository, the name is for people (C48). */
export function enrolledRepos(text: string): readonly EnrolledRepo[] {
  const repos = text
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .map((entry) => {
      const [, owner, name, id] =
        /^([A-Za-z0-9][A-Za-z0-9_-]{0,38})\/([A-Za-z0-9._-]{1,100})#([1-9][0-9]{0,15})$/.exec(entry) ?? [];
      if (!owner || !name || !id || !Number.isSafeInteger(Number(id)))
        throw new Unusable(`has "${entry.slice(0, 100)}", which is not owner/name#<repository id>`);
      return { owner, name, repositoryId: repositoryId(id) };
    });
  if (repos.length === 0) throw new Unusable("names no repository");
  if (new Set(repos.map((r) => r.repositoryId)).size < repos.length) throw new Unusable("has one repository id twice");
  if (new Set(repos.map((r) => `${r.owner}/${r.name}`.toLowerCase())).size < repos.length)
    throw new Unusable("has one repository name twice");
  return repos;
}

/** A freeze that cannot be read must not be no freeze: then the server does not start. */
export function freezeEntries(text: string): readonly FreezeEntry[] {
  return text.split(",").map((part): FreezeEntry => {
    const entry = part.trim();
    if (entry === "all") return { kind: "all" };
    const [, kind, name] = /^(target|requester|approver):\s*@?(\S+)$/.exec(entry) ?? [];
    if (kind === "target" && name && /^[a-z0-9][a-z0-9-]{0,62}$/.test(name)) return { kind, target: name };
    if ((kind === "requester" || kind === "approver") && name && /^[A-Za-z0-9][A-Za-z0-9_-]*(\[bot\])?$/.test(name))
      return { kind, login: name };
    throw new Unusable(
      `has "${entry.slice(0, 100)}", which is neither all, target:<name>, requester:<login> nor approver:<login>`,
    );
  });
}

/** Addresses and CIDR ranges; a range that holds every address would believe anybody. */
export function proxyRanges(text: string): readonly string[] {
  const ranges = text.split(/[\s,]+/).filter((range) => range !== "");
  for (const range of ranges) {
    if (!isProxyRange(range) || range.endsWith("/0"))
      throw new Unusable(`has "${range.slice(0, 100)}", which is no address or range such as 10.0.0.0/8`);
  }
  return ranges;
}

export function postgresUrl(text: string): string {
  if (!/^postgres(ql)?:\/\//.test(text)) throw new Unusable("must begin with postgres:// or postgresql://");
  if (!URL.canParse(text)) throw new Unusable("is not a URL (percent-encode special characters of the password)");
  return text;
}
