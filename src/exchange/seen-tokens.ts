import { type Kysely, sql } from "kysely";
import { sha256 } from "../base/canonical-json.ts";
import { type Database, rowsOf } from "../store/index.ts";
import type { Claims } from "./claims.ts";
import { Refused } from "./refused.ts";

/** A token is remembered for longer than anybody accepts it, in milliseconds. */
const remember = 300_000;

const digests = new WeakMap<Claims, string>();

/** What a token is known by in the database, and in the ledger. Asked for at each step of an exchange, and computed once. */
export function tokenDigest(claims: Claims): string {
  const known = digests.get(claims);
  if (known !== undefined) return known;
  const digest = sha256(claims.jti);
  digests.set(claims, digest);
  return digest;
}

/** Accepted once (C37). By digest, so that imported entries, which tell no more, can fill the table as well. */
export async function takeToken(trx: Kysely<Database>, claims: Claims): Promise<void> {
  if ((await takeTokens(trx, [claims])).size === 0) throw new Refused("token_replayed");
}

/** @returns digests of those that nobody had taken. All are of one issuer, the only one (C34). */
export async function takeTokens(trx: Kysely<Database>, claims: readonly Claims[]): Promise<ReadonlySet<string>> {
  const tokens = claims.map((one) => ({
    iss: one.iss,
    jti: tokenDigest(one),
    until: new Date(one.exp * 1000 + remember),
  }));
  const { rows } = await sql<{ jti: string }>`
    insert into seen_token (iss, jti, until)
    select iss, jti, until from ${rowsOf(tokens, { iss: "text", jti: "text", until: "timestamptz" })} order by iss, jti
    on conflict do nothing returning jti`.execute(trx);
  return new Set(rows.map((row) => row.jti));
}

/** Within the transaction that took them: as if nobody had come. */
export async function giveTokensBack(trx: Kysely<Database>, claims: readonly Claims[]): Promise<void> {
  const tokens = claims.map((one) => ({ iss: one.iss, jti: tokenDigest(one) }));
  await sql`
    delete from seen_token t using ${rowsOf(tokens, { iss: "text", jti: "text" })}
    where t.iss = r.iss and t.jti = r.jti`.execute(trx);
}
