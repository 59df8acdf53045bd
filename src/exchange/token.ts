import type { Minted } from "../cloud/types.ts";
import type { RepositoryId } from "../base/ids.ts";
import { azureResource } from "../plan/index.ts";
import type { Begin, Begun } from "./begin.ts";
import { type Claims } from "./claims.ts";
import { publish } from "./channel.ts";
import { drop } from "./drop.ts";
import { explainEnded, type Grants, type LoadedGrant } from "./grants.ts";
import type { KnownIds } from "./known-ids.ts";
import type { RepositoryLimits } from "./limits.ts";
import type { LiveCheck } from "./live.ts";
import { matchGrants, tellable } from "./match.ts";
import { mint } from "./mint.ts";
import type { MarkMinted } from "./minted.ts";
import { parseParams, type TokenParams } from "./params.ts";
import { pendingFor } from "./pending.ts";
import { Refused } from "./refused.ts";
import type { Release } from "./release.ts";
import { giveBack } from "./revoke.ts";
import { readUnverified, type Unverified, verifySubjectToken } from "./subject-token.ts";
import type { ExchangeDeps } from "./types.ts";

export interface Parts {
  readonly deps: ExchangeDeps;
  readonly repositories: KnownIds<RepositoryId>;
  readonly live: LiveCheck;
  readonly limits: RepositoryLimits;
  readonly grants: Grants;
  /** The steps that write, each for all exchanges that come to it together (base/batched.ts). */
  readonly begin: Begin;
  readonly markMinted: MarkMinted;
  readonly release: Release;
}
/** What is known of the caller so far, for the log and the refusal count. Filled only from a verified token. */
export interface Trail {
  claims?: Claims;
  /** What a well-formed token says of itself, verified or not; `unhurried`: to look at it may take calls of others. */
  claimed?: Claims & { readonly unhurried: boolean };
  access?: RepositoryId;
  grant?: string;
  /** The grant that the job's refusal is about, where it is of exactly that grant's workflow: `tellable`. */
  told?: string;
  exchange?: string;
}

/**
 * The exchange as one straight line (DESIGN.md section 4, Exchange states and Fail closed): cheap and public checks first,
 * then the signature, then the database, then GitHub; the cloud only when all of it holds; the answer only when it is on
 * record.
 * @throws Refused and whatever could not be read; the caller answers.
 */
export async function exchangeToken(
  parts: Parts,
  form: URLSearchParams,
  correlationId: string,
  trail: Trail,
): Promise<{ minted: Minted; grant: LoadedGrant }> {
  const { deps } = parts;
  const params = parseParams(form);
  const rules = { issuer: deps.config.oidcIssuer, audience: deps.config.publicUrl };
  const unverified = readUnverified(params.subjectToken, rules, deps.clock);
  const claimed = claimedBy(deps, unverified, trail);
  if (!(await parts.repositories.has(claimed.repositoryId))) throw new Refused("access_denied", { why: "repository" });
  const claims = await verifySubjectToken(unverified, rules, deps.keySet, deps.clock);
  trail.claims = claims;
  const slow = parts.limits.enter(claims.repositoryId);
  if (slow > 0) throw new Refused("slow_down", {}, { retryAfter: slow });

  const grant = await findGrant(parts, claims, params, trail);
  const broker = deps.brokers.get(grant.plan.kind);
  // Before a use is counted: it would be lost for nothing.
  if (!broker) throw new Refused("kind_not_supported", { kind: grant.plan.kind });
  if (grant.plan.kind === "azure" && azureResource(grant.plan, params.resource) === undefined)
    throw new Refused("resource_required");
  const live = await parts.live.check(grant, claims);
  const wait = await deps.github.ledgerWait(live.enrolment);
  if (wait > 0) throw new Refused("temporarily_unavailable", { why: "write budget" }, { retryAfter: wait });

  // A restored backup does not know of the uses and tokens that came after it: the ledger does, and is imported before they are
  // looked at (C52).
  await deps.recorder.caughtUp(live.enrolment);

  const begun = await parts.begin(claims, grant, live, correlationId);
  trail.exchange = begun.id;
  let minted: Minted | undefined;
  try {
    minted = await mint(deps, broker, begun, params.resource);
    await parts.markMinted(begun, minted);
    await record(deps, begun);
    await parts.release(begun);
    return { minted, grant };
  } catch (error) {
    // Where this fails too, the sweep drops it after the deadline.
    await drop(deps, begun.id).catch((err: unknown) => deps.log.warn({ err, exchange: begun.id }, "drop failed"));
    if (minted) await giveBack(deps, broker, begun.id, minted);
    throw error;
  }
}

/**
 * Notes what a token says of itself. The key set is asked for a key that we do not hold, and GitHub for who pressed the button
 * of a re-run: whoever is denied waits as long where neither was necessary (C44). Both stand in the token for all to see.
 */
export function claimedBy(deps: Pick<ExchangeDeps, "keySet">, { claims, kid }: Unverified, trail: Trail): Claims {
  trail.claimed = { ...claims, unhurried: claims.runAttempt > 1 || !deps.keySet.has(kid) };
  return claims;
}

/** Exactly one grant, or the reason; what is pending, and grants that ended, are asked only where none that lives fits. */
async function findGrant(parts: Parts, claims: Claims, params: TokenParams, trail: Trail): Promise<LoadedGrant> {
  const { deps, grants } = parts;
  const now = deps.clock.now();
  const bot = botId(deps);
  const live = await grants.active(claims, bot);
  let match = matchGrants(claims, params, live, now);
  if (match.kind === "none") {
    const pending = await pendingFor(deps, claims, params);
    if (pending) throw pending;
    const since = new Date(now.getTime() - explainEnded);
    const ended = await grants.ended(claims, since, bot);
    match = matchGrants(claims, params, [...live, ...ended], now);
  }
  if (match.kind === "match") {
    trail.access = match.grant.access.id;
    trail.grant = match.grant.id;
    return match.grant;
  }
  if (match.kind === "ambiguous") {
    for (const grant of match.grants) trail.access ??= grant.access.id;
    throw new Refused("ambiguous", { grants: match.grants.map((grant) => grant.id).slice(0, 20) });
  }
  const told = tellable(match.reasons);
  // A server that just started does not know its own bot yet: that is no answer about the job. Asked here, and not waited for: after
  // a crash the job of the queue that asks as well is held by the dead server for a minute.
  if (told?.code === "actor_mismatch" && told.grant.dispatch !== null && bot === undefined) {
    await deps.github.identify(told.grant.access);
    return findGrant(parts, claims, params, trail);
  }
  const nearest = told ?? match.reasons[0];
  if (nearest) trail.access = nearest.grant.access.id;
  if (told) trail.told = told.grant.id;
  throw new Refused(told?.code ?? "access_denied", { grant: nearest?.grant.id, why: nearest?.code });
}

/** Resolves once the ledger has the entry; then the row says so, by whoever wrote the batch. */
async function record(deps: ExchangeDeps, begun: Begun): Promise<void> {
  await deps.recorder.flush(begun.live.enrolment);
  publish({ state: "recorded", exchange: begun.id });
}

/** Undefined until GitHub has told who we are; dispatched grants match nobody until then. */
function botId(deps: ExchangeDeps) {
  try {
    return deps.github.bot.id;
  } catch {
    return undefined;
  }
}
