import { CountersignError, RetryLater } from "../base/errors.ts";
import { limitedFor } from "./rate-limits.ts";

/** GitHub says that it is not there, or that this token may not see it; the two look alike on purpose. */
export class NotVisible extends CountersignError {}

interface HttpFailure {
  readonly status: number;
  readonly message: string;
  readonly headers: Readonly<Record<string, string | number | undefined>>;
}

/** Octokit's RequestError by its documented shape, without an `instanceof` that two copies of a package would break. */
export function httpFailure(error: unknown): HttpFailure | undefined {
  if (!(error instanceof Error) || !("status" in error) || typeof error.status !== "number") return undefined;
  const response =
    "response" in error ? (error.response as { headers?: HttpFailure["headers"] } | undefined) : undefined;
  return { status: error.status, message: error.message, headers: response?.headers ?? {} };
}

/**
 * What a failed call means for us. 403 is permission or rate limit: `limitedFor` tells which (CHECKLIST C45). Everything that
 * is not a clear answer is "try later", never "no" and never "yes". The message of GitHub is kept as cause only: it may quote
 * what we sent.
 */
export function translate(error: unknown, what: string): CountersignError {
  if (error instanceof CountersignError) return error;
  const failure = httpFailure(error);
  if (!failure) return new RetryLater("github_unreachable", `GitHub did not answer (${what}).`, { cause: error });
  const after = limitedFor(failure.status, failure.headers, failure.message);
  if (after !== undefined) {
    return new RetryLater("github_rate_limited", `GitHub asks us to wait (${what}).`, { cause: error, after });
  }
  if (failure.status >= 500) {
    return new RetryLater("github_unreachable", `GitHub answered ${failure.status} (${what}).`, { cause: error });
  }
  if (failure.status === 404 || failure.status === 403 || failure.status === 401 || failure.status === 451) {
    return new NotVisible("github_not_visible", `GitHub answered ${failure.status} (${what}).`, { cause: error });
  }
  return new CountersignError("github_refused", `GitHub answered ${failure.status} (${what}).`, { cause: error });
}
