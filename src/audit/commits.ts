import { ByteReader } from "./byte-reader.ts";
import type { Git } from "./git.ts";

/** What a commit changes against its parent, by path. */
export interface Change {
  readonly status: string;
  readonly mode: string;
  readonly blob: string;
  readonly path: string;
}
export interface LedgerCommit {
  readonly commit: string;
  readonly changes: readonly Change[];
}

/**
 * Ids of the commits up to `tip` by first parents, oldest first, each with all its parents' ids. What a merge brought from its
 * other side is no line of ours: the merge itself is the finding. `tip` is an object id.
 */
export async function history(git: Git, tip: string): Promise<{ commit: string; parents: readonly string[] }[]> {
  const out = await git.read(["rev-list", "--reverse", "--first-parent", "--parents", "--end-of-options", tip]);
  return out
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const [commit = "", ...parents] = line.split(" ");
      return { commit, parents };
    });
}

/**
 * Each commit with its changes, through plumbing that the clone's configuration cannot bend: no renames, no textconv, no
 * submodule left out, merges shown.
 */
export async function* changes(git: Git, commits: readonly string[]): AsyncGenerator<LedgerCommit, void, undefined> {
  const flags =
    "--root -r -m --always -z --raw --no-abbrev --no-renames --no-ext-diff --no-textconv --ignore-submodules=none";
  const reader = new ByteReader(git.stream(["diff-tree", "--stdin", ...flags.split(" ")], lines(commits)));
  let current: { commit: string; changes: Change[] } | undefined;
  for (;;) {
    const item = await reader.until(0);
    if (item === undefined) break;
    const record = /^:\d{6} (\d{6}) [0-9a-f]+ ([0-9a-f]+) ([A-Z])\d*$/.exec(item);
    if (!record) {
      if (current) yield current;
      current = { commit: item, changes: [] };
      continue;
    }
    const [, mode = "", blob = "", status = ""] = record;
    const path = (await reader.until(0)) ?? "";
    current?.changes.push({ status, mode, blob, path });
  }
  if (current) yield current;
}

function* lines(ids: readonly string[]): Generator<string, void, undefined> {
  for (const id of ids) yield `${id}\n`;
}

/** Blobs in the order asked for; `undefined` for one that is missing, no blob, or larger than `maxBytes`. */
export async function* blobs(
  git: Git,
  ids: readonly string[],
  maxBytes: number,
): AsyncGenerator<Buffer | undefined, void, undefined> {
  const reader = new ByteReader(git.stream(["cat-file", "--batch"], lines(ids)));
  try {
    for (const id of ids) {
      const header = (await reader.until(10)) ?? "";
      const [name, type, length] = header.split(" ");
      const size = Number(length);
      if (name !== id || !Number.isSafeInteger(size)) {
        yield undefined; // "<id> missing"
      } else if (type !== "blob" || size > maxBytes) {
        await reader.skip(size + 1);
        yield undefined;
      } else {
        const content = await reader.take(size);
        await reader.skip(1);
        yield content;
      }
    }
  } finally {
    await reader.close();
  }
}
