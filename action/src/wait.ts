import { Failure } from "./failure.ts";
import type { Machine, Runner } from "./runner.ts";

/** RFC 8628 section 3.2: what a client keeps to where the server says nothing. */
const defaultIntervalSeconds = 5;
const longestIntervalSeconds = 300;

/**
 * Tries again while the job's request waits for its approval, as RFC 8628 section 3.5 has a client do it: not more often than
 * the server says, each time with a new OIDC token. Everything else that a try ends with is final, but for an outage once
 * waiting has begun: a server that is restarted while people decide does not fail the job.
 */
export async function untilApproved<T>(
  machine: Machine,
  runner: Runner,
  limitMs: number,
  attempt: () => Promise<T>,
): Promise<T> {
  const end = machine.elapsed() + limitMs;
  let said: string | undefined;
  let intervalSeconds = defaultIntervalSeconds;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      const { pending, retry } = error.details;
      if (pending === undefined && (said === undefined || retry === undefined)) throw error;
      if (pending !== undefined) {
        const asked = pending.intervalSeconds ?? defaultIntervalSeconds;
        intervalSeconds = Math.min(longestIntervalSeconds, Math.max(1, asked));
      }
      if (machine.elapsed() + intervalSeconds * 1000 > end) throw error;
      const words = waiting(error);
      if (words !== said) runner.info(words);
      said = words;
      await machine.sleep(intervalSeconds * 1000);
    }
  }
}

function waiting({ message, code, details }: Failure): string {
  if (details.pending === undefined) return `Still waiting, but: ${message} (${code})`;
  const whom = details.awaited === undefined ? "" : ` by ${details.awaited}`;
  const where = details.pullRequest === undefined ? "" : `: ${details.pullRequest}`;
  return `Waiting for the approval${whom}${where}`;
}
