import { CountersignError } from "../base/errors.ts";
import { CloudError } from "./errors.ts";
import { claimsIn } from "./jwt.ts";
import type { AssertionRequest, MintInput } from "./types.ts";

/** An assertion with what its own claims say of it, which is what counts: it may end before the lifetime that was asked for. */
export interface SignedAssertion {
  readonly jwt: string;
  readonly issuer: string;
  /** `jti`, which a cloud's log may show. No secret. */
  readonly id: string;
  /** Seconds from its signature to its end. */
  readonly lifetime: number;
  readonly expiresAt: Date;
}

/** The window may end while a cloud is being asked. */
export const windowEnded = (cause?: unknown): CloudError =>
  new CloudError("cloud_denied", "The grant's window has ended.", { cause });

/** @throws CloudError `cloud_misconfigured` where the issuer refuses: asking again would not change what the target says */
export async function signAssertion(sign: MintInput["sign"], request: AssertionRequest): Promise<SignedAssertion> {
  let jwt: string;
  try {
    jwt = await sign(request);
  } catch (error) {
    const code = error instanceof CountersignError ? error.code : undefined;
    if (code === "assertion_too_late") throw windowEnded(error);
    if (code !== "assertion_refused") throw error;
    // The issuer's messages name no value; see IssuerError.
    const { message } = error as CountersignError;
    throw new CloudError("cloud_misconfigured", `${message} The target file must be changed.`, { cause: error });
  }
  const { iss, jti, iat, exp } = claimsIn(jwt);
  if (typeof iss !== "string" || typeof jti !== "string" || typeof iat !== "number" || typeof exp !== "number")
    throw new Error("our own assertion cannot be read");
  return { jwt, issuer: iss, id: jti, lifetime: exp - iat, expiresAt: new Date(exp * 1000) };
}
