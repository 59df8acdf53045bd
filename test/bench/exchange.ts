import { existsSync, readFileSync } from "node:fs";
import { sql } from "kysely";
import type { Db } from "../../src/store/index.ts";
import { load, quantile, type Round } from "./exchange/load.ts";
import { refusals } from "./exchange/refusals.ts";
import { bodies, withBench } from "./exchange/servers.ts";

/** Both servers, one after the other, so often; each pair is one ratio. Other work on the machine hits both alike, on average. */
const pairs = 5;
/**
 * `full`: so many in hand that both servers have all the work they can do, with either cloud: their throughput, which has the goal. With fewer
 * it is the waits for the database and the cloud that are compared.
 */
const setups = [
  { cloud: 0, connections: 1024, requests: 4000, full: true },
  { cloud: 100, connections: 2048, requests: 6000, full: true },
  { cloud: 100, connections: 1024, requests: 4000, full: false },
  { cloud: 0, connections: 512, requests: 3000, full: false },
  { cloud: 0, connections: 64, requests: 1500, full: false },
] as const;

/** `POST /token`, whole and over HTTP, against a bare server (exchange/bare.ts) on the same PostgreSQL. */
export async function exchange(): Promise<string> {
  return withBench(async (bench) => {
    const { issuer } = bench;
    const { db, url } = await bench.database("bench");
    const [bare, ours] = [await bench.start("bare.ts", url), await bench.start("ours.ts", url)];
    const lines: string[] = [];
    // What is compiled, connected and cached once is not what a running server does.
    for (const server of [bare, ours]) {
      server.set({ cloud: 0, github: 0 });
      await load(server.url, await bodies(issuer, 1000), 64);
    }
    for (const setup of setups) {
      const rounds: { bare: Costs; ours: Costs }[] = [];
      const round = async (name: "bare" | "ours", tokens: readonly Buffer[]): Promise<Costs> => {
        const server = { bare, ours }[name];
        const before = [(await server.counts()).cpu, await databaseCpu(db, name)] as const;
        const took = await load(server.url, tokens, setup.connections);
        const after = [(await server.counts()).cpu, await databaseCpu(db, name)] as const;
        return {
          ...took,
          cpu: (after[0] - before[0]) / tokens.length,
          databaseCpu: (after[1] - before[1]) / tokens.length,
        };
      };
      for (const server of [bare, ours]) server.set({ cloud: setup.cloud, github: 0 });
      for (let pair = 0; pair < pairs; pair++) {
        const tokens = await bodies(issuer, setup.requests);
        const first = pair % 2 === 0 ? await round("bare", tokens) : undefined;
        const second = await round("ours", tokens);
        rounds.push({ bare: first ?? (await round("bare", tokens)), ours: second });
      }
      lines.push(...table(setup, rounds));
    }
    const { released, entries, commits } = await ours.counts();
    // The genesis is an entry too: everything that was released is on record.
    if (released + 1 !== entries) throw new Error(`${released} released, ${entries - 1} on record`);
    return `${header}\n${lines.join("\n")}\n\n${released} exchanges in ${commits} commits of the ledger.\n\n${await refusals(ours, issuer)}`;
  });
}

/** Also in milliseconds of CPU for each request, which other work on the machine lengthens less than it does the time. */
interface Costs extends Round {
  readonly cpu: number;
  readonly databaseCpu: number;
}

const header = `| cloud answers after | connections | server | per second | p50, ms | p99, ms | CPU, ms per exchange: server, database | ratio of throughput: min, median, max | goal |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |`;

function table(
  { cloud, connections, full }: (typeof setups)[number],
  rounds: readonly { readonly bare: Costs; readonly ours: Costs }[],
): readonly string[] {
  const ratios = rounds.map(({ bare, ours }) => ours.perSecond / bare.perSecond);
  const shown = [0, 0.5, 1].map((q) => quantile(ratios, q).toFixed(2)).join(", ");
  const goal = full ? "at least 0.7" : "";
  return (["bare", "ours"] as const).map((name) => {
    const median = (key: keyof Costs): number =>
      quantile(
        rounds.map((round) => round[name][key]),
        0.5,
      );
    return `| ${cloud} ms | ${connections} | ${name} | ${median("perSecond").toFixed(0)} | ${median("p50").toFixed(1)} | ${median("p99").toFixed(1)} | ${median("cpu").toFixed(2)}, ${median("databaseCpu").toFixed(2)} | ${name === "ours" ? shown : ""} | ${name === "ours" ? goal : ""} |`;
  });
}

/** Milliseconds of CPU that the backends of a server's pool have had; 0 where there is no /proc to tell. */
async function databaseCpu(db: Db, server: "bare" | "ours"): Promise<number> {
  const name = { bare: "bare", ours: "countersign" }[server];
  const { rows } = await sql<{ pid: number }>`
    select pid from pg_stat_activity where application_name = ${name} and pid <> pg_backend_pid()`.execute(db);
  const stats = rows.map(({ pid }) =>
    existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, "utf8") : "",
  );
  // utime and stime, in hundredths of a second (proc_pid_stat(5)); the name before them may hold blanks.
  const ticks = stats.flatMap((stat) =>
    stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .slice(11, 13)
      .map(Number),
  );
  return ticks.reduce((sum, tick) => sum + tick, 0) * 10;
}
