import { CountersignError } from "../base/errors.ts";

/**
 * Codes of what cannot be read or written as a batch at all. Whether a readable batch is *ours* is not an error but a
 * result: see `verify.ts`.
 */
export type LedgerErrorCode =
  | "ledger_malformed"
  | "ledger_not_canonical"
  | "ledger_too_large"
  | "ledger_unknown_entry"
  | "ledger_wrong_path"
  | "ledger_bad_key";

/** A batch file, entry or key that this program would never have written. The message names the line, never its content. */
export class LedgerError extends CountersignError {
  override readonly code: LedgerErrorCode;
  constructor(code: LedgerErrorCode, message: string, options?: { cause?: unknown }) {
    super(code, message, options);
    this.code = code;
  }
}
