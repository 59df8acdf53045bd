import { CountersignError } from "../base/errors.ts";

/**
 * - `cloud_denied`: the cloud's own policy does not let us in; the message says what that policy must have.
 * - `cloud_unavailable`: no answer, or not now. The only one that a retry may help.
 * - `cloud_rejected_policy`: the session policy that the plan yields is not accepted.
 * - `cloud_misconfigured`: target, provider or server are set up wrongly; asking again changes nothing.
 */
export type CloudErrorCode = "cloud_denied" | "cloud_unavailable" | "cloud_rejected_policy" | "cloud_misconfigured";

/** A mint that failed. The message holds the cure, never the cloud's own text, a token or a credential (C44). */
export class CloudError extends CountersignError {
  override readonly code: CloudErrorCode;
  /** Whether the same request may succeed later without anybody changing anything. */
  readonly retryable: boolean;
  constructor(code: CloudErrorCode, message: string, options?: { cause?: unknown }) {
    super(code, message, options);
    this.code = code;
    this.retryable = code === "cloud_unavailable";
  }
}

/** What the log may have of an error of an SDK: never the error itself, which carries the request or quotes its values. */
export class UpstreamFailure extends Error {
  readonly requestId: string | undefined;
  readonly status: number | undefined;
  constructor(
    name: string,
    message: string,
    about: { requestId?: string | undefined; status?: number | undefined } = {},
  ) {
    super(redact(message));
    this.name = name;
    this.requestId = about.requestId;
    this.status = about.status;
  }
}

/**
 * AWS answers a malformed parameter by quoting it ("Value '…' at 'webIdentityToken' failed to satisfy constraint"), so
 * that an upstream message may hold our assertion. Quoted values and whatever looks like a token go.
 */
function redact(message: string): string {
  return message
    .replace(/[Vv]alue '[^']*'/g, "value '…'")
    .replace(/[A-Za-z0-9_+/=.-]{40,}/g, "…")
    .slice(0, 300);
}
