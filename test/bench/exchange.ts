import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore, type Db } from "../../src/store/index.ts";
import { loadPolicy } from "../../src/access-repo/index.ts";
import { startIssuer, type Issuer } from "../exchange/issuer.ts";
import { admin, databaseOf, storeSource } from "../helpers/store-source.ts";
import { enrol } from "../recorder/world.ts";
import { type Server, startServer } from "./exchange/control.ts";
import { load, quantile, type Round } from "./exchange/load.ts";
import { head, insertGrants, jobClaims, owner, policy, repositories, runs } from "./exchange/world.ts";

/** Both servers, one after the other, so often; each pair is one ratio. Other work on the machine hits both alike, on average. */
const pairs = 5;
const setups = [
  { cloud: 0, connections: 128, requests: 2000 },
  { cloud: 100, connections: 256, requests: 2000 },
  { cloud: 0, connections: 8, requests: 400 },
] as const;

/** `POST /token`, whole and over HTTP, against a bare server (exchange/bare.ts) on the same PostgreSQL. */
export async function exchange(): Promise<string> {
  return withServers(async ({ bare, ours, issuer }) => {
    const lines: string[] = [];
    // What is compiled, connected and cached once is not what a running server does.
    for (const server of [bare, ours]) {
      server.set({ cloud: 0, github: 0 });
      await load(server.url, await bodies(issuer, 1000), 64);
    }
    for (const setup of setups) {
      const rounds: { bare: Round; ours: Round }[] = [];
      for (const server of [bare, ours]) server.set({ cloud: setup.cloud, github: 0 });
      for (let pair = 0; pair < pairs; pair++) {
        const tokens = await bodies(issuer, setup.requests);
        const first = pair % 2 === 0 ? await load(bare.url, tokens, setup.connections) : undefined;
        const second = await load(ours.url, tokens, setup.connections);
        rounds.push({ bare: first ?? (await load(bare.url, tokens, setup.connections)), ours: second });
      }
      lines.push(...table(setup, rounds));
    }
    const { released, entries, commits } = await ours.counts();
    // The genesis is an entry too: everything that was released is on record.
    if (released + 1 !== entries) throw new Error(`${released} released, ${entries - 1} on record`);
    return `${header}\n${lines.join("\n")}\n\n${released} exchanges in ${commits} commits of the ledger.`;
  });
}

const header = `| cloud answers after | connections | server | per second | p50, ms | p99, ms | ratio of throughput: min, median, max | goal |
| --- | --- | --- | --- | --- | --- | --- | --- |`;

function table(
  { cloud, connections }: (typeof setups)[number],
  rounds: readonly { readonly bare: Round; readonly ours: Round }[],
): readonly string[] {
  const ratios = rounds.map(({ bare, ours }) => ours.perSecond / bare.perSecond);
  const shown = [0, 0.5, 1].map((q) => quantile(ratios, q).toFixed(2)).join(", ");
  const goal = cloud === 0 && connections > 100 ? "at least 0.7" : "";
  return (["bare", "ours"] as const).map((name) => {
    const median = (key: keyof Round): number =>
      quantile(
        rounds.map((round) => round[name][key]),
        0.5,
      );
    return `| ${cloud} ms | ${connections} | ${name} | ${median("perSecond").toFixed(0)} | ${median("p50").toFixed(1)} | ${median("p99").toFixed(1)} | ${name === "ours" ? shown : ""} | ${name === "ours" ? goal : ""} |`;
  });
}

let next = 0;
/** Forms with a new token each, spread over the repositories and over the run attempts that each grant is for. */
async function bodies(issuer: Issuer, count: number): Promise<readonly Buffer[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const n = next++;
      const token = await issuer.token(jobClaims(n % repositories, Math.floor(n / repositories) % runs));
      const form = new URLSearchParams({
        grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
        subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
        subject_token: token,
      });
      return Buffer.from(form.toString());
    }),
  );
}

interface Servers {
  readonly bare: Server;
  readonly ours: Server;
  readonly issuer: Issuer;
  readonly db: Db;
}

/** A PostgreSQL that writes to the disk before it says so, both servers in processes of their own, and the issuer here. */
async function withServers<T>(work: (servers: Servers) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "countersign-bench-"));
  const source = storeSource(folder, { durable: true });
  const issuer = await startIssuer();
  const servers: Server[] = [];
  try {
    const { url, template } = await source.postgres();
    await admin(url, `create database bench template ${template}`);
    const databaseUrl = databaseOf(url, "bench");
    const store = await openStore({ databaseUrl });
    try {
      await seed(store.db);
      for (const file of ["bare.ts", "ours.ts"])
        servers.push(await startServer(file, { databaseUrl, issuer: issuer.url }));
      const [bare, ours] = servers;
      if (!bare || !ours) throw new Error("no servers");
      return await work({ bare, ours, issuer, db: store.db });
    } finally {
      await Promise.all(servers.map((server) => server.stop()));
      await store.close();
    }
  } finally {
    await issuer.close();
    await source.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function seed(db: Db): Promise<void> {
  const loaded = loadPolicy(policy);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.diagnostics));
  await enrol(db);
  await db
    .updateTable("enrolment")
    .set({ accepted_digest: loaded.policy.digest, accepted_commit: head, owner_id: owner })
    .execute();
  await insertGrants(db, new Date());
}
