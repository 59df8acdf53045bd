import type { PolicyFiles, TreeFile } from "../access-repo/types.ts";
import type { CommitSha, RepositoryId } from "../base/ids.ts";
import type { BranchCommit } from "./types.ts";

/** A map that forgets what was used least recently. For what can never change: its keys hold a repository id and git ids. */
class Lately<T> {
  readonly #most: number;
  readonly #values = new Map<string, T>();
  constructor(most: number) {
    this.#most = most;
  }
  get(key: string): T | undefined {
    const value = this.#values.get(key);
    if (value !== undefined) this.set(key, value);
    return value;
  }
  set(key: string, value: T): void {
    this.#values.delete(key);
    this.#values.set(key, value);
    const [oldest] = this.#values.keys();
    if (this.#values.size > this.#most && oldest !== undefined) this.#values.delete(oldest);
  }
}

/** What a commit says of itself, and the pull request that it merged. Never one without: GitHub tells that a moment later. */
export type CommitFacts = Omit<BranchCommit, "changes">;

/** Longer texts are read again: nothing that we admit is as long, and memory is bounded. */
const longest = 100_000;

/**
 * What was read of git once and need not be read again (DESIGN.md section 4, Live check: caches are keyed by repository id and
 * SHA). Only what GitHub answered is here: never "not there", which may be "not there yet", and never an error (C45).
 */
export class Kept {
  readonly #files = new Lately<TreeFile>(300);
  readonly #policies = new Lately<PolicyFiles>(20);
  readonly #commits = new Lately<CommitFacts>(50);
  readonly #nodes = new Lately<string>(1000);
  /** What check runs said last, by their id: not immutable, but ours alone to change. */
  readonly summaries = new Lately<string>(100);
  readonly #mergeBases = new Lately<CommitSha>(200);

  file(repo: RepositoryId, commit: CommitSha, path: string): TreeFile | undefined {
    return this.#files.get(`${repo} ${commit} ${path}`);
  }
  keepFile(repo: RepositoryId, commit: CommitSha, file: TreeFile): void {
    if ((file.text?.length ?? 0) <= longest) this.#files.set(`${repo} ${commit} ${file.path}`, file);
  }
  policy(repo: RepositoryId, commit: CommitSha): PolicyFiles | undefined {
    return this.#policies.get(`${repo} ${commit}`);
  }
  keepPolicy(repo: RepositoryId, commit: CommitSha, policy: PolicyFiles): void {
    this.#policies.set(`${repo} ${commit}`, policy);
  }
  commit(repo: RepositoryId, sha: CommitSha): CommitFacts | undefined {
    return this.#commits.get(`${repo} ${sha}`);
  }
  keepCommit(repo: RepositoryId, commit: CommitFacts): void {
    if (commit.pullRequest) this.#commits.set(`${repo} ${commit.sha}`, commit);
  }
  mergeBase(repo: RepositoryId, base: CommitSha, head: CommitSha): CommitSha | undefined {
    return this.#mergeBases.get(`${repo} ${base} ${head}`);
  }
  keepMergeBase(repo: RepositoryId, base: CommitSha, head: CommitSha, found: CommitSha): void {
    this.#mergeBases.set(`${repo} ${base} ${head}`, found);
  }
  /** A pull request's node id, which mutations want; its number is never another's. */
  node(repo: RepositoryId, number: number): string | undefined {
    return this.#nodes.get(`${repo} ${number}`);
  }
  keepNode(repo: RepositoryId, number: number, id: string): void {
    this.#nodes.set(`${repo} ${number}`, id);
  }
}
