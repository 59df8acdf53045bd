import { z } from "zod";
import { canonicalJson, sha256, type Json } from "../base/canonical-json.ts";
import type { Digest, RepositoryId } from "../base/ids.ts";
import { parseCanonicalLine } from "./canonical-line.ts";
import { parseEntry } from "./entries.ts";
import { LedgerError } from "./errors.ts";
import { batchIdOfPath } from "./path.ts";
import { digest, id, text, uuid } from "./shapes.ts";
import { signedBytes } from "./statement.ts";
import type { Batch, BatchHeader, BatchStatement, Entry } from "./types.ts";

/**
 * Largest batch file in bytes. GitHub's contents API answers with content inline only up to 1 MB, and a reader must
 * know when to stop; about a thousand `issued` entries fit.
 */
export const maxBatchBytes = 1_000_000;
/** What a header line may take at most: a writer that fills a batch by size leaves this much. */
export const headerBytes = 1024;

const headerShape = z.strictObject({
  v: z.literal(1),
  type: z.literal("batch"),
  batch: uuid,
  kid: text,
  signature: z.string().regex(/^[A-Za-z0-9_-]{86}$/, "expected an Ed25519 signature in base64url"),
  repository_id: id,
  sequence: id,
  previous_batch_sha256: digest.nullable(),
  entries_sha256: digest,
});

export interface BatchInput {
  readonly repositoryId: RepositoryId;
  /** 1 for the genesis, else one more than the last confirmed batch. */
  readonly sequence: number;
  /** `sha256` of the previous batch; null for sequence 1 only. */
  readonly previous: Digest | null;
  /** UUID, lower case. */
  readonly batchId: string;
  readonly kid: string;
  /** Ed25519 over exactly these bytes, base64url without padding (`issuer` ledger signer). */
  readonly sign: (bytes: Uint8Array) => Promise<string>;
  /** `entryText` of each entry; at least one, in the order in which they happened. */
  readonly lines: readonly string[];
}

/**
 * The batch file: a canonical header line, then one canonical line per entry, each with its newline (DESIGN.md section 4,
 * The ledger). Each line is read as `parseBatch` reads it before anything is signed, so nothing is written that cannot be read.
 * @throws LedgerError when an entry, the size or the sequence is not what a reader accepts.
 */
export async function buildBatch(input: BatchInput): Promise<Batch> {
  const entries = parseLines(input.lines);
  const lines = input.lines.map((line) => `${line}\n`).join("");
  checkSize(Buffer.byteLength(lines));
  const statement: BatchStatement = {
    repository_id: input.repositoryId,
    sequence: input.sequence,
    previous_batch_sha256: input.previous,
    entries_sha256: sha256(lines),
  };
  const signature = await input.sign(signedBytes(statement));
  const unread: BatchHeader = { ...statement, v: 1, type: "batch", batch: input.batchId, kid: input.kid, signature };
  const first = canonicalJson(unread as unknown as Json);
  const text = `${first}\n${lines}`;
  checkSize(Buffer.byteLength(text));
  return { header: parseHeader(first), entries, text, sha256: sha256(text) };
}

/**
 * Reads a batch file strictly: canonical bytes only, known entries only, at most `maxBatchBytes`. Says nothing yet about
 * who wrote it: that is `verifyBatch`. With `path`, the path must be the one that `batchPath` gives for this batch.
 * @throws LedgerError
 */
export function parseBatch(file: string | Uint8Array, path?: string): Batch {
  checkSize(typeof file === "string" ? Buffer.byteLength(file) : file.byteLength);
  const content = typeof file === "string" ? file : decode(file);
  if (!content.endsWith("\n"))
    throw new LedgerError("ledger_malformed", "The batch is cut off: no newline at its end.");

  const [first = "", ...rest] = content.slice(0, -1).split("\n");
  const header = parseHeader(first);
  const entries = parseLines(rest);
  if (path !== undefined && batchIdOfPath(path) !== header.batch) {
    throw new LedgerError("ledger_wrong_path", "The batch does not lie at ledger/YYYY/MM/DD/<its id>.jsonl.");
  }
  return { header, entries, text: content, sha256: sha256(content) };
}

function checkSize(bytes: number): void {
  if (bytes > maxBatchBytes)
    throw new LedgerError("ledger_too_large", `The batch has more than ${maxBatchBytes} bytes.`);
}

function parseHeader(line: string): BatchHeader {
  const shape = headerShape.safeParse(parseCanonicalLine(line, "line 1"));
  if (!shape.success) {
    const issue = shape.error.issues[0];
    throw new LedgerError(
      "ledger_malformed",
      `line 1: ${issue?.path.join(".") || "header"}: ${issue?.message ?? "invalid"}`,
    );
  }
  const header = shape.data as BatchHeader;
  if ((header.sequence === 1) !== (header.previous_batch_sha256 === null)) {
    throw new LedgerError("ledger_malformed", "line 1: only the first batch has no previous one.");
  }
  return header;
}

function parseLines(lines: readonly string[]): readonly Entry[] {
  if (lines.length === 0) throw new LedgerError("ledger_malformed", "The batch holds no entries.");
  return lines.map((line, i) => parseEntry(line, `line ${i + 2}`));
}

/** Digest of the entry lines as they stand in the file; compared with the signed one by `verifyBatch`. */
export const entriesDigest = (batch: Batch): Digest => sha256(batch.text.slice(batch.text.indexOf("\n") + 1));

function decode(bytes: Uint8Array): string {
  try {
    // ignoreBOM keeps a byte order mark, which then is not JSON: the bytes that we hash are the bytes that were there.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new LedgerError("ledger_malformed", "The batch is not UTF-8.");
  }
}
