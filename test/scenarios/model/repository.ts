import { createHash } from "node:crypto";
import type { PolicyFiles, TreeFile } from "../../../src/access-repo/types.ts";
import type { Actor, Push, Review } from "../../../src/approval/types.ts";
import {
  type CommitSha,
  objectId,
  type OwnerId,
  type PullRequestId,
  type RepositoryId,
} from "../../../src/base/ids.ts";
import type { CheckContent, IssueComment } from "../../../src/github/types.ts";
import { type Commit, Git, blobId, type Tree } from "./git.ts";

export interface PullRequest {
  readonly id: PullRequestId;
  readonly number: number;
  author: Actor | null;
  title: string;
  state: "open" | "closed" | "merged";
  draft: boolean;
  base: string;
  readonly branch: string;
  /** Follows its branch while it is open. */
  head: CommitSha;
  headRepository: RepositoryId | null;
  mergeCommit: CommitSha | null;
  reviews: (Review & { readonly id: number })[];
  requested: string[];
  readonly createdAt: Date;
  reopenedAt: Date | null;
  closedBy: Actor | null;
}
export interface Activity extends Push {
  readonly ref: string;
}
export interface Said extends Omit<IssueComment, "body" | "edited"> {
  body: string;
  edited: boolean;
}
export interface Issue {
  readonly number: number;
  readonly author: Actor;
  title: string;
  body: string;
  state: "open" | "closed";
}

export interface OurCheck extends CheckContent {
  readonly id: number;
  /** How often it was posted. */
  readonly posted: number;
}
export interface OthersCheck {
  readonly id: number;
  readonly app: string;
  readonly name: string;
  readonly head: CommitSha;
  readonly conclusion: string;
}

/** One repository of the model: what GitHub would know of it. */
export class Repository {
  readonly git = new Git();
  readonly pulls = new Map<number, PullRequest>();
  readonly issues = new Map<number, Issue>();
  /** By number of a pull request or issue. */
  readonly comments = new Map<number, Said[]>();
  readonly activity: Activity[] = [];
  /** The check runs `countersign` of ours: the newest of each external id on each head. */
  readonly checks = new Map<string, OurCheck>();
  /** Check runs of other Apps, whatever name they have. */
  readonly othersChecks: OthersCheck[] = [];
  readonly writers = new Set<string>();
  readonly defaultBranch = "main";
  readonly id: RepositoryId;
  ownerId: OwnerId;
  fullName: string;
  installed = true;
  numbers = 0;

  constructor(id: RepositoryId, ownerId: OwnerId, fullName: string) {
    this.id = id;
    this.ownerId = ownerId;
    this.fullName = fullName;
  }

  /** What our check run of a pull request shows on its head. */
  checkOf({ head, number }: PullRequest): OurCheck | undefined {
    return this.checks.get(`${head} ${this.id}#${number}`);
  }
  /** Moves a branch, and the pull requests that are open from it. */
  push(branch: string, to: CommitSha, by: Actor | null, at: Date): void {
    const before = this.git.branches.get(branch) ?? "0".repeat(40);
    this.git.branches.set(branch, to);
    this.activity.push({ ref: branch, before, after: to, actor: by, at });
    for (const pull of this.pulls.values()) if (pull.branch === branch && pull.state === "open") pull.head = to;
  }
}

const file = (tree: Tree, path: string): TreeFile | undefined => {
  const found = tree.get(path);
  return found && { path, oid: blobId(found.text), mode: found.mode, text: found.text };
};
export const treeFile = (commit: Commit, path: string): TreeFile | null => file(commit.tree, path) ?? null;

export function policyOf({ tree }: Commit): PolicyFiles {
  const targets = [...tree.keys()].filter((path) => path.startsWith("targets/")).sort();
  const files = targets.flatMap((path) => file(tree, path) ?? []);
  const names = files.map((one) => `${one.mode} ${one.path} ${one.oid}`).join("\n");
  return {
    settings: file(tree, ".github/countersign.yml"),
    targetsTree: files.length === 0 ? undefined : objectId(createHash("sha1").update(names).digest("hex")),
    targets: files,
    codeowners: [file(tree, ".github/CODEOWNERS"), file(tree, "CODEOWNERS"), file(tree, "docs/CODEOWNERS")],
  };
}
