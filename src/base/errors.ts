/**
 * Base of every error that a person or a job may meet. `code` is stable and documented; `message` says what to do next and
 * holds no token, request body or policy secret. The cause goes to the log with the correlation id, never to a stranger.
 */
export class CountersignError extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** Something outside did not answer or cannot be read now: fail closed, try again later (DESIGN.md section 4, Fail closed). */
export class RetryLater extends CountersignError {
  /** Seconds to wait, where the other side said so. */
  readonly after: number | undefined;
  constructor(code: string, message: string, options?: { cause?: unknown; after?: number }) {
    super(code, message, options);
    this.after = options?.after;
  }
}
