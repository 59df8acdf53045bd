import { z } from "zod";
import { hostIn, isCloud, tokenIn, tokenNames } from "./commands/token.ts";

const answer = z.object({ id: z.number(), full_name: z.string() });

/** GitHub's REST address, by the names that the server's own configuration has. */
export function apiOf(env: Readonly<Record<string, string | undefined>>): string {
  const host = env.GHE_HOST?.trim();
  if (!host || host === "github.com") return "https://api.github.com";
  const subdomain = /^([a-z0-9-]+)\.ghe\.com$/.exec(host)?.[1];
  return subdomain ? `https://api.${subdomain}.ghe.com` : `${env.GHE_PROTOCOL ?? "https"}://${host}/api/v3`;
}

/**
 * Name and id of a repository as GitHub has them now, for `countersign enroll`.
 * @returns the facts, or one sentence that says what to do
 */
export async function repositoryFacts(
  repository: string,
  env: Readonly<Record<string, string | undefined>>,
  get: typeof fetch = fetch,
): Promise<{ readonly id: number; readonly fullName: string } | string> {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]*\/[A-Za-z0-9._-]+$/.test(repository))
    return `Write owner/name, not ${JSON.stringify(repository)}.`;
  const api = apiOf(env);
  const host = hostIn(env);
  const token = tokenIn(host, env)?.token;
  const [name] = tokenNames(host);
  const response = await get(`${api}/repos/${repository}`, {
    headers: { accept: "application/vnd.github+json", ...(token ? { authorization: `Bearer ${token}` } : {}) },
    redirect: "error",
    signal: AbortSignal.timeout(10_000),
    // Not the error's own words: about a header that cannot be sent they hold the token.
  }).catch(() => undefined);
  if (response === undefined) return `${api} did not answer. Is it reachable from here, and ${name} one line?`;
  if (response.status === 404 || response.status === 401) {
    return `GitHub shows no ${repository} (${response.status}). If it is private, set ${name}, for example to \`gh auth token${isCloud(host) ? "" : ` --hostname ${host}`}\`.`;
  }
  const parsed = answer.safeParse(await response.json().catch(() => null));
  if (!response.ok || !parsed.success) return `GitHub answered ${response.status}; try again.`;
  return { id: parsed.data.id, fullName: parsed.data.full_name };
}
