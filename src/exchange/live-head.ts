import type { CommitSha, RepositoryId } from "../base/ids.ts";
import type { GitHub, RepoRef } from "../github/types.ts";
import { coalesce } from "../recorder/index.ts";

/** The live tip of an access repo's default branch. */
export interface LiveHead {
  /**
   * One conditional GET shared by all that ask at once; its answer counts only for those who asked before it began
   * (DESIGN.md section 4, Live check). null: the branch is gone. @throws RetryLater
   */
  check(repo: RepoRef & { readonly defaultBranch: string }): Promise<CommitSha | null>;
}

export function createLiveHead(github: Pick<GitHub, "tip">): LiveHead {
  type Repo = Parameters<LiveHead["check"]>[0];
  // As many as access repos; each with the newest name of its repository.
  const named = new Map<RepositoryId, Repo>();
  const lines = new Map<RepositoryId, () => Promise<CommitSha | null>>();
  return {
    check(repo) {
      named.set(repo.id, repo);
      let line = lines.get(repo.id);
      if (!line) {
        line = coalesce(() => {
          const now = named.get(repo.id) ?? repo;
          return github.tip(now, now.defaultBranch);
        });
        lines.set(repo.id, line);
      }
      return line();
    },
  };
}
