import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { createPgConfig } from "@electric-sql/pglite/node-postgres";
import { Kysely, PostgresDialect, sql } from "kysely";
import { Pool } from "pg";
import { CountersignError } from "../base/errors.ts";
import { waitForFile } from "./commits.ts";
import { GivingUpClient } from "./giving-up.ts";
import { type FolderLock, lockFolder } from "./folder-lock.ts";
import type { Database } from "./schema.ts";

export type { Database } from "./schema.ts";
export { asyncCommit, durableCommit } from "./commits.ts";
export { forgetLeases, keepLease, type Lease, withLease } from "./lease.ts";
export { isFailedStatement } from "./failed-statement.ts";
export { migrate } from "./migrate.ts";
export { distinct, rowsOf } from "./rows.ts";

/** A database, or a transaction on it. What a query of a room takes, so that it works inside the caller's transaction. */
export type Db = Kysely<Database>;

export interface Store {
  /**
   * On PGlite there is one connection: inside a transaction callback use `trx` only. `db` there waits for the transaction,
   * which waits for `db`, for ever.
   */
  readonly db: Db;
  readonly kind: "pglite" | "postgres";
  /** Resolves when the database answers. @throws CountersignError `store_unavailable` */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface OpenStoreOptions {
  /** `postgres://…`: PostgreSQL 15 or newer. Wins over `dataDir`. */
  readonly databaseUrl?: string;
  /** Folder of this server; PGlite lives in `<dataDir>/pglite`, locked by `<dataDir>/pglite.lock`. */
  readonly dataDir?: string;
  /** A PGlite that the caller made (tests: `PGlite.create({ loadDataDir })`). It is closed with the store. */
  readonly pglite?: PGlite;
  /** A connection that fails while idle; the pool replaces it. Message only. */
  readonly onIdleError?: (error: Error) => void;
}

const ignore = (): void => undefined;

/**
 * Opens the one store. Both kinds speak the same protocol through the same `pg` pool: kysely's own PGlite dialect ignores
 * the isolation level and returns int8 as a number. Does not migrate; see `migrate`.
 * @throws CountersignError `store_locked`, `store_unavailable`, `store_too_old`
 */
export async function openStore(options: OpenStoreOptions): Promise<Store> {
  if (options.pglite) return openPglite(options.pglite, undefined, options);
  if (options.databaseUrl) return openPostgres(options.databaseUrl, options);
  if (!options.dataDir) throw new TypeError("openStore needs a databaseUrl, a dataDir or a PGlite");
  const lock = lockFolder(options.dataDir, "pglite.lock");
  try {
    return await openPglite(await PGlite.create(join(options.dataDir, "pglite")), lock, options);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function openPglite(pglite: PGlite, lock: FolderLock | undefined, options: OpenStoreOptions): Promise<Store> {
  await pglite.exec(waitForFile);
  // Exactly one connection: whatever else speaks to this PGlite would do so inside whichever transaction is open.
  // No statement timeout: PGlite runs in our own thread, where no timer can interrupt it.
  const pool = new Pool(Object.assign(createPgConfig(pglite), { max: 1, idleTimeoutMillis: 0 }));
  return start(pool, "pglite", options, async () => {
    await pglite.close();
    lock?.release();
  });
}

async function openPostgres(connectionString: string, options: OpenStoreOptions): Promise<Store> {
  const pool = new Pool({
    Client: GivingUpClient,
    connectionString,
    max: 10,
    application_name: "countersign",
    // Also the longest wait for a free connection: a thousand jobs at once wait their turn, within their deadline of 45 s.
    connectionTimeoutMillis: 20_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    // Every statement of ours is short, and no transaction is held across a network call (DESIGN.md section 4): what
    // takes longer is stuck, and a stuck exchange must fail instead of holding its lock.
    statement_timeout: 15_000,
    lock_timeout: 10_000,
    idle_in_transaction_session_timeout: 15_000,
    // The server may be gone without a word; then nobody on its side ends the statement.
    query_timeout: 20_000,
  });
  return start(pool, "postgres", options, async () => undefined);
}

async function start(
  pool: Pool,
  kind: Store["kind"],
  options: OpenStoreOptions,
  after: () => Promise<void>,
): Promise<Store> {
  // Without a listener a lost idle connection is an unhandled 'error' event, which ends the process.
  const onIdleError = options.onIdleError ?? ignore;
  pool.on("error", (error: Error) => onIdleError(error));
  // The pool listens to idle connections only. One that is lost between two statements of a transaction would end the process
  // as well; the next statement on it is rejected, which is all there is to tell.
  pool.on("connect", (client) => void client.on("error", ignore));
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  let closed: Promise<void> | undefined;
  const store: Store = {
    db,
    kind,
    ping: async () => void (await serverVersion(db)),
    close: () => (closed ??= db.destroy().then(after)),
  };
  try {
    const version = await serverVersion(db);
    if (version < 150_000)
      throw new CountersignError("store_too_old", `PostgreSQL 15 or newer is needed; the server says ${version}.`);
  } catch (error) {
    // A PGlite that the caller made stays the caller's when opening failed.
    await (options.pglite ? db.destroy() : store.close()).catch(ignore);
    throw error;
  }
  return store;
}

async function serverVersion(db: Db): Promise<number> {
  try {
    const { rows } = await sql<{ v: string }>`select current_setting('server_version_num') as v`.execute(db);
    return Number(rows[0]?.v);
  } catch (cause) {
    // Drivers put host, user or the whole URL into messages; the cause is for the log only.
    throw new CountersignError(
      "store_unavailable",
      "The database does not answer. Check DATABASE_URL and the server.",
      {
        cause,
      },
    );
  }
}
