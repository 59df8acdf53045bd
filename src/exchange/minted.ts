import { sql } from "kysely";
import { batched, type Outcome } from "../base/batched.ts";
import { formatInstant } from "../base/duration.ts";
import type { RepositoryId } from "../base/ids.ts";
import type { Minted } from "../cloud/index.ts";
import type { IssuedEntry } from "../ledger/types.ts";
import { asyncCommit, rowsOf } from "../store/index.ts";
import { together } from "./batches.ts";
import type { Begun } from "./begin.ts";
import { publish } from "./channel.ts";
import { Refused } from "./refused.ts";
import { sealedColumns } from "./seal.ts";
import { tokenDigest } from "./seen-tokens.ts";
import type { ExchangeDeps } from "./types.ts";

type Deps = Pick<ExchangeDeps, "db" | "clock" | "newId" | "recorder" | "sealer">;
export type MarkMinted = (begun: Begun, minted: Minted) => Promise<void>;

interface Marked {
  readonly exchange: string;
  readonly access: RepositoryId;
  readonly entry: IssuedEntry;
  readonly sealed: ReturnType<typeof sealedColumns>;
}

/**
 * `minted`: the `issued` entry, the state and what can be revoked, sealed, in one transaction, which exchanges that come together
 * share. "issued" means: may have been released. On the disk with the batch that holds the entry, before that is sent.
 * @throws Refused `issue_timeout` where the sweep was faster.
 */
export function markingMinted(deps: Deps): MarkMinted {
  const mark = batched<Marked, void>({
    run: (exchanges) => markAll(deps, exchanges),
    ...together,
  });
  return async (begun, minted) => {
    await mark({
      exchange: begun.id,
      access: begun.grant.access.id,
      entry: issuedEntry(deps, begun, minted),
      sealed: sealedColumns(deps, begun.id, minted),
    });
    publish({ state: "minted", exchange: begun.id });
  };
}

async function markAll({ db, clock, recorder }: Deps, exchanges: readonly Marked[]): Promise<readonly Outcome<void>[]> {
  const now = clock.now();
  const values = exchanges.map(({ exchange, entry, sealed }) => ({
    id: exchange,
    entry_id: entry.id,
    sealed_token: sealed.sealed_token ?? null,
    sealed_until: sealed.sealed_until ?? null,
  }));
  const columns = { id: "text", entry_id: "text", sealed_token: "text", sealed_until: "timestamptz" } as const;
  return db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ id: string }>`
      update exchange x
      set state = 'minted', entry_id = r.entry_id, sealed_token = r.sealed_token, sealed_until = r.sealed_until
      from ${rowsOf(values, columns)}
      where x.id = r.id and x.state = 'minting' and x.deadline > ${now}
      returning x.id, ${asyncCommit}`.execute(trx);
    const changed = new Set(rows.map((row) => row.id));
    const marked = exchanges.filter(({ exchange }) => changed.has(exchange));
    for (const [access, entries] of Map.groupBy(marked, (one) => one.access))
      await recorder.append(
        trx,
        access,
        entries.map(({ entry }) => entry),
        now,
      );
    return exchanges.map(({ exchange }) =>
      changed.has(exchange)
        ? { ok: true, value: undefined }
        : { ok: false, error: new Refused("issue_timeout", { step: "minted" }) },
    );
  });
}

const issuedEntry = ({ clock, newId }: Deps, { id, grant, claims }: Begun, minted: Minted): IssuedEntry => ({
  v: 1,
  id: newId(),
  at: formatInstant(clock.now()),
  type: "issued",
  grant: grant.id,
  path: grant.path,
  exchange: id,
  kind: grant.plan.kind,
  target: grant.target,
  role: grant.role,
  subject: grant.plan.subject,
  identifiers: minted.identifiers,
  expires_at: formatInstant(minted.expiresAt),
  job: {
    repository_id: claims.repositoryId,
    run_id: claims.runId,
    run_attempt: claims.runAttempt,
    actor_id: claims.actorId,
    sha: claims.sha,
    jti_sha256: tokenDigest(claims),
  },
  plan_hash: grant.planHash,
});
