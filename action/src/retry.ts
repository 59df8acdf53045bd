import { Failure } from "./failure.ts";
import type { Machine, Runner } from "./runner.ts";

/** From the first attempt to the last answer. A runner costs by the minute, and a person watches. */
const capMs = 120_000;
const firstDelayMs = 1000;
const longestDelayMs = 15_000;

/**
 * Repeats a whole attempt (new OIDC token, new exchange) while its failure says that a retry may help and the cap allows.
 * If an answer was lost after the server released, the next attempt is simply a new exchange of the same run.
 */
export async function withRetries<T>(
  machine: Machine,
  runner: Runner,
  attempt: (limitMs: number) => Promise<T>,
): Promise<T> {
  const start = machine.elapsed();
  for (let count = 1; ; count++) {
    try {
      return await attempt(Math.max(1, capMs - (machine.elapsed() - start)));
    } catch (error) {
      if (!(error instanceof Failure) || error.details.retry === undefined) throw error;
      const delay = delayMs(error.details.retry.afterSeconds, count, machine.random());
      // A wait that ends at the cap or after it would only make the job fail later.
      if (machine.elapsed() - start + delay >= capMs) throw error;
      runner.info(`${error.message} (${error.code}) Trying again in ${Math.ceil(delay / 1000)} s with a new token.`);
      await machine.sleep(delay);
    }
  }
}

/** What the server asked for, never less than a second; else doubling, with up to half taken off at random. */
function delayMs(afterSeconds: number | undefined, count: number, random: number): number {
  if (afterSeconds !== undefined) return Math.max(firstDelayMs, afterSeconds * 1000);
  const full = Math.min(longestDelayMs, firstDelayMs * 2 ** (count - 1));
  return Math.round(full * (1 - random / 2));
}
