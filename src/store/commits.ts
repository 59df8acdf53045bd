import { sql } from "kysely";

/**
 * A column to ask for in any statement of a transaction: its commit does not wait for the disk (PostgreSQL: asynchronous commit). Others see
 * it at once, and it is on the disk before the next commit of anybody that does wait, since the log is written in one order. A database that
 * crashes before loses it with all that came after, never by itself. So it is for steps that nothing outside hangs on but by a later step
 * that waits.
 */
export const asyncCommit = sql<string>`set_config('synchronous_commit', 'off', true)`.as("synchronous_commit");

/**
 * The same for a step that others hang on: its commit waits for the disk, also where the operator's database by itself waits for none.
 * Where it waits for more, such as for a standby, so does this.
 */
export const durableCommit = sql<string>`set_config('synchronous_commit',
  case current_setting('synchronous_commit') when 'off' then 'on' else current_setting('synchronous_commit') end, true)`.as(
  "synchronous_commit",
);
