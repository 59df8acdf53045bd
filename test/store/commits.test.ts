import { sql } from "kysely";
import { expect, it } from "vitest";
import { asyncCommit, durableCommit, type Db } from "../../src/store/index.ts";
import { describeStores } from "../helpers/stores.ts";

const waits = async (db: Db): Promise<unknown> =>
  (await sql<{ v: string }>`select current_setting('synchronous_commit') as v`.execute(db)).rows[0]?.v;

describeStores("whether a commit waits for the disk", (open, kind) => {
  /** Of one session, as the pool hands it from one caller to the next. */
  const session = async <T>(setting: string, act: (db: Db) => Promise<T>): Promise<T> =>
    (await open()).db.connection().execute(async (db) => {
      const before = await waits(db);
      await sql`select set_config('synchronous_commit', ${setting}, false)`.execute(db);
      try {
        return await act(db);
      } finally {
        await sql`select set_config('synchronous_commit', ${before}, false)`.execute(db);
      }
    });

  it.each([
    // PGlite's log is in the memory of the process until a commit waits for it.
    ["on", asyncCommit, kind === "pglite" ? "on" : "off"],
    ["off", durableCommit, "on"],
    ["on", durableCommit, "on"],
    ["remote_apply", durableCommit, "remote_apply"],
  ])(
    "%s: is told for the transaction, by any statement of it that has a row, and for nothing after it",
    (setting, commit, told) =>
      session(setting, async (db) => {
        await db.transaction().execute(async (trx) => {
          await sql`select ${commit} where false`.execute(trx);
          expect(await waits(trx)).toBe(setting);
          await sql`select ${commit} from generate_series(1, 3)`.execute(trx);
          expect(await waits(trx)).toBe(told);
        });
        expect(await waits(db)).toBe(setting);

        await sql`select ${commit}`.execute(db);
        expect(await waits(db)).toBe(setting);

        const undone = db.transaction().execute(async (trx) => {
          await sql`select ${commit}`.execute(trx);
          throw new Error("undone");
        });
        await expect(undone).rejects.toThrow("undone");
        expect(await waits(db)).toBe(setting);
      }),
  );

  it("a row that is written beside the one that is asked for says so as well", () =>
    session("off", (db) =>
      db.transaction().execute(async (trx) => {
        await trx
          .with("first", (b) =>
            b
              .insertInto("lease")
              .values({ name: "a", token: "a", until: new Date(0) })
              .returning(["name", durableCommit]),
          )
          .deleteFrom("lease")
          .where("name", "=", "none")
          .execute();
        expect(await waits(trx)).toBe("on");
      }),
    ));
});
