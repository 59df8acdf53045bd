type Env = Readonly<Record<string, string | undefined>>;

/**
 * The variables that hold a person's token for a host, the first first, by gh's rules (`gh help environment`): GH_TOKEN and GITHUB_TOKEN are
 * for github.com and ghe.com alone, so that a token of GitHub's is never sent to a server of somebody else.
 * @param host without a scheme; with a port or not
 */
export const tokenNames = (host: string): readonly [string, string] =>
  isCloud(host) ? ["GH_TOKEN", "GITHUB_TOKEN"] : ["GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"];

/** Whether a host is GitHub's own. */
export const isCloud = (host: string): boolean => host === "github.com" || host.endsWith(".ghe.com");

/** The first of `tokenNames` that is set, without the white space around it. */
export function tokenIn(host: string, env: Env): { readonly name: string; readonly token: string } | undefined {
  for (const name of tokenNames(host)) {
    const token = env[name]?.trim();
    if (token) return { name, token };
  }
  return undefined;
}

/** The host that commands speak to: GHE_HOST, else github.com. */
export const hostIn = (env: Env): string => env["GHE_HOST"]?.trim().toLowerCase() || "github.com";
