import type { UserId } from "../base/ids.ts";
import type { GitHub } from "../github/types.ts";
import type { Claims } from "./claims.ts";

/**
 * Whether a person started this attempt. `actor_id` stays the first starter's on a re-run; who pressed the button is no claim
 * (C42). @throws RetryLater where GitHub cannot be read.
 */
export async function startedBy(
  github: Pick<GitHub, "run">,
  claims: Claims,
  person: UserId,
): Promise<{ readonly ok: boolean; readonly triggeringActor: UserId | null }> {
  if (claims.runAttempt === 1) return { ok: claims.actorId === person, triggeringActor: claims.actorId };
  const run = await github.run(claims.repository, claims.runId, claims.runAttempt);
  const triggeringActor = run?.attempt === claims.runAttempt ? (run.triggeringActor?.id ?? null) : null;
  return { ok: triggeringActor === person, triggeringActor };
}
