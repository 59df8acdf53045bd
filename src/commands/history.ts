import { ByteReader } from "../audit/byte-reader.ts";
import { type Git, openGit } from "../audit/git.ts";
import { CountersignError } from "../base/errors.ts";
import { Misuse } from "./misuse.ts";
import type { Modes } from "./place-reader.ts";

/**
 * What git knows of an access repo's past. `merged` and `changed` need the files of the base, `used` all its commits; each is
 * undefined where that cannot be known, and every request then counts as new.
 */
export interface History {
  /** The branch that requests are merged to, as git names it: `origin/main`. */
  readonly base?: string;
  /** By path, mode and blob (`100644 <id>`) that the base has: at its tip, and where this branch left it. */
  readonly merged?: ReadonlyMap<string, ReadonlySet<string>>;
  /** The same of the commit that is checked out. Where no base is known, any of these may be merged. */
  readonly committed?: ReadonlyMap<string, ReadonlySet<string>>;
  /** Every path that the base ever held under `requests/`. */
  readonly used?: ReadonlySet<string>;
  /** What is not known, and what to do about it. */
  readonly gap?: string;
}

const id = /^[0-9a-f]{40}$/;
type Versions = Map<string, Set<string>>;

/** An access repo that is the top of a git repository. */
export interface GitRepo {
  readonly git: Git;
  readonly shallow: boolean;
}

/** Undefined, with the reason, where there is no git to ask. Never throws. */
export async function openRepo(root: string): Promise<GitRepo | { readonly gap: string }> {
  // A mounted folder often belongs to another account; that the caller named it is why git may read it all the same.
  const git = openGit(root, { trusted: true });
  try {
    // The prefix stands first and is empty at the top; below, the repository around this folder is another one.
    const facts = await git.maybe(["rev-parse", "--show-prefix", "--is-shallow-repository"]);
    if (facts === "\ntrue\n" || facts === "\nfalse\n") return { git, shallow: facts === "\ntrue\n" };
    return { gap: "this folder is not the top of a git repository" };
  } catch (error) {
    return { gap: gapOf(error) };
  }
}

/** What git's index says of the files that are read: modes by path, and whether the file system can show modes at all. */
export async function readIndex({ git }: GitRepo): Promise<Modes> {
  try {
    return { tracked: await trackedModes(git), modesShow: await modesShow(git) };
  } catch (error) {
    gapOf(error);
    return {};
  }
}

/**
 * Reads with git as a process what is merged already. `wanted` is the base that was asked for; else the default branch of
 * `origin`, or `main` or `master`, as far as the clone has them. What git cannot tell is the `gap`.
 * @throws Misuse where `wanted` names no commit
 */
export async function readHistory(repo: GitRepo, wanted: string | undefined): Promise<History> {
  try {
    return await read(repo, wanted);
  } catch (error) {
    return { gap: gapOf(error) };
  }
}

/** Git is not there, or failed. Anything else is thrown on. */
function gapOf(error: unknown): string {
  if (error instanceof CountersignError && error.code === "git_failed")
    return "git cannot be run here, or cannot read this clone";
  throw error;
}

async function read({ git, shallow }: GitRepo, wanted: string | undefined): Promise<History> {
  const base = wanted === undefined ? await findBase(git) : await namedBase(git, wanted);
  const head = await commitOf(git, "HEAD");
  if (base === undefined) {
    // Nobody has committed anything yet: that is known.
    if (head === undefined && (await git.read(["for-each-ref", "--count=1"])) === "")
      return { merged: new Map(), used: new Set() };
    const committed = head === undefined ? {} : { committed: await requestsAt(git, [head]) };
    return { ...committed, gap: "no branch to compare with was found; name one, as in `--base origin/main`" };
  }
  // What the base has had since this branch left it is the base's, and what the branch brought from there is merged too.
  const fork = head === undefined ? "" : ((await git.maybe(["merge-base", base.commit, head]))?.trim() ?? "");
  const merged = await requestsAt(git, fork === "" ? [base.commit] : [base.commit, fork]);
  const known = { base: base.name, merged };
  if (shallow)
    return {
      ...known,
      gap: "the clone is shallow; use `fetch-depth: 0` with actions/checkout, or `git fetch --unshallow`",
    };
  return { ...known, used: await namesUsed(git, base.commit) };
}

