import type { Db, Store } from "./store/index.ts";

/**
 * For `/readyz`: whether the database answers, and in `degraded` all that keeps jobs from getting anything although it does, the
 * clock among it (C65). @throws where the database does not answer
 */
export async function readiness(store: Pick<Store, "ping">, github: { skewSeconds(): number | null }, db: Db) {
  await store.ping();
  const skew = github.skewSeconds();
  const rows = await db
    .selectFrom("enrolment")
    .select(["full_name", "state", "state_reason", "quarantined_digest"])
    .execute();
  const degraded = [
    ...(skew === null
      ? ["GitHub has not answered yet"]
      : Math.abs(skew) > 30
        ? [`the clock differs from GitHub's by ${skew} s`]
        : []),
    ...rows.flatMap((r) =>
      r.state === "active" ? [] : [`${r.full_name} is ${r.state}: ${r.state_reason ?? "being enrolled"}`],
    ),
    ...rows.flatMap((r) => (r.quarantined_digest === null ? [] : [`${r.full_name} is in policy quarantine`])),
  ];
  return { ready: true, degraded };
}
