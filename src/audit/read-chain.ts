import { repositoryId } from "../base/ids.ts";
import {
  extendChain,
  LedgerError,
  maxBatchBytes,
  parseBatch,
  startChain,
  type Batch,
  type ChainState,
} from "../ledger/index.ts";
import { blobs } from "./commits.ts";
import type { CrossChecks } from "./cross-checks.ts";
import type { Git } from "./git.ts";
import type { Problems } from "./problems.ts";
import { firstUseTrust, type Trust } from "./trust.ts";
import type { VerifyOptions } from "./types.ts";

/** A file that one commit of the ledger branch adds. */
export interface BatchFile {
  readonly commit: string;
  readonly path: string;
  readonly blob: string;
}

/**
 * Reads the files in order, extends the chain by each that fits and shows its entries to the cross-checks; one that does not
 * fit is a problem, and the chain goes on from the last batch of ours.
 */
export async function readChain(
  git: Git,
  files: readonly BatchFile[],
  options: VerifyOptions,
  given: Trust,
  checks: CrossChecks,
  problems: Problems,
): Promise<{ trust: Trust; state?: ChainState; batches: number; entries: number }> {
  let trust = given;
  let state: ChainState | undefined;
  const count = { batches: 0, entries: 0 };
  let index = 0;
  for await (const content of blobs(
    git,
    files.map(({ blob }) => blob),
    maxBatchBytes,
  )) {
    const file = files[index++] as BatchFile;
    const where = { commit: file.commit, path: file.path };
    const batch = readBatch(content, file, problems);
    if (!batch) continue;
    if (trust.kind === "none") {
      if (options.trustOnFirstUse !== true) {
        problems.add(
          "no_trusted_key",
          "no key to verify with: give the server's public ledger key, or trust the genesis on first use",
        );
        break;
      }
      trust = firstUseTrust(batch);
    }
    state ??= startChain(repositoryId(options.repositoryId ?? batch.header.repository_id), trust.keys);
    const step = extendChain(state, batch);
    if (!step.ok) {
      problems.add(step.reason, step.message, where);
      continue;
    }
    state = step.state;
    count.batches++;
    count.entries += batch.entries.length;
    for (const entry of batch.entries) checks.see(entry, where);
  }
  return { trust, ...(state ? { state } : {}), ...count };
}

function readBatch(content: Buffer | undefined, file: BatchFile, problems: Problems): Batch | undefined {
  const where = { commit: file.commit, path: file.path };
  if (!content) {
    problems.add(
      "unreadable_batch",
      `the file is missing from the clone, or has more than ${maxBatchBytes} bytes`,
      where,
    );
    return undefined;
  }
  try {
    return parseBatch(content, file.path);
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    problems.add(error.code, error.message, where);
    return undefined;
  }
}
