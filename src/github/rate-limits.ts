import type { Clock } from "../base/clock.ts";
import { RetryLater } from "../base/errors.ts";

type Headers = Readonly<Record<string, string | number | undefined>>;

/** GitHub counts within an hour; a header that says more is not believed. */
const longest = 3600;
/** So many requests are left to what must be said: that we wait, on the checks of those who look for it, and to the ledger. */
const reserve = 50;

/**
 * Seconds until GitHub wants to hear from us again, by its own clock: `retry-after`, or `x-ratelimit-reset` against the `date`
 * of the same answer. Undefined where the headers speak of no limit.
 */
function retryAfter(headers: Headers): number | undefined {
  const wait = Number(headers["retry-after"]);
  if (Number.isFinite(wait) && wait > 0) return Math.min(Math.ceil(wait), longest);
  return String(headers["x-ratelimit-remaining"]) === "0" ? untilReset(headers) : undefined;
}

/**
 * Secondary limits come as 403 as well, and at times with neither header: then only the words tell them from a permission ("Troubleshooting
 * the REST API", GitHub's documentation; octokit/plugin-throttling.js goes by the same words).
 */
const secondary = /\bsecondary rate limit\b/i;

/**
 * What GraphQL says of a secondary limit beside the status 200 ("the response status will be 200 or 403", "Rate limits and query limits for the
 * GraphQL API", GitHub's documentation); empty: nothing.
 */
export function secondaryBeside(data: unknown): string {
  const errors: unknown = typeof data === "object" && data !== null && "errors" in data ? data.errors : undefined;
  const messages = Array.isArray(errors) ? errors.map((one: { message?: unknown } | null) => String(one?.message)) : [];
  return messages.find((message) => secondary.test(message)) ?? "";
}

/** Seconds to wait where a refusal is a limit: a minute where GitHub does not say (its own advice). Undefined: it is none (C45). */
export function limitedFor(status: number, headers: Headers, message: string): number | undefined {
  const beside = status === 200 && secondary.test(message);
  if (status !== 403 && status !== 429 && !beside) return undefined;
  return retryAfter(headers) ?? (status === 429 || secondary.test(message) ? 60 : undefined);
}

/**
 * What has a primary limit of its own: REST, whose limit GitHub calls core, and GraphQL ("Rate limits for the REST API", x-ratelimit-resource).
 * Secondary limits are for both together.
 */
export type Resource = "core" | "graphql";
const resources = ["core", "graphql"] as const;

/** The resource that an answer counts, where GitHub says so, else both. */
function namedBy(headers: Headers): readonly Resource[] {
  const named = resources.filter((resource) => resource === headers["x-ratelimit-resource"]);
  return named.length > 0 ? named : resources;
}

/** Whose time is over: of a secondary limit both. */
function meant(headers: Headers, message: string): readonly Resource[] {
  const primary = String(headers["x-ratelimit-remaining"]) === "0" && headers["retry-after"] === undefined;
  return primary && !secondary.test(message) ? namedBy(headers) : resources;
}

/** At least a second: a limit whose time is over would not have been told. A minute where GitHub does not say (its own advice). */
function untilReset(headers: Headers): number {
  const reset = Number(headers["x-ratelimit-reset"]);
  const now = Date.parse(String(headers["date"])) / 1000;
  const wait = reset - now;
  return Number.isFinite(wait) ? Math.min(Math.max(Math.ceil(wait), 1), longest) : 60;
}

/**
 * Which installations wait, and until when. Whoever goes on asking in a limit is limited for longer, so that nothing is sent
 * while one waits ("Best practices for using the REST API", GitHub's documentation); every caller is told how long. Of each
 * primary limit the last requests are kept for what `urgent` says. GraphQL, which decisions read, may be used up while REST, which exchanges
 * and the ledger need, is not: nobody stops exchanges by a flood of pull requests.
 */
export class RateLimits {
  readonly #clock: Clock;
  readonly #until = new Map<string, { readonly at: number; readonly hard: boolean }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Seconds to wait; 0: ask. */
  wait(who: number | string, urgent = false, resource: Resource = "core"): number {
    const key = `${who} ${resource}`;
    const known = this.#until.get(key);
    if (!known || (urgent && !known.hard)) return 0;
    const left = known.at - this.#clock.now().getTime();
    if (left > 0) return Math.ceil(left / 1000);
    this.#until.delete(key);
    return 0;
  }

  /** @throws RetryLater `github_rate_limited`: nothing was sent. */
  pass(who: number | string, what: string, urgent = false, resource?: Resource): void {
    const after = this.wait(who, urgent, resource);
    if (after > 0) throw new RetryLater("github_rate_limited", `GitHub asks us to wait (${what}).`, { after });
  }

  /** What an answer says of the limit, be it a refusal or not. */
  note(who: number | string, status: number, headers: Headers, message = ""): void {
    const limited = limitedFor(status, headers, message);
    const left = Number(headers["x-ratelimit-remaining"] ?? Number.NaN);
    // A small limit is not to be kept whole: a twentieth of it, at most.
    const few = Math.min(reserve, Number(headers["x-ratelimit-limit"]) / 20);
    if (limited !== undefined) this.#pause(who, meant(headers, message), limited, true);
    else if (left === 0) this.#pause(who, meant(headers, message), untilReset(headers), true);
    else if (left <= few) this.#pause(who, namedBy(headers), untilReset(headers), false);
  }

  #pause(who: number | string, which: readonly Resource[], seconds: number, hard: boolean): void {
    const now = this.#clock.now().getTime();
    for (const resource of which) {
      const key = `${who} ${resource}`;
      const known = this.#until.get(key);
      // Of two limits the later; a hard one stays hard until its end.
      this.#until.set(key, {
        at: Math.max(now + seconds * 1000, known?.at ?? 0),
        hard: hard || (known?.hard === true && known.at > now),
      });
    }
  }
}
