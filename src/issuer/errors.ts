import { CountersignError } from "../base/errors.ts";

export type IssuerErrorCode =
  | "sealing_key_invalid"
  | "sealing_key_wrong"
  | "assertion_refused"
  | "assertion_too_late"
  | "no_signing_key"
  | "rotation_pending"
  | "no_such_key"
  | "key_in_use"
  | "bad_key_export";

/** What the issuer refuses or cannot do. Messages name key ids, never key material, claims' values or sealed text. */
export class IssuerError extends CountersignError {
  override readonly code: IssuerErrorCode;
  constructor(code: IssuerErrorCode, message: string, options?: { cause?: unknown }) {
    super(code, message, options);
    this.code = code;
  }
}
