import { TokenRefused, type Installation, missingPermissions, type TokenApp } from "../../github/index.ts";
import { CloudError } from "../errors.ts";
import type { CheckInput } from "../types.ts";
import { githubTokenError } from "./errors.ts";

/**
 * Whether the second App is installed on the owner, holds the role's permissions, and has the role's repositories. The token that
 * is asked for reads metadata and nothing else, and is revoked at once. The subject is of no matter: GitHub gets no assertion.
 */
export async function checkGithub(
  { role, access, signal }: CheckInput<"github">,
  app: TokenApp,
  accessRepos: ReadonlySet<number>,
): Promise<void> {
  signal.throwIfAborted();
  try {
    const installation = await app.installation(access.ownerId);
    if (installation.suspended) throw new TokenRefused("suspended");
    const missing = missingPermissions(installation, role.permissions);
    if (missing.length > 0) throw new TokenRefused("permission", missing);
    await checkRepositories({ app, installation, accessRepos, signal }, role.repositories, access);
  } catch (error) {
    throw githubTokenError(error);
  }
}

interface Where {
  readonly app: TokenApp;
  readonly installation: Installation;
  readonly accessRepos: ReadonlySet<number>;
  readonly signal: AbortSignal;
}

async function checkRepositories(where: Where, names: readonly string[], access: CheckInput["access"]): Promise<void> {
  const { installation, accessRepos } = where;
  const own = `${installation.login.toLowerCase()}/`;
  const foreign = names.find((name) => !name.toLowerCase().startsWith(own));
  if (foreign !== undefined)
    throw refused(`${foreign} is of another owner than the access repo`, "name repositories of the same owner");
  const found = await look(where, names);
  if (found === null) {
    const name = await firstMissing(where, names);
    throw refused(
      `${name} is not in the installation of the App for github targets (BROKER_APP_ID)`,
      "add it there, or correct its name in the target file",
    );
  }
  const never = found.find(({ id }) => id === access.id || accessRepos.has(id));
  if (never) throw refused(`${never.fullName} is an access repo`, "nothing is ever granted on one; take it out");
  if (found.some(({ owner }) => owner !== access.ownerId))
    throw refused("One of the repositories is of another owner than the access repo", "name those of the same owner");
}

const refused = (what: string, cure: string): CloudError => new CloudError("cloud_denied", `${what}: ${cure}.`);

/** What the names stand for; null: not all of them are there. */
async function look({ app, installation, signal }: Where, names: readonly string[]) {
  signal.throwIfAborted();
  const short = names.map((name) => name.slice(name.indexOf("/") + 1));
  const token = await app.look(installation, short);
  if (token === null) return null;
  // It has said what it was asked for. It can read metadata only, so that a failure here is no harm.
  await app.revoke(token.token).catch(() => {});
  return token.repositories;
}

/** By halves: GitHub does not say which of them is not there. At most seven calls for a hundred names. */
async function firstMissing(where: Where, names: readonly string[]): Promise<string> {
  let suspects = names;
  while (suspects.length > 1) {
    const half = suspects.slice(0, Math.ceil(suspects.length / 2));
    suspects = (await look(where, half)) === null ? half : suspects.slice(half.length);
  }
  return suspects[0] ?? "";
}
