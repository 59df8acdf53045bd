import { type RawBuilder, sql } from "kysely";

type ColumnType = "text" | "bigint" | "integer" | "timestamptz";

/**
 * Values as a table `r` of a statement, in their order by `r.position` (from 1): one parameter however many rows, so that one
 * statement does the work of many. Times are sent as ISO 8601 with milliseconds, ids of GitHub as numbers or decimal strings.
 */
export function rowsOf<Row extends object>(
  rows: readonly Row[],
  columns: { readonly [Column in keyof Row & string]-?: ColumnType },
): RawBuilder<unknown> {
  const names = Object.keys(columns) as (keyof Row & string)[];
  const typed = names.map((name) => sql`${sql.ref(name)} ${sql.raw(columns[name])}`);
  const named = [...names, "position"].map((name) => sql.ref(name));
  return sql`rows from (json_to_recordset(${JSON.stringify(rows)}::json) as (${sql.join(typed)})) with ordinality as r (${sql.join(named)})`;
}

/** For `in (…)`: each value once. */
export const distinct = <T>(values: readonly T[]): readonly T[] => [...new Set(values)];
