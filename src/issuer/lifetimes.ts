import type { Seconds } from "../base/duration.ts";

/**
 * How long an assertion lives, by the broker that asks for it; one table, so that no broker has a number of its own.
 * Sources: CLOUDS.md sections 0 to 3 and 8.
 */
export const assertionLifetimes = {
  /** Never leaves the server; STS looks at it once, with 5 minutes of tolerance for clocks. */
  aws: 300,
  /** Never leaves the server. Direct federation alone asks for min(end, 1 h): there the token's life is the assertion's. */
  gcp: 300,
  /** `delivery: assertion` hands it to the job: min(end, this), refreshed by a new exchange. */
  azure: 300,
  /** Handed to the job: min(end, this). */
  oidc: 300,
} as const satisfies Readonly<Record<string, Seconds>>;

/** No assertion lives longer, whatever a broker asks. */
export const maxAssertionLifetime: Seconds = 3600;
