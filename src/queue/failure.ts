import { CountersignError, RetryLater } from "../base/errors.ts";
import { oneLine } from "../base/text.ts";
import type { Failure } from "./jobs.ts";

const longest = 60_000;
/** Nobody may park a job for longer, whatever a header says: GitHub's primary limit resets within the hour. */
const longestAsked = 3_600_000;

/** When to try again: 1, 2, 4 … 60 seconds, each less up to a quarter, so that many jobs do not come back as one crowd. */
export function planRetry(error: unknown, attempts: number, now: Date, random: () => number = Math.random): Failure {
  const backOff = Math.min(longest, 1000 * 2 ** Math.min(attempts, 10)) * (1 - random() / 4);
  const asked = error instanceof RetryLater && error.after !== undefined ? error.after * 1000 : undefined;
  const wait = asked === undefined ? backOff : Math.min(longestAsked, Math.max(0, asked));
  // Without word from the other side a new event may well have cured the cause (a fixed file was pushed): it may run after
  // a moment. With it, to come back earlier only costs more of the budget that we lack.
  const hold = asked === undefined ? Math.min(wait, 1000) : wait;
  return {
    error: describeError(error),
    retryAt: new Date(now.getTime() + wait),
    heldUntil: new Date(now.getTime() + hold),
  };
}

// Errors of libraries quote what they sent. Shapes of GitHub tokens, JWTs, AWS key ids, `Bearer x` and `user:password@`.
const secrets =
  /gh[a-z]_[\w]+|github_pat_\w+|eyJ[\w-]+(?:\.[\w-]*){1,4}|A(?:KIA|SIA)[A-Z0-9]{12,}|(?<=bearer |token )\S+|(?<=:\/\/)[^\s/@]+@/gi;

/** One line that may be stored and logged: code and message, what looks like a secret cut out. Never the cause. */
export function describeError(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const name = error instanceof CountersignError ? error.code : error instanceof Error ? error.name : "error";
  return oneLine(`${name}: ${text}`.replace(secrets, "[secret]"), 500);
}
