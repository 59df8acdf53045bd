import { CountersignError } from "../base/errors.ts";

/**
 * Why the second App gives no token, and asking again changes nothing:
 * - `not_installed`, `suspended`: of the owner's account.
 * - `permission`: the installation does not hold all that was asked; `missing` names what.
 * - `repository`: one of the repositories is not in the installation.
 * - `credentials`: GitHub does not take the App's own signature.
 * - `refused`: for a reason that we do not know.
 */
export type TokenRefusal = "not_installed" | "suspended" | "permission" | "repository" | "credentials" | "refused";

export class TokenRefused extends CountersignError {
  readonly refusal: TokenRefusal;
  /** `contents: write` and their like, in our own spelling. */
  readonly missing: readonly string[];
  constructor(refusal: TokenRefusal, missing: readonly string[] = [], options?: { cause?: unknown }) {
    super(`broker_app_${refusal}`, `The App for github targets gives no token: ${refusal}.`, options);
    this.refusal = refusal;
    this.missing = missing;
  }
}
