import { CountersignError } from "../base/errors.ts";
import type { CloudError } from "../cloud/index.ts";
import { codes, type Code } from "./codes.ts";

/** Why an exchange ends without credentials. `detail` is for the log only: ids, never token text or a request body. */
export class Refused extends CountersignError {
  declare readonly code: Code;
  readonly detail: Readonly<Record<string, unknown>>;
  /** Seconds for Retry-After, where something else than the code's own is known. */
  readonly retryAfter: number | undefined;
  /** Replaces the code's own sentence and cure, where one of our rooms knows a better cure; never upstream text. */
  readonly text: string | undefined;
  /** Further members of the answer, for a code that has some; our own values only. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(
    code: Code,
    detail: Readonly<Record<string, unknown>> = {},
    more: {
      cause?: unknown;
      retryAfter?: number | undefined;
      text?: string | undefined;
      members?: Readonly<Record<string, unknown>>;
    } = {},
  ) {
    super(code, codes[code].sentence, more.cause === undefined ? undefined : { cause: more.cause });
    this.detail = detail;
    this.retryAfter = more.retryAfter;
    this.text = more.text;
    this.members = more.members ?? {};
  }
}

/** CloudError's message is ours: it says what the target's owner must change, to a job that has a grant for that target. */
export const cloudRefused = (cause: CloudError, detail: Readonly<Record<string, unknown>>): Refused =>
  cause.retryable
    ? new Refused("temporarily_unavailable", detail, { cause })
    : new Refused("cloud_refused", detail, { cause, text: cause.message });
