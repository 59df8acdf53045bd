import { sql } from "kysely";
import { expect, test } from "vitest";
import { isFailedStatement, rowsOf } from "../../src/store/index.ts";
import { describeStores } from "../helpers/stores.ts";

describeStores("rows of one parameter", (open) => {
  test("come as they were given, in their order", async () => {
    const { db } = await open();
    const at = new Date("2026-11-23T10:00:00.123Z");
    const rows = [
      { id: "9007199254740991", text: `it's "quoted", \\ {a,b} ✓`, n: 2, at },
      { id: "1", text: null, n: 1, at: null },
    ];
    const columns = { id: "bigint", text: "text", n: "integer", at: "timestamptz" } as const;
    const read = await sql`select r.* from ${rowsOf(rows, columns)} order by r.position`.execute(db);
    expect(read.rows).toEqual(rows.map((row, i) => ({ ...row, position: String(i + 1) })));
    expect((await sql`select * from ${rowsOf([], columns)}`.execute(db)).rows).toEqual([]);
  });

  test("what a statement did wrong is told from a database that fails", async () => {
    const { db } = await open();
    const wrong = [
      sql`select * from ${rowsOf([{ text: "a\u0000b" }], { text: "text" })}`,
      sql`select * from ${rowsOf([{ id: "x" }], { id: "bigint" })}`,
      sql`insert into grant_use (grant_id, run_id, run_attempt, first_at) values ('none', 1, 1, '2026-01-01')`,
    ];
    for (const statement of wrong) {
      const error: unknown = await statement.execute(db).catch((reason: unknown) => reason);
      expect(isFailedStatement(error)).toBe(true);
    }
    expect(isFailedStatement(await sql`select * from nothing`.execute(db).catch((reason: unknown) => reason))).toBe(
      false,
    );
    for (const code of ["ECONNRESET", "08006", "57P01", "53300", "40003"])
      expect(isFailedStatement(Object.assign(new Error("no"), { code }))).toBe(false);
    for (const code of ["40P01", "55P03", "57014"])
      expect(isFailedStatement(Object.assign(new Error("no"), { code }))).toBe(true);
  });
});