interface Base {
  readonly name: string;
  readonly commit: string;
}
/** In the order in which the first that is there is taken. */
const places = [
  "refs/remotes/origin/HEAD",
  "refs/remotes/origin/main",
  "refs/remotes/origin/master",
  "refs/heads/main",
  "refs/heads/master",
];
const short = (ref: string): string => ref.replace(/^refs\/(?:remotes|heads)\//, "");

/** Undefined where guessing could take a pull request's own commits for merged ones. */
async function findBase(git: Git): Promise<Base | undefined> {
  const format = "--format=%(refname) %(objecttype) %(objectname) %(symref)";
  const refs = (await git.read(["for-each-ref", format, ...places])).split("\n").map((line) => line.split(" "));
  for (const place of places) {
    const [name, , commit, target] = refs.find(([name, type]) => name === place && type === "commit") ?? [];
    if (name !== undefined && commit !== undefined && id.test(commit)) return { name: short(target || name), commit };
  }
  // A repository of one branch under another name. Not where there is a remote (its branch is the base, and is not here),
  // and not on a detached commit, as jobs check out pull requests.
  const branch = (await git.maybe(["symbolic-ref", "--quiet", "HEAD"]))?.trim();
  const remotes = (await git.read(["remote"])).trim();
  const commit = branch === undefined || remotes !== "" ? undefined : await commitOf(git, "HEAD");
  return commit === undefined ? undefined : { name: short(branch ?? ""), commit };
}

async function namedBase(git: Git, wanted: string): Promise<Base> {
  // A branch before a tag of its name: who pushes the tag `origin/main` must not choose what counts as merged.
  let commit: string | undefined;
  for (const name of [`refs/remotes/${wanted}`, `refs/heads/${wanted}`, wanted]) commit ??= await commitOf(git, name);
  if (commit === undefined)
    throw new Misuse(`--base: this clone has no commit ${JSON.stringify(wanted)}. Fetch it first: git fetch origin.`);
  return { name: wanted, commit };
}

/** `--end-of-options`: a name that begins with a dash is a name. */
async function commitOf(git: Git, name: string): Promise<string | undefined> {
  const found = await git.maybe(["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`]);
  const commit = found?.trim() ?? "";
  return id.test(commit) ? commit : undefined;
}

/** Paths with modes and blobs under `requests/` of some commits together. */
async function requestsAt(git: Git, commits: readonly string[]): Promise<Versions> {
  const found: Versions = new Map();
  for (const commit of new Set(commits)) {
    const lines = await records(git, ["ls-tree", "-r", "-z", "--full-tree", "--end-of-options", commit, "requests"]);
    for (const line of lines) {
      const [, mode = "", blob = "", path = ""] = /^([0-9]{6}) [a-z]+ ([0-9a-f]+)\t(.*)$/s.exec(line) ?? [];
      found.set(path, (found.get(path) ?? new Set()).add(`${mode} ${blob}`));
    }
  }
  return found;
}

/**
 * Every path that a commit of the base added: one walk over the commits, one look at their changes. Merges are compared with
 * all their parents, so that what a merge itself brought counts as well; renames are an addition.
 */
async function namesUsed(git: Git, base: string): Promise<ReadonlySet<string>> {
  const commits = await git.read(["rev-list", "--full-history", "--end-of-options", base, "--", "requests"]);
  const flags = ["--stdin", "--root", "-r", "-c", "-z", "--name-only", "--no-renames", "--no-commit-id"];
  const filter = ["--diff-filter=A", "--no-ext-diff", "--no-textconv", "--", "requests"];
  return new Set(await records(git, ["diff-tree", ...flags, ...filter], [commits]));
}

/** Folders and files that are read from the working folder. */
const ours = ["requests", "targets", ".github", "docs", "CODEOWNERS"];

async function trackedModes(git: Git): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for (const line of await records(git, ["ls-files", "-z", "--stage", "--full-name", "--", ...ours])) {
    const [, mode = "", path = ""] = /^([0-7]{6}) [0-9a-f]+ [0-3]\t(.*)$/s.exec(line) ?? [];
    found.set(path, Number.parseInt(mode, 8));
  }
  return found;
}

async function modesShow(git: Git): Promise<boolean> {
  const set = await git.maybe(["config", "--type=bool", "--get-regexp", "^core\\.(filemode|symlinks)$"]);
  return !/ false$/m.test(set ?? "");
}

/** Output with `-z`: what stands before each NUL. */
async function records(git: Git, args: readonly string[], input?: readonly string[]): Promise<readonly string[]> {
  const reader = new ByteReader(git.stream(args, input));
  const found: string[] = [];
  for (let record = await reader.until(0); record !== undefined; record = await reader.until(0)) found.push(record);
  return found;
}
