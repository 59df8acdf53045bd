import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { gitHubOf } from "../../config-readers.ts";
import { isLoopback, Unusable } from "../../config-values.ts";
import { Misuse } from "../misuse.ts";
import { tokenIn, tokenNames } from "../token.ts";

type Env = Readonly<Record<string, string | undefined>>;

export interface Where {
  /** As `gh --hostname` takes it. */
  readonly host: string;
  readonly apiUrl: string;
  readonly webUrl: string;
  readonly fullName: string;
}

const shape =
  /^(?:([A-Za-z0-9](?:[A-Za-z0-9.:-]{0,250}))\/)?([A-Za-z0-9](?:-?[A-Za-z0-9_]){0,99})\/(?!\.{1,2}$)([A-Za-z0-9._-]{1,100})$/;

/** `[HOST/]OWNER/REPO` as gh takes it; without a host GH_HOST, as gh does, then GHE_HOST, which the server has. @throws Misuse */
export function whereOf(named: string, env: Env): Where {
  const [, hostNamed, owner, name] = shape.exec(named) ?? [];
  if (owner === undefined || name === undefined)
    throw new Misuse(`Write OWNER/REPO or HOST/OWNER/REPO, not "${named}".`);
  const host = (hostNamed ?? (env["GH_HOST"]?.trim() || env["GHE_HOST"]?.trim() || "github.com")).toLowerCase();
  try {
    // gh speaks https alone; a GitHub on this machine is the sandbox.
    const local = isLoopback(host.split(":")[0] ?? "");
    const { apiUrl, webUrl } = gitHubOf(host, local && env["GHE_PROTOCOL"] === "http" ? "http" : "https");
    return { host, apiUrl, webUrl, fullName: `${owner}/${name}` };
  } catch (error) {
    if (error instanceof Unusable) throw new Misuse(`The GitHub host "${host}" ${error.message}.`);
    throw error;
  }
}

/** `gh auth token`; undefined where there is no gh, or nobody is logged in there. */
export type GhToken = (host: string) => Promise<string | undefined>;

export const ghToken: GhToken = async (host) => {
  try {
    const { stdout } = await promisify(execFile)("gh", ["auth", "token", "--hostname", host], { timeout: 20_000 });
    return stdout.trim() || undefined;
  } catch {
    return undefined;
  }
};

/** The person's token for a host, of the environment or of gh. @throws Misuse */
export async function tokenFor(host: string, env: Env, ask: GhToken): Promise<string> {
  const given = tokenIn(host, env);
  const token = given?.token ?? (await ask(host));
  const login = `gh auth login${host === "github.com" ? "" : ` --hostname ${host}`}`;
  if (token === undefined)
    throw new Misuse(`There is no token for ${host}: run \`${login}\`, or set ${tokenNames(host)[0]}.`);
  // What a header cannot hold; told without the token itself.
  if (/[^!-~]/.test(token))
    throw new Misuse(`${given?.name ?? "The token of gh"} holds white space or other characters that no token has.`);
  return token;
}
