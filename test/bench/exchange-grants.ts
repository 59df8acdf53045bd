import { admin } from "../helpers/store-source.ts";
import { load, quantile, type Round } from "./exchange/load.ts";
import { bodies, withBench } from "./exchange/servers.ts";

const rounds = 7;
const connections = 16;
const few = 1000;
const many = 1_000_000;

/** `POST /token` with a thousand and with a million stored grants: one database each, the same jobs, round by round in turn. */
export async function exchangeGrants(): Promise<string> {
  return withBench(async (bench) => {
    const { issuer } = bench;
    const servers = await Promise.all(
      [few, many].map(async (count) => {
        const { url } = await bench.database(`grants_${count}`);
        await store(url, count);
        const server = await bench.start("ours.ts", url);
        await load(server.url, await bodies(issuer, 500), connections);
        return server;
      }),
    );
    const taken: (readonly Round[])[] = [];
    for (let round = 0; round < rounds; round++) {
      const tokens = await bodies(issuer, 800);
      const pair: Round[] = [];
      for (const server of round % 2 === 0 ? servers : servers.toReversed())
        pair.push(await load(server.url, tokens, connections));
      taken.push(round % 2 === 0 ? pair : pair.toReversed());
    }
    const median = (i: number, key: keyof Round): string =>
      quantile(
        taken.map((pair) => pair[i]?.[key] ?? Number.NaN),
        0.5,
      ).toFixed(1);
    const ratios = taken.map(([a, b]) => (b?.p99 ?? Number.NaN) / (a?.p99 ?? Number.NaN));
    const shown = [0, 0.5, 1].map((q) => quantile(ratios, q).toFixed(2)).join(", ");
    const line = (i: number, count: number): string =>
      `| ${count} | ${median(i, "perSecond")} | ${median(i, "p50")} | ${median(i, "p99")} | ${i === 1 ? `${shown} | at most 1.2` : " | "} |`;
    return `| stored grants | per second | p50, ms | p99, ms | ratio of p99: min, median, max | goal |\n| --- | --- | --- | --- | --- | --- |\n${line(0, few)}\n${line(1, many)}`;
  });
}

/**
 * Fills up with grants of other jobs, as years leave them: of a hundred one is active, the others ended long ago; ten thousand
 * repositories, those of the jobs that exchange among them.
 */
async function store(url: string, count: number): Promise<void> {
  // By a connection of its own: those of the store give up a statement after seconds.
  await admin(
    url,
    `insert into "grant" (id, repository_id, path, blob, blob_sha256, pull_request, pull_request_id, merge_commit, decision_key,
      policy_digest, requester_id, requester_login, target, role, plan_version, plan, plan_hash, workflow_repository_id,
      not_before, expires_at, runs, state, state_reason, ended_at, dispatch_id, created_at)
    select gen_random_uuid()::text, g.repository_id, 'requests/vault/2020-01/old-' || n || '.yml', g.blob, g.blob_sha256,
      n + 1000, n + 100000, g.merge_commit, g.decision_key, g.policy_digest, g.requester_id, g.requester_login, g.target, g.role,
      g.plan_version, g.plan, g.plan_hash, case when active then 100000 else 1000 end + n % 10000,
      case when active then g.not_before else g.not_before - interval '1 year' end,
      case when active then g.expires_at else g.expires_at - interval '1 year' end,
      1, case when active then 'active' else 'expired' end, null,
      case when active then null else g.expires_at - interval '1 year' end, null, g.created_at
    from (select * from "grant" limit 1) g, generate_series(1, ${count}) n, lateral (select n % 100 = 0 as active) a`,
  );
  // As autovacuum does sooner or later.
  await admin(url, `vacuum analyze "grant"`);
  // What was just loaded goes to the disk now, not while the exchanges are measured.
  await admin(url, "checkpoint");
}
