import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadPolicy } from "../../../src/access-repo/index.ts";
import { type Db, openStore, type Store } from "../../../src/store/index.ts";
import { owner } from "../../exchange/grant-rows.ts";
import { startIssuer, type Issuer } from "../../exchange/issuer.ts";
import { admin, databaseOf, storeSource } from "../../helpers/store-source.ts";
import { enrol } from "../../recorder/world.ts";
import { type Server, startServer } from "./control.ts";
import { head, insertGrants, jobClaims, policy, repositories, runs } from "./world.ts";

/** What a benchmark works with. All of it is stopped when it ends. */
export interface Bench {
  readonly issuer: Issuer;
  /** A new database with the grants of world.ts, of the one PostgreSQL, which writes to the disk before it says so. */
  database(name: string): Promise<{ readonly db: Db; readonly url: string }>;
  start(file: "bare.ts" | "ours.ts", databaseUrl: string): Promise<Server>;
}

export async function withBench<T>(work: (bench: Bench) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "countersign-bench-"));
  const source = storeSource(folder, { durable: true });
  const issuer = await startIssuer();
  const servers: Server[] = [];
  const stores: Store[] = [];
  try {
    const { url, template } = await source.postgres();
    return await work({
      issuer,
      async database(name) {
        await admin(url, `create database ${name} template ${template}`);
        const store = await openStore({ databaseUrl: databaseOf(url, name) });
        stores.push(store);
        await seed(store.db);
        return { db: store.db, url: databaseOf(url, name) };
      },
      async start(file, databaseUrl) {
        const server = await startServer(file, { databaseUrl, issuer: issuer.url });
        servers.push(server);
        return server;
      },
    });
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    await Promise.all(stores.map((store) => store.close()));
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

let next = 0;
/** Forms with a new token each, spread over the repositories and over the run attempts that each grant is for. */
export async function bodies(issuer: Issuer, count: number): Promise<readonly Buffer[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const n = next++;
      return formOf(await issuer.token(jobClaims(n % repositories, Math.floor(n / repositories) % runs)));
    }),
  );
}

export const formOf = (token: string): Buffer =>
  Buffer.from(
    new URLSearchParams({
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      subject_token: token,
    }).toString(),
  );
