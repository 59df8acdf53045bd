import type { GithubPlanData } from "./types.ts";

/** "Create an installation access token for an app" (GitHub's REST reference); the installation is the second App's. */
export const githubTokenPath = (installation: string): string => `/app/installations/${installation}/access_tokens`;

/**
 * Its body. Both members are always there and never empty: GitHub takes absent permissions for all that the App has, and
 * absent repositories for all of the installation.
 */
export const githubTokenBody = (data: Pick<GithubPlanData, "permissions" | "repository_ids">) => ({
  permissions: data.permissions,
  repository_ids: data.repository_ids,
});
