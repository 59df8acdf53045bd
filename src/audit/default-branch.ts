import type { Git } from "./git.ts";

export interface DefaultBranch {
  readonly commits: ReadonlySet<string>;
  /** Ledger commits that merge commits name: they must still be on the ledger branch, else it was cut off (C52). */
  readonly ledgerHeads: readonly { readonly commit: string; readonly ledgerHead: string }[];
}

/** The default branch as the clone has it; undefined where there is none. */
export async function readDefaultBranch(git: Git, given: string | undefined): Promise<DefaultBranch | undefined> {
  let tip: string | undefined;
  for (const name of given === undefined ? ["refs/remotes/origin/HEAD", "HEAD"] : [given]) {
    tip ??= (await git.maybe(["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`]))?.trim();
  }
  if (!tip || !/^[0-9a-f]{40,64}$/.test(tip)) return undefined;
  const format = "--format=%H %(trailers:key=Ledger-head,valueonly,separator=%x2C)";
  const out = await git.read(["rev-list", format, "--end-of-options", tip]);
  const commits = new Set<string>();
  const ledgerHeads: { commit: string; ledgerHead: string }[] = [];
  for (const line of out.split("\n")) {
    const [commit, ledgerHead] = line.split(" ", 2);
    if (!commit || commit === "commit") continue; // the line that git before 2.33 cannot leave out
    commits.add(commit);
    if (ledgerHead && /^[0-9a-f]{40}$/.test(ledgerHead)) ledgerHeads.push({ commit, ledgerHead });
  }
  return { commits, ledgerHeads };
}
