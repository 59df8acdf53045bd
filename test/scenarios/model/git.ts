import { createHash } from "node:crypto";
import type { Change } from "../../../src/approval/types.ts";
import { type CommitSha, commitSha, type ObjectId, objectId } from "../../../src/base/ids.ts";
import type { Actor } from "../../../src/approval/types.ts";

/** A file of a tree. Ids of blobs are git's own, so that equal content is one blob everywhere. */
export interface File {
  readonly text: string;
  readonly mode: number;
}
export type Tree = ReadonlyMap<string, File>;
export interface Commit {
  readonly sha: CommitSha;
  readonly parents: readonly CommitSha[];
  readonly tree: Tree;
  readonly authors: readonly (Actor | null)[];
  readonly committer: Actor | null | "web-flow";
  readonly at: Date;
}
/** A path and what it becomes; null: it is deleted. */
export type Edit = Readonly<Record<string, string | File | null>>;

export const blobId = (text: string): ObjectId =>
  objectId(
    createHash("sha1")
      .update(`blob ${Buffer.byteLength(text)}\0${text}`)
      .digest("hex"),
  );

const plain = 0o100644;

export function edited(tree: Tree, edit: Edit): Tree {
  const files = new Map(tree);
  for (const [path, file] of Object.entries(edit)) {
    if (file === null) files.delete(path);
    else files.set(path, typeof file === "string" ? { text: file, mode: plain } : file);
  }
  return files;
}

/** Commits and branches of one repository. */
export class Git {
  readonly commits = new Map<CommitSha, Commit>();
  readonly branches = new Map<string, CommitSha>();
  #made = 0;

  commit(fields: Omit<Commit, "sha">): Commit {
    const text = `${++this.#made} ${fields.parents.join()} ${[...fields.tree].map(([p, f]) => p + blobId(f.text)).join()}`;
    const sha = commitSha(createHash("sha1").update(text).digest("hex"));
    const made = { sha, ...fields };
    this.commits.set(sha, made);
    return made;
  }
  at(sha: CommitSha): Commit {
    const found = this.commits.get(sha);
    if (!found) throw new Error(`no commit ${sha}`);
    return found;
  }
  tip(branch: string): Commit {
    const sha = this.branches.get(branch);
    if (!sha) throw new Error(`no branch ${branch}`);
    return this.at(sha);
  }
  /** Everything behind a commit and itself. */
  ancestors(sha: CommitSha): ReadonlySet<CommitSha> {
    const seen = new Set<CommitSha>();
    const todo = [sha];
    for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      todo.push(...this.at(next).parents);
    }
    return seen;
  }
  /** The newest commit that is behind both. */
  mergeBase(a: CommitSha, b: CommitSha): Commit {
    const behind = this.ancestors(a);
    const queue = [b];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (behind.has(next)) return this.at(next);
      queue.push(...this.at(next).parents);
    }
    throw new Error("no common commit");
  }
  /** What `head` has and `base` has not, oldest first. */
  between(base: CommitSha, head: CommitSha): readonly Commit[] {
    const behind = this.ancestors(base);
    return [...this.ancestors(head)]
      .filter((sha) => !behind.has(sha))
      .map((sha) => this.at(sha))
      .reverse();
  }
  firstParents(from: CommitSha, to: CommitSha): readonly Commit[] | null {
    const chain: Commit[] = [];
    for (let at: CommitSha | undefined = to; at !== from; at = this.at(at).parents[0]) {
      if (at === undefined) return null;
      chain.unshift(this.at(at));
    }
    return chain;
  }
  /** A three-way merge by whole files; null where both sides changed one differently. */
  merged(ours: CommitSha, theirs: CommitSha): Tree | null {
    const base = this.mergeBase(ours, theirs).tree;
    const tree = new Map(this.at(ours).tree);
    for (const { path } of changes(base, this.at(theirs).tree, false)) {
      const [was, mine, yours] = [base, tree, this.at(theirs).tree].map((t) => t.get(path));
      if (!same(was, mine) && !same(mine, yours)) return null;
      if (yours) tree.set(path, yours);
      else tree.delete(path);
    }
    return tree;
  }
}

const same = (a: File | undefined, b: File | undefined): boolean => a?.text === b?.text && a?.mode === b?.mode;

/** As GitHub lists them; a file that went away and came back elsewhere with the same content is a rename. */
export function changes(from: Tree, to: Tree, renames = true): readonly Change[] {
  const paths = [...new Set([...from.keys(), ...to.keys()])].sort();
  const found: Change[] = paths.flatMap((path): Change[] => {
    const [before, after] = [from.get(path), to.get(path)];
    if (same(before, after)) return [];
    return [{ path, status: before === undefined ? "added" : after === undefined ? "removed" : "modified" }];
  });
  if (!renames) return found;
  const removed = found.filter((change) => change.status === "removed");
  return found
    .map((change) => {
      const source =
        change.status === "added" && removed.find((gone) => from.get(gone.path)?.text === to.get(change.path)?.text);
      return source ? { path: change.path, status: "renamed", previousPath: source.path } : change;
    })
    .filter((change, _, all) => !all.some((other) => other.previousPath === change.path));
}
