// The append-only, signed record (DESIGN.md section 4, The ledger). Pure: bytes in, facts or refusals out.
export { buildBatch, headerBytes, maxBatchBytes, parseBatch, type BatchInput } from "./batch.ts";
export {
  extendChain,
  nextKid,
  startChain,
  verifyChain,
  type ChainCheck,
  type ChainRefusal,
  type ChainState,
  type ChainStep,
} from "./chain.ts";
export { entryText, entryTypes, parseEntry } from "./entries.ts";
export { LedgerError, type LedgerErrorCode } from "./errors.ts";
export { ledgerKey, ledgerKeyText, ledgerKid, type LedgerKey } from "./key.ts";
export { batchIdOfPath, batchPath } from "./path.ts";
export { signedBytes } from "./statement.ts";
export type * from "./types.ts";
export { verifyBatch, type BatchCheck, type BatchRefusal, type Expected } from "./verify.ts";
