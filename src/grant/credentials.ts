import { parseEntry } from "../ledger/index.ts";
import type { IssuedEntry } from "../ledger/types.ts";
import type { Db } from "../store/index.ts";

/** What was released under a grant. */
export interface Credential {
  readonly issued: IssuedEntry;
  /** Until when it opens something, at most. */
  readonly until: Date;
  /** github: `gone` once GitHub said so. Other clouds do not let us end what they issued. */
  readonly ended: "no" | "asked" | "gone";
}

/** The longest that anything issued lives on: a token of Microsoft Graph, 24 h after the assertion that it was traded for. */
export const longestLife = 90_000_000;

/** Everything that was released under these grants, the oldest first, also what has ended by now. */
export async function releasedCredentials(db: Db, grants: readonly string[]): Promise<readonly Credential[]> {
  if (grants.length === 0) return [];
  const rows = await db
    .selectFrom("exchange as x")
    .innerJoin("ledger_entry as l", "l.id", "x.entry_id")
    .select(["l.body", "x.sealed_token"])
    .where("x.grant_id", "in", [...grants])
    .where("x.state", "=", "released")
    .orderBy("x.started_at")
    .execute();
  return rows.flatMap(({ body, sealed_token }): Credential[] => {
    const issued = parseEntry(body);
    if (issued.type !== "issued") return [];
    const ended = issued.kind !== "github" ? "no" : sealed_token === null ? "gone" : "asked";
    return [{ issued, until: livesUntil(issued), ended }];
  });
}

/** With `delivery: assertion` the job may trade what it got for tokens that live longer (cloud/azure). */
function livesUntil({ kind, identifiers, expires_at }: IssuedEntry): Date {
  const text = kind === "azure" ? (identifiers["graph_tokens_until"] ?? expires_at) : expires_at;
  const until = new Date(text);
  return Number.isFinite(until.getTime()) ? until : new Date(expires_at);
}
