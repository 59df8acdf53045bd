import { createHash } from "node:crypto";
import { permissions as grantable } from "../../access-repo/kind-schema.ts";
import { formatInstant } from "../../base/duration.ts";
import { ownerId, repositoryId } from "../../base/ids.ts";
import type { InstallationToken, TokenApp } from "../../github/index.ts";
import { githubTokenBody } from "../../plan/index.ts";
import type { GithubPlanData } from "../../plan/types.ts";
import { brokerOf } from "../broker.ts";
import { CloudError } from "../errors.ts";
import { windowEnded } from "../sign.ts";
import type { Broker, Minted, MintInput } from "../types.ts";
import { checkGithub } from "./check.ts";
import { githubTokenError } from "./errors.ts";

/** What a server with github targets has. */
export interface GithubTokens {
  readonly app: TokenApp;
  /** Every enrolled repository: nothing is ever granted on one (C51). */
  readonly accessRepos: ReadonlySet<number>;
}

/** GitHub gives an hour; some minutes more for two clocks. What says that it lives longer is not what the plan told. */
const longest = 65 * 60_000;

/**
 * An installation token of the second App, for the plan's repositories by id and its permissions (DESIGN.md section 4, Least power
 * over GitHub). It lives an hour whatever is left of the window, so it can be revoked, and is.
 */
export function githubBroker({ app, accessRepos }: GithubTokens): Broker {
  return {
    ...brokerOf(
      "github",
      (input) => mint(input, app, accessRepos),
      (input) => checkGithub(input, app, accessRepos),
    ),
    async revoke(secret) {
      try {
        await app.revoke(secret);
      } catch (error) {
        throw githubTokenError(error);
      }
    },
  };
}

async function mint(input: MintInput<"github">, app: TokenApp, accessRepos: ReadonlySet<number>): Promise<Minted> {
  const { plan, window, now, context, signal } = input;
  signal.throwIfAborted();
  if (window.expiresAt <= now) throw windowEnded();
  checkPlan(plan, new Set([...accessRepos, context.accessRepositoryId]));
  const asked = githubTokenBody(plan);
  let token: InstallationToken;
  try {
    token = await app.mint({
      // Of the workflow, the access repo and each repository: the plan is rendered for one owner only.
      owner: ownerId(plan.workflow.owner_id),
      permissions: asked.permissions,
      repositoryIds: asked.repository_ids.map(repositoryId),
      signal,
    });
  } catch (error) {
    throw githubTokenError(error);
  }
  const wrong = signal.aborted ? "it came too late" : differs(token, plan, now);
  if (wrong !== undefined) {
    // Nobody has it, and nobody shall. Where this fails as well it is lost with this function, and ends within the hour.
    await app.revoke(token.token).catch(() => {});
    throw new CloudError(
      "cloud_misconfigured",
      `GitHub's token is not what was asked for (${wrong}); it was not used.`,
    );
  }
  const expiresAt = token.expiresAt < window.expiresAt ? token.expiresAt : window.expiresAt;
  return {
    response: {
      access_token: token.token,
      issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
      token_type: "Bearer",
      // Revoked at the window's end, which the client shall know; GitHub's own end is in the entry.
      expires_in: Math.max(0, Math.floor((expiresAt.getTime() - now.getTime()) / 1000)),
      github_permissions: plan.permissions,
      github_repositories: token.repositories.map((r) => r.fullName),
    },
    identifiers: {
      installation_id: String(token.installation),
      repository_ids: plan.repository_ids.join(" "),
      permissions: Object.entries(plan.permissions)
        .map(([name, level]) => `${name}: ${level}`)
        .join(", "),
      // As GitHub's audit log has it, which can be searched for it: hashed_token:"…" (docs, Identifying audit log events performed
      // by an access token). A token has too many bits for anybody to find it by its hash.
      hashed_token: createHash("sha256").update(token.token).digest("base64"),
      token_expires_at: formatInstant(token.expiresAt),
    },
    expiresAt,
    revocable: { secret: token.token, until: token.expiresAt },
  };
}

/** The parser and the renderer refused all this before. Here it is about to become a credential (C51). @throws CloudError */
function checkPlan(plan: GithubPlanData, accessRepos: ReadonlySet<number>): void {
  const never = (what: string): CloudError => new CloudError("cloud_misconfigured", `${what}: it is never granted.`);
  if (!grantable.safeParse(plan.permissions).success)
    throw never("The plan asks for a permission that targets cannot have");
  if (plan.repository_ids.length === 0) throw never("The plan names no repository, which GitHub takes for all");
  if (plan.repository_ids.some((id) => accessRepos.has(id))) throw never("The plan names an access repo");
}

/** How a token differs from the plan, in our own words; undefined: not at all. Less is refused as well: it is not what was said. */
function differs(token: InstallationToken, plan: GithubPlanData, now: Date): string | undefined {
  const asked = new Map<string, string>([["metadata", "read"], ...Object.entries(plan.permissions)]);
  const given = new Map(Object.entries(token.permissions));
  for (const [name, level] of given) if (asked.get(name) !== level) return "more permissions";
  // Every token reads metadata, and an answer need not say so.
  for (const name of Object.keys(plan.permissions))
    if (name !== "metadata" && !given.has(name)) return "fewer permissions";
  const ids = new Set<number>(token.repositories.map((r) => r.id));
  if (token.repositories.some((r) => r.owner !== plan.workflow.owner_id)) return "a repository of another owner";
  if ([...ids].some((id) => !plan.repository_ids.includes(id))) return "more repositories";
  if (ids.size !== plan.repository_ids.length) return "fewer repositories";
  if (token.expiresAt <= now || token.expiresAt.getTime() - now.getTime() > longest) return "another lifetime";
  return undefined;
}
