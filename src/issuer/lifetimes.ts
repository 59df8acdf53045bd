import type { Seconds } from "../base/duration.ts";

/**
 * How long an assertion lives that never leaves the server, by the broker that asks for it; one table, so that no broker has a
 * number of its own. What somebody else gets, or what a cloud lets its token live as long as, is in the plan's table
 * (`sessionSeconds`, plan/lifetimes.ts), since reviewers approve it: assertions for direct federation with gcp, `delivery:
 * assertion` of azure, tokens of oidc. Sources: CLOUDS.md sections 0 to 3 and 8.
 */
export const assertionLifetimes = {
  /** STS looks at it once, with 5 minutes of tolerance for clocks. */
  aws: 300,
  /** Google's STS and the service account behind it are asked at once. */
  gcp: 300,
  /** Entra is asked at once; also before an assertion is handed out. */
  azure: 300,
} as const satisfies Readonly<Record<string, Seconds>>;

/** No assertion lives longer, whatever a broker asks. */
export const maxAssertionLifetime: Seconds = 3600;
