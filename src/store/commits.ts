import { sql } from "kysely";

/**
 * A column to ask for in any statement of a transaction: its commit does not wait for the disk (PostgreSQL: asynchronous commit). Others see
 * it at once, and it is on the disk before the next commit of anybody that does wait, since the log is written in one order. A database that
 * crashes before loses it with all that came after, never by itself. So it is for steps that nothing outside hangs on but by a later step
 * that waits. On PGlite it waits all the same (`waitForFile`).
 */
export const asyncCommit = sql<string>`set_config('synchronous_commit',
  coalesce(nullif(current_setting('countersign.asynchronous', true), ''), 'off'), true)`.as("synchronous_commit");

/**
 * For the one session of a PGlite: nobody writes its log but a commit that waits, and until then it is in the memory of this process, so
 * that even an end of the process would lose what a database of its own keeps.
 */
export const waitForFile = "select set_config('countersign.asynchronous', 'on', false)";

/**
 * The same for a step that others hang on: its commit waits for the disk, also where the operator's database by itself waits for none.
 * Where it waits for more, such as for a standby, so does this.
 */
export const durableCommit = sql<string>`set_config('synchronous_commit',
  case current_setting('synchronous_commit') when 'off' then 'on' else current_setting('synchronous_commit') end, true)`.as(
  "synchronous_commit",
);
