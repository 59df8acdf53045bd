import { sha256 } from "../base/canonical-json.ts";
import { formatInstant } from "../base/duration.ts";
import { RetryLater } from "../base/errors.ts";
import { type Broker, CloudError, type Minted } from "../cloud/index.ts";
import type { IssuedEntry } from "../ledger/types.ts";
import type { Begun } from "./begin.ts";
import { publish } from "./channel.ts";
import { cloudRefused, Refused } from "./refused.ts";
import { giveBack } from "./revoke.ts";
import { sealedColumns } from "./seal.ts";
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
  const signal = AbortSignal.timeout(Math.max(0, deadline.getTime() - now.getTime()));
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
  }
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

/**
 * `minted`: the `issued` entry, the state and what can be revoked, sealed, in one transaction. "issued" means: may have been released.
 * @throws Refused `issue_timeout` where the sweep was faster.
 */
export async function markMinted(deps: ExchangeDeps, begun: Begun, minted: Minted): Promise<void> {
  const { grant, claims } = begun;
  const now = deps.clock.now();
  const entry: IssuedEntry = {
    v: 1,
    id: deps.newId(),
    at: formatInstant(now),
    type: "issued",
    grant: grant.id,
    path: grant.path,
    exchange: begun.id,
    kind: grant.plan.kind,
    target: grant.target,
    role: grant.role,
    subject: grant.plan.subject,
    identifiers: minted.identifiers,
    expires_at: formatInstant(minted.expiresAt),
    job: {
      repository_id: claims.repositoryId,
      run_id: claims.runId,
      run_attempt: claims.runAttempt,
      actor_id: claims.actorId,
      sha: claims.sha,
      jti_sha256: sha256(claims.jti),
    },
    plan_hash: grant.planHash,
  };
  await deps.db.transaction().execute(async (trx) => {
    const changed = await trx
      .updateTable("exchange")
      .set({ state: "minted", entry_id: entry.id, ...sealedColumns(deps, begun.id, minted) })
      .where("id", "=", begun.id)
      .where("state", "=", "minting")
      .where("deadline", ">", now)
      .executeTakeFirst();
    if (changed.numUpdatedRows !== 1n) throw new Refused("issue_timeout", { step: "minted" });
    await deps.recorder.append(trx, grant.access.id, [entry], now);
  });
  publish({ state: "minted", exchange: begun.id });
}
