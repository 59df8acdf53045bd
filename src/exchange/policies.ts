import { loadPolicy, type LoadedPolicy } from "../access-repo/index.ts";
import type { CommitSha } from "../base/ids.ts";
import type { GitHub, RepoRef } from "../github/types.ts";
import { Recent } from "./recent.ts";

/** Policies by commit, parsed once. A commit's content never changes, so neither does its policy. */
export interface Policies {
  /** @throws RetryLater where GitHub cannot be read. */
  at(repo: RepoRef, commit: CommitSha): Promise<LoadedPolicy>;
}

export function createPolicies(github: Pick<GitHub, "policyAt">): Policies {
  const byCommit = new Recent<LoadedPolicy>(200);
  return {
    at: (repo, commit) =>
      byCommit.get(`${repo.id}:${commit}`, async () => loadPolicy(await github.policyAt(repo, commit))),
  };
}
