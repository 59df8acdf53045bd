import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { PGlite } from "@electric-sql/pglite";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, describe, inject } from "vitest";
import { waitForFile } from "../../src/store/commits.ts";
import { openStore, type Store } from "../../src/store/index.ts";
import { admin, databaseOf } from "./store-source.ts";

export type StoreKind = Store["kind"];

/**
 * Declares the same tests on PGlite and on PostgreSQL. `open()` opens the one database of this describe block, empty at the
 * start of each test; a second `open()` in a test is a second connection to the same data (on PostgreSQL a pool of its own;
 * on PGlite, which has one connection, the same). What a test leaves open is closed after it.
 */
export function describeStores(name: string, tests: (open: () => Promise<Store>, kind: StoreKind) => void): void {
  for (const kind of ["pglite", "postgres"] as const) {
    describe(`${name} [${kind}]`, () => {
      tests(useStore(kind), kind);
    });
  }
}

/** For tests that need a store but not both kinds. Call it inside a `describe`, or at the top of a file. */
export function useStore(kind: StoreKind = "pglite"): () => Promise<Store> {
  let backing: Promise<Backing> | undefined;
  const open: Store[] = [];
  // Here, not in the first test: making the first store takes seconds, far more on a busy machine.
  beforeAll(async () => {
    backing = kind === "pglite" ? pgliteBacking() : postgresBacking();
    await backing;
  }, 120_000);
  afterEach(async () => {
    await Promise.all(open.splice(0).map((store) => store.close()));
  });
  afterAll(async () => {
    await (await backing)?.drop();
  });
  return async () => {
    const source = await backing;
    if (!source) throw new Error("open() works inside tests and hooks only");
    const store = await source.connect();
    if (open.length === 0 && source.dirty) await truncate(store);
    source.dirty = true;
    open.push(store);
    return store;
  };
}

interface Backing {
  /** Whether there may be rows in it. */
  dirty: boolean;
  connect(): Promise<Store>;
  drop(): Promise<void>;
}

/**
 * PGlites of this worker that nobody uses now: to load a dump costs a second of CPU, to empty the tables a few milliseconds.
 * They end with the process.
 */
const idle: Store[] = [];

async function pgliteBacking(): Promise<Backing> {
  const known = idle.pop();
  const store = known ?? (await loadPglite());
  const shape = await shapeOf(store);
  return {
    dirty: known !== undefined,
    connect: async () => ({ ...store, close: async () => undefined }),
    async drop() {
      await sql`discard all`.execute(store.db);
      // As `openStore` left it.
      await sql.raw(waitForFile).execute(store.db);
      // A test that changed the tables took this one with it.
      if ((await shapeOf(store)) === shape) idle.push(store);
    },
  };
}

async function shapeOf({ db }: Store): Promise<string | undefined> {
  const { rows } = await sql<{ shape: string }>`
    select md5(string_agg(concat(attrelid::regclass, attname, atttypid, attnotnull), ',' order by attrelid, attnum)) as shape
    from pg_attribute join pg_class on pg_class.oid = attrelid where relnamespace = 'public'::regnamespace`.execute(db);
  return rows[0]?.shape;
}

async function loadPglite(): Promise<Store> {
  const path = await ask<string>("pglite");
  const pglite = await PGlite.create({ loadDataDir: new Blob([new Uint8Array(await readFile(path))]) });
  return openStore({ pglite });
}

async function postgresBacking(): Promise<Backing> {
  const { url, drop } = await freshDatabase();
  return { dirty: false, connect: () => openStore({ databaseUrl: url }), drop };
}

/** An empty, migrated PostgreSQL database of one's own, for a whole server. `drop` when it is stopped. */
export async function freshDatabase(): Promise<{ readonly url: string; drop(): Promise<void> }> {
  const { url, template } = await ask<{ url: string; template: string }>("postgres");
  const database = `countersign_${randomUUID().replaceAll("-", "")}`;
  await admin(url, `create database ${database} template ${template}`);
  return { url: databaseOf(url, database), drop: () => admin(url, `drop database ${database} with (force)`) };
}

/** Empties every table, for a test that tells many stories. */
export async function truncate({ db }: Pick<Store, "db">): Promise<void> {
  const { rows } = await sql<{ name: string; bytes: string }>`
    select quote_ident(tablename) as name, pg_relation_size(quote_ident(tablename)::regclass) as bytes from pg_tables
    where schemaname = 'public' and tablename not like 'kysely\\_%'`.execute(db);
  const used = rows.filter(({ bytes }) => bytes !== "0").map(({ name }) => name);
  if (used.length === 0) return;
  const most = Math.max(...rows.map(({ bytes }) => Number(bytes)));
  if (most > muchData) {
    await sql.raw(`truncate ${rows.map(({ name }) => name).join(", ")} restart identity cascade`).execute(db);
    return;
  }
  // One statement, at the end of which all that refers to a row is gone as well.
  const deletes = used.map((name, i) => `t${i} as (delete from ${name})`);
  await sql
    .raw(`with ${deletes.join(", ")} select setval(s.oid::regclass, 1, false)
    from pg_class s where s.relkind = 'S' and s.relnamespace = 'public'::regnamespace`)
    .execute(db);
}
/** Bytes of a table: `truncate` makes new files for all tables and indexes, which costs more than to delete this much. */
const muchData = 128 * 1024;

/** Asks the main process (global-setup.ts), which does the work once for all workers. */
async function ask<T>(what: StoreKind): Promise<T> {
  const socket = connect(inject("storeSocket"));
  socket.write(`${what}\n`);
  const answer = JSON.parse(await text(socket)) as { value?: T; error?: string };
  if (answer.error !== undefined) throw new Error(answer.error);
  return answer.value as T;
}
