import { sql } from "kysely";
import type { Db } from "../../../src/store/index.ts";

const copies = "backup";

async function tables(db: Db): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    select quote_ident(tablename) as name from pg_tables
    where schemaname = 'public' and tablename not like 'kysely\\_%'`.execute(db);
  return rows.map(({ name }) => name);
}

/** All but those that the database computes. */
async function written(db: Db, table: string): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    select quote_ident(attname) as name from pg_attribute
    where attrelid = ${`public.${table}`}::regclass and attnum > 0 and not attisdropped and attgenerated = ''`.execute(
    db,
  );
  return rows.map(({ name }) => name);
}

/** A copy of every row as it is now, beside the tables: of one database the newest. */
export async function keepCopy(db: Db): Promise<void> {
  await sql.raw(`drop schema if exists ${copies} cascade; create schema ${copies}`).execute(db);
  for (const name of await tables(db))
    await sql.raw(`create table ${copies}.${name} as table public.${name}`).execute(db);
}

/** The database as it was when the copy was made; whatever came after is gone. */
export async function putBack(db: Db): Promise<void> {
  const names = await tables(db);
  // Rows refer to each other, and come table by table.
  await sql.raw("set session_replication_role = replica").execute(db);
  await sql.raw(`truncate ${names.map((name) => `public.${name}`).join(", ")} restart identity cascade`).execute(db);
  for (const name of names) {
    const columns = (await written(db, name)).join(", ");
    await sql
      .raw(`insert into public.${name} (${columns}) overriding system value select ${columns} from ${copies}.${name}`)
      .execute(db);
  }
  await sql
    .raw(
      "select setval(pg_get_serial_sequence('public.ledger_entry', 'position'), (select coalesce(max(position), 1) from public.ledger_entry))",
    )
    .execute(db);
  await sql.raw("set session_replication_role = default").execute(db);
  await sql.raw(`drop schema ${copies} cascade`).execute(db);
}
