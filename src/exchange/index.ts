// POST /token: a job's OIDC token for credentials under a grant (DESIGN.md sections 4 and 6).
import { setTimeout as delay } from "node:timers/promises";
import { CountersignError, RetryLater } from "../base/errors.ts";
import { UpstreamFailure } from "../cloud/index.ts";
import { coalesce, LedgerStopped } from "../recorder/index.ts";
import { ActiveRepositories } from "./active-repositories.ts";
import { refused, released } from "./answers.ts";
import { claimIds } from "./claims.ts";
import { dropOverdue, forgetTokens } from "./drop.ts";
import { createKeySet } from "./key-set.ts";
import { LiveCheck } from "./live.ts";
import { Refusals } from "./refusals.ts";
import { Refused } from "./refused.ts";
import { revokeEnded } from "./revoke.ts";
import { exchangeToken, type Parts, type Trail } from "./token.ts";
import type { Exchange, ExchangeDeps } from "./types.ts";

export { codes, type Code } from "./codes.ts";
export type { ExchangeEvent } from "./channel.ts";
export { importedEntries } from "./imported.ts";
export { createLiveHead, type LiveHead } from "./live-head.ts";
export { createPolicies, type Policies } from "./policies.ts";
export type { Answer, Exchange, ExchangeDeps } from "./types.ts";

/**
 * Strangers are answered at multiples of this, in milliseconds, so that time tells them nothing (C44). For a re-run it is
 * longer: where it fits a pending request but for who pressed the button, GitHub is asked, which takes its time.
 */
const floor = 50;
const rerunFloor = 1000;

export function createExchange(deps: ExchangeDeps): Exchange {
  const repositories = new ActiveRepositories(deps.db, deps.clock);
  const refusals = new Refusals(deps);
  const parts: Parts = {
    deps,
    repositories,
    keys: createKeySet(deps.config.oidcIssuer, deps.fetch ?? fetch),
    live: new LiveCheck(deps),
  };
  const endTokens = coalesce(() => revokeEnded(deps));
  return {
    async token(params, { correlationId, remote }) {
      const arrived = performance.now();
      const trail: Trail = {};
      try {
        const { minted, grant } = await exchangeToken(parts, params, correlationId, trail);
        deps.log.info({ correlation_id: correlationId, ...known(trail) }, "released");
        return released(minted, grant);
      } catch (error) {
        const refusal = asRefused(error);
        const { code, detail } = refusal;
        const cause = error === refusal ? refusal.cause : error;
        // Who waits for an approval comes every few seconds, and is no refusal.
        const pending = code === "authorization_pending";
        deps.log[pending ? "info" : "warn"](
          { correlation_id: correlationId, remote, code, ...known(trail), detail, ...causeOf(cause) },
          pending ? "pending" : "refused",
        );
        if (!pending && trail.claims && trail.access) refusals.note(trail.access, trail.claims.repositoryId, code);
        const step = (trail.attempt ?? 1) > 1 ? rerunFloor : floor;
        if (code === "access_denied") await delay(step - ((performance.now() - arrived) % step));
        return refused(refusal, deps.config.publicUrl, correlationId);
      }
    },
    async sweep() {
      await dropOverdue(deps);
      await endTokens();
      await forgetTokens(deps);
      await refusals.flush();
    },
    revokeEnded: endTokens,
    refreshIndex: () => repositories.refresh(),
    flushRefusals: () => refusals.flush(),
  };
}

/** Fails closed: what we did not foresee is "try again", with the cause in the log, never credentials (C46). */
function asRefused(error: unknown): Refused {
  if (error instanceof Refused) return error;
  if (error instanceof LedgerStopped) return new Refused("issuing_stopped");
  const after = error instanceof RetryLater ? error.after : undefined;
  return new Refused("temporarily_unavailable", {}, { retryAfter: after });
}

const known = ({ claims, access, grant, exchange }: Trail): Readonly<Record<string, unknown>> => ({
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
