import { CountersignError, RetryLater } from "../base/errors.ts";
import type { RepositoryId } from "../base/ids.ts";
import { UpstreamFailure } from "../cloud/index.ts";
import { LedgerStopped } from "../recorder/index.ts";
import { refused } from "./answers.ts";
import { claimIds } from "./claims.ts";
import { codes, type Code } from "./codes.ts";
import type { RepositoryLimits } from "./limits.ts";
import { Refused } from "./refused.ts";
import type { Trail } from "./token.ts";
import type { Answer, ExchangeDeps } from "./types.ts";

export interface Meta {
  readonly correlationId: string;
  readonly remote: string;
}
interface Options {
  readonly deps: Pick<ExchangeDeps, "log" | "pause"> & { readonly config: { readonly publicUrl: string } };
  readonly limits: RepositoryLimits;
  /** Refusals are answered at multiples of this, in milliseconds, so that time tells strangers nothing (C44). */
  readonly floor: (claimed: NonNullable<Trail["claimed"]>) => number;
  /** Counts a refusal of a job whose access repo is known. */
  readonly note?: (access: RepositoryId, job: RepositoryId, code: Code) => void;
  /** Tells the readers of the access repo of a refusal under a grant that is known. */
  readonly tell?: (grant: string, refusal: Refused, correlationId: string) => void;
}

/**
 * Runs one request to its answer and never throws: a refusal is logged at once, counted, and told in its one shape. What we did
 * not foresee is "try again", with the cause in the log, never a success (C46).
 */
export function answering({ deps: { config, log, pause }, limits, floor, note, tell }: Options) {
  return async ({ correlationId, remote }: Meta, work: (trail: Trail) => Promise<Answer>): Promise<Answer> => {
    const arrived = performance.now();
    const trail: Trail = {};
    try {
      return await work(trail);
    } catch (error) {
      const refusal = limited(limits, trail, asRefused(error));
      const { code, detail } = refusal;
      const cause = error === refusal ? refusal.cause : error;
      // Who waits for an approval comes every few seconds, and is no refusal.
      const pending = code === "authorization_pending";
      log[pending ? "info" : "warn"](
        { correlation_id: correlationId, remote, code, ...known(trail), detail, ...causeOf(cause) },
        pending ? "pending" : "refused",
      );
      if (!pending && trail.claims && trail.access) note?.(trail.access, trail.claims.repositoryId, code);
      const about = trail.grant ?? trail.told;
      if (!pending && trail.claims && about !== undefined) tell?.(about, refusal, correlationId);
      if (trail.claimed && codes[code].status < 500) {
        const step = floor(trail.claimed);
        // A timer leaves out what is less than a millisecond, and may come one early.
        await pause(Math.ceil(step - ((performance.now() - arrived) % step)) + 1);
      }
      return refused(refusal, config.publicUrl, correlationId);
    }
  };
}

/** Counts a refusal, and slows down who is denied too often. An outage on our side, or waiting, is nobody's fault. */
function limited(limits: RepositoryLimits, { claims, claimed }: Trail, refusal: Refused): Refused {
  const { code } = refusal;
  if (!claimed || codes[code].status >= 500 || code === "slow_down" || code === "authorization_pending") return refusal;
  if (claims) limits.refused(claims.repositoryId);
  const wait = claims ? 0 : limits.denied(claimed.repositoryId);
  return wait > 0 ? new Refused("slow_down", refusal.detail, { retryAfter: wait, cause: refusal.cause }) : refusal;
}

function asRefused(error: unknown): Refused {
  if (error instanceof Refused) return error;
  if (error instanceof LedgerStopped) return new Refused("issuing_stopped");
  const after = error instanceof RetryLater ? error.after : undefined;
  return new Refused("temporarily_unavailable", {}, { retryAfter: after });
}

/** Ids only, for the log. */
export const known = ({ claims, access, grant, exchange }: Trail): Readonly<Record<string, unknown>> => ({
  access,
  grant,
  exchange,
  ...(claims && claimIds(claims)),
});

/** Our own errors hold no secrets; others' messages may quote what was sent, so of those only the kind is logged. */
function causeOf(cause: unknown): Readonly<Record<string, unknown>> {
  if (cause === undefined) return {};
  if (cause instanceof CountersignError)
    return { cause: { code: cause.code, message: cause.message, ...upstreamOf(cause.cause) } };
  if (cause instanceof Error) return { cause: { name: cause.name, code: (cause as { code?: unknown }).code } };
  return { cause: { name: typeof cause } };
}

/** What a cloud's refusal is known by there: its number or name, and the id under which its own log has it. */
const upstreamOf = (error: unknown): Readonly<Record<string, unknown>> =>
  error instanceof UpstreamFailure
    ? { upstream: { name: error.name, message: error.message, status: error.status, request_id: error.requestId } }
    : {};
