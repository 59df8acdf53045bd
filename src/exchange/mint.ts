import { RetryLater } from "../base/errors.ts";
import { type Broker, CloudError, type Minted } from "../cloud/index.ts";
import type { Begun } from "./begin.ts";
import { cloudRefused, Refused } from "./refused.ts";
import { giveBack } from "./revoke.ts";
import type { ExchangeDeps } from "./types.ts";

/**
 * Credentials from the cloud, outside any transaction, given up at the deadline even where a broker does not listen.
 * @throws Refused `cloud_refused`, `issue_timeout`, `temporarily_unavailable`
 */
export async function mint(
  deps: ExchangeDeps,
  broker: Broker,
  begun: Begun,
  resource: string | undefined,
): Promise<Minted> {
  const { grant, claims, deadline } = begun;
  const now = deps.clock.now();
  // Not AbortSignal.timeout, which would hold every exchange in memory until its deadline, long after its answer.
  const { signal, stop } = abortAfter(Math.max(0, deadline.getTime() - now.getTime()));
  let minting: Promise<Minted> | undefined;
  try {
    minting = broker.mint({
      plan: grant.plan,
      window: { notBefore: grant.notBefore, expiresAt: grant.expiresAt },
      ...(resource !== undefined && { resource }),
      now,
      context: {
        grant: grant.id,
        exchange: begun.id,
        accessRepositoryId: grant.access.id,
        pullRequest: grant.pullRequest,
        requesterId: grant.requester.id,
        runId: claims.runId,
        runAttempt: claims.runAttempt,
      },
      sign: (request) => deps.keys.signAssertion({ ...request, now: deps.clock.now() }),
      signal,
    });
    return await Promise.race([minting, aborted(signal)]);
  } catch (cause) {
    if (signal.aborted) {
      // A broker that did not listen may come with credentials yet: nobody waits for them.
      minting?.then(
        (late) => giveBack(deps, broker, begun.id, late),
        () => {},
      );
      throw new Refused("issue_timeout", { step: "mint" }, { cause });
    }
    throw mintRefused(cause);
  } finally {
    stop();
  }
}

function abortAfter(milliseconds: number): { readonly signal: AbortSignal; stop(): void } {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), milliseconds);
  return { signal: over.signal, stop: () => clearTimeout(timer) };
}

function mintRefused(cause: unknown): Refused {
  const detail = { step: "mint" };
  if (cause instanceof CloudError) return cloudRefused(cause, detail);
  const retryAfter = cause instanceof RetryLater ? cause.after : undefined;
  return new Refused("temporarily_unavailable", detail, { cause, retryAfter });
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error("aborted at the deadline")), { once: true });
  });
