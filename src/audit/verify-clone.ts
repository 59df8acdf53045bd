import type { ChainState } from "../ledger/index.ts";
import { settle } from "./accepted.ts";
import { changes, history } from "./commits.ts";
import { CrossChecks } from "./cross-checks.ts";
import { readDefaultBranch } from "./default-branch.ts";
import { openGit, type Git } from "./git.ts";
import { Problems } from "./problems.ts";
import { type BatchFile, readChain } from "./read-chain.ts";
import { givenTrust, type Trust } from "./trust.ts";
import type { AcceptedProblem, AuditResult, VerifyOptions } from "./types.ts";

/** Where the ledger lies in a clone; origin's first, since a local branch of that name is only what somebody checked out. */
const refs = ["refs/remotes/origin/countersign-ledger", "refs/heads/countersign-ledger"] as const;

/**
 * Verifies the ledger of an access repo from a clone alone, offline (DESIGN.md section 2, Audit): every commit of the branch
 * adds one batch file and nothing else, every batch is signed and the next of its chain, entries agree with each other and
 * with the default branch. Findings are in `problems`; what does not verify is never counted as fact.
 * @throws GitFailed where `dir` cannot be read, LedgerError `ledger_bad_key` for a given key that is none
 */
export async function verifyClone(dir: string, options: VerifyOptions = {}): Promise<AuditResult> {
  const git = openGit(dir);
  const problems = new Problems();
  const given = givenTrust(options);
  const found = await findLedger(git, problems);
  if (!found) return result(problems, { trust: given });
  const main = await readDefaultBranch(git, options.defaultBranch);
  if (!main) problems.add("default_branch_unknown", "the clone has no default branch: merge commits cannot be checked");

  const commits = await ledgerCommits(git, found.tip, problems);
  const files = await batchFiles(git, commits, problems);
  const checks = new CrossChecks(problems, main?.commits);
  const read = await readChain(git, files, options, given, checks, problems);
  checks.finish();
  const accepted = await settle(git, commits, checks.acceptances, problems);
  const onBranch = new Set(commits);
  for (const { commit, ledgerHead } of main?.ledgerHeads ?? []) {
    // Cutting batches off the end leaves a chain that verifies; what main remembers of it shows the cut.
    if (!onBranch.has(ledgerHead))
      problems.add("ledger_head_missing", `ledger commit ${ledgerHead} is gone from the branch`, { commit });
  }
  return result(problems, { ...read, ...found, checks, accepted });
}

async function findLedger(git: Git, problems: Problems): Promise<{ ref: string; tip: string } | undefined> {
  const out = await git.read(["for-each-ref", "--format=%(refname) %(objecttype) %(objectname)", ...refs]);
  const lines = out.split("\n").map((line) => line.split(" "));
  const [ref, , tip] =
    refs.map((name) => lines.find(([ref, type]) => ref === name && type === "commit")).find(Boolean) ?? [];
  if (!ref || !tip) {
    problems.add(
      "no_ledger",
      "the clone has no branch countersign-ledger: `git fetch origin countersign-ledger:refs/remotes/origin/countersign-ledger`",
    );
    return undefined;
  }
  if ((await git.read(["rev-parse", "--is-shallow-repository"])).trim() !== "false") {
    problems.add("shallow_clone", "the clone is shallow: `git fetch --unshallow`");
    return undefined;
  }
  return { ref, tip };
}

/** Oldest first. Each commit has exactly the one before it as parent; the first has none. */
async function ledgerCommits(git: Git, tip: string, problems: Problems): Promise<readonly string[]> {
  const commits = await history(git, tip);
  commits.forEach(({ commit, parents }, i) => {
    const before = commits[i - 1]?.commit;
    const linear = before === undefined ? parents.length === 0 : parents.length === 1 && parents[0] === before;
    if (!linear) problems.add("foreign_commit", "the ledger's history is not a line here", { commit });
  });
  return commits.map(({ commit }) => commit);
}

async function batchFiles(git: Git, commits: readonly string[], problems: Problems): Promise<readonly BatchFile[]> {
  const files: BatchFile[] = [];
  for await (const { commit, changes: changed } of changes(git, commits)) {
    const [change] = changed;
    if (changed.length === 1 && change?.status === "A" && change.mode === "100644") {
      files.push({ commit, path: change.path, blob: change.blob });
    } else {
      problems.add("foreign_commit", "does not add exactly one batch file and nothing else", { commit });
    }
  }
  return files;
}

function result(
  problems: Problems,
  read: {
    trust: Trust;
    ref?: string;
    tip?: string;
    state?: ChainState;
    batches?: number;
    entries?: number;
    checks?: CrossChecks;
    accepted?: readonly AcceptedProblem[];
  },
): AuditResult {
  const { trust, state, checks } = read;
  if (read.tip !== undefined && problems.list.length === 0 && !read.batches) {
    problems.add("no_ledger", "the ledger branch holds no batch");
  }
  const verified = state && state.sha256 !== null && state.kid !== null ? state : undefined;
  return {
    ok: problems.list.length === 0 && problems.leftOff === 0,
    trust: trust.kind,
    trustedKids: [...trust.keys.keys()],
    ref: read.ref ?? null,
    tip: read.tip ?? null,
    repositoryId: verified?.repositoryId ?? null,
    batches: read.batches ?? 0,
    entries: read.entries ?? 0,
    grants: checks?.grants ?? 0,
    issued: checks?.issued ?? 0,
    head: verified
      ? {
          sequence: verified.sequence,
          sha256: verified.sha256 as NonNullable<ChainState["sha256"]>,
          kid: verified.kid as string,
        }
      : null,
    problems: problems.list,
    leftOff: problems.leftOff,
    accepted: read.accepted ?? [],
  };
}
