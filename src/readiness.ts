import type { Db } from "./store/index.ts";

/** Seconds that our clock may differ from GitHub's; beyond it nothing is exchanged (DESIGN.md section 4, Windows). */
const mostSkew = 30;

interface ReadinessDeps {
  readonly store: { ping(): Promise<void> };
  readonly github: { skewSeconds(): number | null };
  readonly db: Db;
}

/**
 * What `/readyz` says (DESIGN.md section 6): ready as soon as the store answers, and in sentences what does not work as it should.
 * @throws where the store does not answer
 */
export async function readiness({ store, github, db }: ReadinessDeps): Promise<{
  readonly ready: boolean;
  readonly degraded: readonly string[];
}> {
  await store.ping();
  const skew = github.skewSeconds();
  const rows = await db
    .selectFrom("enrolment")
    .select(["full_name", "state", "state_reason", "quarantined_digest"])
    .execute();
  const degraded = [
    ...(skew === null
      ? ["GitHub has not answered yet"]
      : Math.abs(skew) > mostSkew
        ? [`the clock differs from GitHub's by ${skew} s`]
        : []),
    ...rows.flatMap((r) =>
      r.state === "active" ? [] : [`${r.full_name} is ${r.state}: ${r.state_reason ?? "being enrolled"}`],
    ),
    ...rows.flatMap((r) => (r.quarantined_digest === null ? [] : [`${r.full_name} is in policy quarantine`])),
  ];
  return { ready: true, degraded };
}
