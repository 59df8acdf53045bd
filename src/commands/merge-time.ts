import { openRepo } from "./history.ts";

/**
 * When a file came to the base, by the committer's time of the commit that brought it: GitHub's clock, where GitHub merged it
 * (DESIGN.md section 4, Windows). Undefined where git does not tell. Never throws.
 */
export async function mergeTime(root: string, base: string | undefined, path: string): Promise<Date | undefined> {
  if (base === undefined) return undefined;
  const repo = await openRepo(root);
  if ("gap" in repo) return undefined;
  // Of a merge commit, what it brought to its first parent.
  const log = ["log", "-1", "--first-parent", "-m", "--no-renames", "--diff-filter=A", "--format=%cI"];
  const text = await repo.git.maybe([...log, "--end-of-options", base, "--", path]).catch(() => undefined);
  const time = new Date((text ?? "").trim().split("\n")[0] ?? "");
  return Number.isNaN(time.getTime()) ? undefined : time;
}
