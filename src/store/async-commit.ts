import { sql } from "kysely";

/**
 * A column to ask for in any statement of a transaction: its commit does not wait for the disk (PostgreSQL: asynchronous commit). Others see
 * it at once, and it is on the disk before the next commit of anybody that does wait, since the log is written in one order. A database that
 * crashes before loses it with all that came after, never by itself. So it is for steps that nothing outside hangs on but by a later step
 * that waits.
 */
export const asyncCommit = sql<string>`set_config('synchronous_commit', 'off', true)`.as("synchronous_commit");
